"""The kinds of users with records, and of items, in the seeded world; and the list of all kinds."""

from __future__ import annotations

from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import evidence as consent_evidence
from chalicelib.consents import store as consents
from chalicelib.core import aws, chain, clock, needs, table
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.core.table import Item, Table
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.retention.purge import store as purge
from chalicelib.rights.request import store as rights
from chalicelib.rights.request.terms import Status
from chalicelib.usage import store as usage
from chalicelib.usage.model import UsageEvent
from tests.support.cases.holds import places_hold
from tests.support.clouds import cloud
from tests.support.jobs.purge import store_ended, stored
from tests.support.seeds.users import (
    DriftedUser,
    ErasedUser,
    FoundUser,
    FrozenUser,
    IdleUser,
    LiveUser,
    OrphanedUser,
    ReportedUser,
    RestrictedUser,
    ReturnedUser,
    ServiceUser,
    SuspendedUser,
    UserToClose,
)
from tests.support.seeds.world import LAST_DAY, Seed
from tests.support.world.builders import an_event
from tests.support.world.usage import store_singly
from tests.support.world.world import NOON, User

_AFTER_A_DAY = 1.5 * DAY
_FAR = 60 * DAY


# --- data of users


def _events_of(user: User) -> int:
    return sum(user.account_id in str(item["pk"]) for item in cloud.items_of(Table.USAGE) if _is_event(item))


def _is_event(item: Item) -> bool:
    return bool(item["kind"] == {"S": UsageEvent.declaration.kind})


class UserWithEvents(LiveUser):
    """An event of use is kept until its period ends, and then deleted; its day is published."""

    kept_days = 29

    def sow(self) -> None:
        super().sow()
        self.user.consents("analytics")
        store_singly(AccountId(self.user.account_id), 1)

    def assert_kept(self, day: int) -> None:
        if day == self.kept_days:
            assert _events_of(self.user) == 1

    def assert_settled(self) -> None:
        super().assert_settled()
        assert _events_of(self.user) == 0
        assert usage.read_day_progress(NOON.date()).published


class UserUnderHold(UserWithEvents):
    """A hold keeps the event beyond its period; it is deleted after the hold and the last pin have ended."""

    kept_days = 31

    def sow(self) -> None:
        super().sow()
        places_hold(self.user, "usage_event", lasts=32 * DAY)


class UserUnderLongHold(UserWithEvents):
    """A hold that has not ended keeps the event."""

    kept_days = LAST_DAY

    def sow(self) -> None:
        super().sow()
        places_hold(self.user, "usage_event", lasts=_FAR)

    def assert_settled(self) -> None:
        LiveUser.assert_settled(self)
        assert _events_of(self.user) == 1


class UserWhoWithdrew(LiveUser):
    """The consent was withdrawn, so the event of use is deleted on the first day."""

    def sow(self) -> None:
        super().sow()
        self.user.consents("analytics")
        self.user.submits_usage(an_event())
        self.user.withdraws("analytics")

    def assert_kept(self, day: int) -> None:
        if day == 1:  # requests of the first day may still write
            assert _events_of(self.user) == 0

    def assert_settled(self) -> None:
        super().assert_settled()
        purposes = consents.read(AccountId(self.user.account_id))
        assert purposes
        assert purposes.to_delete == {}


class UserWithOldConsent(LiveUser):
    """The evidence of a consent ends soon, so it is renewed."""

    def sow(self) -> None:
        super().sow()
        self.user.consents("analytics")
        account_id = AccountId(self.user.account_id)
        before = consents.read(account_id)
        assert before
        (found,) = needs.read_accounts([account_id], (DATA_KEY,))
        since = {"since": clock.now() - 5 * 365 * DAY}
        old = {purpose: given.model_copy(update=since) for purpose, given in before.consents.items()}
        after = before.model_copy(update={"consents": old, "version": before.version + 1})
        consents.keep(before, after, found[DATA_KEY])

    def assert_settled(self) -> None:
        super().assert_settled()
        (found,) = needs.read_accounts([AccountId(self.user.account_id)], (OPEN_ACCOUNT, DATA_KEY))
        account = found[OPEN_ACCOUNT]
        assert account
        entries = chain.entries(consent_evidence.chain_of(account.pseudonym))
        assert [entry.event for entry in entries] == ["decided", "carried_over"]


class UserWithRequest(LiveUser):
    """The message about a request for a copy was lost. The request is answered, and its copy deleted."""

    def sow(self) -> None:
        super().sow()
        asked = self.user.is_stepped_up().exercises("access")
        self.request_id = RightsRequestId(asked.json["rights_request_id"])

    def assert_settled(self) -> None:
        super().assert_settled()
        request = rights.read(self.request_id)
        assert request
        assert (request.status, request.next_step) == (Status.COMPLETED, None)
        copies = aws.client("s3").list_objects_v2(Bucket=settings().export_bucket())
        assert copies["KeyCount"] == 0


# --- items


class ExpiredItems(Seed):
    """Items of every table that TTL left are deleted. Those that end later, or that a pin keeps, are not."""

    def sow(self) -> None:
        for place in self.places:
            store_ended(place, "ended")
            store_ended(place, "ends soon", ago=-_AFTER_A_DAY)
            store_ended(place, "fresh", ago=-_FAR)
            store_ended(place, "pinned", ago=0 * DAY, pinned=2 * DAY)
            store_ended(place, "pinned for long", ago=0 * DAY, pinned=_FAR)

    @property
    def places(self) -> list[Table]:
        return [place for place in purge.EXPIRING if place is not Table.LEDGER]

    def assert_kept(self, day: int) -> None:
        if day == 1:
            for place in self.places:
                assert stored(place) == ["ends soon", "fresh", "pinned", "pinned for long"]

    def assert_settled(self) -> None:
        for place in self.places:
            assert stored(place) == ["fresh", "pinned for long"]


class ExpiredEvidence(Seed):
    """An entry of the Ledger that TTL left is only counted, since no job may delete evidence."""

    history = Chain("consent", "p-old")

    def sow(self) -> None:
        chain.append(self.history, NewEntry("given", {}, clock.now() + DAY))

    def assert_settled(self) -> None:
        keys = [table.items.plain(raw)["pk"] for raw in cloud.items_of(Table.LEDGER)]
        assert self.history.name in keys


KINDS: tuple[type[Seed], ...] = (
    LiveUser,
    ReportedUser,
    DriftedUser,
    SuspendedUser,
    RestrictedUser,
    FrozenUser,
    IdleUser,
    UserToClose,
    ReturnedUser,
    ErasedUser,
    FoundUser,
    OrphanedUser,
    ServiceUser,
    UserWithEvents,
    UserUnderHold,
    UserUnderLongHold,
    UserWhoWithdrew,
    UserWithOldConsent,
    UserWithRequest,
    ExpiredItems,
    ExpiredEvidence,
)
