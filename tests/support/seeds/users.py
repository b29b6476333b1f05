"""The kinds of users in the seeded world: active, restricted, idle, closed and erased ones."""

from __future__ import annotations

from uuid import NAMESPACE_OID, UUID, uuid5

from chalicelib.accounts.model import AccountState, LastUse, WarningStage
from chalicelib.accounts.service import last_uses
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.transactions import commit
from chalicelib.messages.campaigns import store as campaigns
from chalicelib.messages.campaigns.model import CampaignKind, NoticeState
from chalicelib.reconciliation import store as reconciliation
from chalicelib.rights.erasure import certify
from chalicelib.rights.erasure.idle import plan
from chalicelib.rights.erasure.model import CheckStage
from chalicelib.rights.request import store as rights
from chalicelib.rights.request.terms import ReceivedBy, Status
from chalicelib.safety.model import NoticeWay
from chalicelib.stream import gateway
from chalicelib.stream.model import ChatProfile, StreamReport
from tests.support.cases.abuse import reports, stored_decision, suspends
from tests.support.cases.erasure_parts import erase_tables, freeze, stored_account
from tests.support.jobs.reconciliation import planned_of
from tests.support.seeds.world import Seed, SeededWorld
from tests.support.world.builders import a_device
from tests.support.world.world import NOON, User


def _a_user(seed: Seed) -> User:
    """Sign a user up who has the name of the kind, on a device whose id is the same in each world."""
    return seed.world.a_user(device=_device(seed), display_name=type(seed).__name__)


def _device(seed: Seed) -> dict[str, object]:
    device_id = UUID(uuid5(NAMESPACE_OID, type(seed).__name__).hex, version=4)
    return a_device(device_id=str(device_id))


class LiveUser(Seed):
    """Stream has the user as the account is. It stays so, and the notice is announced."""

    state, at_stream = AccountState.ACTIVE, "active"

    def sow(self) -> None:
        self.user = _a_user(self)
        gateway.upsert([ChatProfile(self.user_id, type(self).__name__, None)])

    @property
    def user_id(self) -> UserId:
        return UserId(self.user.user_id)

    def assert_settled(self) -> None:
        account_id = AccountId(self.user.account_id)
        assert stored_account(account_id).state is self.state
        found = self.stream.user(self.user_id)
        assert (found["state"], found["name"]) == (self.at_stream, type(self).__name__)
        announced = campaigns.notice(account_id, CampaignKind.ANNOUNCEMENT, SeededWorld.notice.version)
        assert announced
        assert announced.state is NoticeState.ANNOUNCED


class ReportedUser(LiveUser):
    """A suspension of two days ends: Stream lets the user connect again, and the user was notified."""

    def sow(self) -> None:
        super().sow()
        device = a_device(device_id=str(UUID(uuid5(NAMESPACE_OID, "Reporter").hex, version=4)))
        reporter = self.world.a_user(device=device, display_name="Reporter")
        gateway.upsert([ChatProfile(UserId(reporter.user_id), "Reporter", None)])
        report = reports(reporter, self.user).json["abuse_report_id"]
        self.decision = suspends(self.world.an_operator("alice"), report, days=2).json["id"]

    def assert_settled(self) -> None:
        super().assert_settled()
        found = stored_decision(self.decision)
        assert found.ended_at
        assert found.work.notified_by is NoticeWay.TEXT


class DriftedUser(LiveUser):
    """The name at Stream differs from that of the profile, which replaces it."""

    def sow(self) -> None:
        super().sow()
        gateway.upsert([ChatProfile(self.user_id, "Another name", None)])


class SuspendedUser(LiveUser):
    """The user is deactivated at Stream although the account is active, and is reactivated."""

    def sow(self) -> None:
        super().sow()
        gateway.deactivate(self.user_id)


class RestrictedUser(LiveUser):
    """The account is restricted, so the user is deactivated at Stream."""

    state, at_stream = AccountState.RESTRICTED, "deactivated"

    def sow(self) -> None:
        super().sow()
        self.world.set_state(self.user, self.state)


class FrozenUser(LiveUser):
    """The account is frozen for an erasure, so the user is deactivated at Stream."""

    state, at_stream = AccountState.FROZEN, "deactivated"

    def sow(self) -> None:
        super().sow()
        freeze(self.user.account_id)


class IdleUser(LiveUser):
    """The account was not used for 22 months, so its owner is warned."""

    def sow(self) -> None:
        super().sow()
        self.date_back(LastUse(account_id=AccountId(self.user.account_id), used_at=NOON - 690 * DAY))

    def date_back(self, use: LastUse) -> None:
        before = last_uses.read(use.account_id)
        assert before
        last_uses.move(before, use, plan.place(use))

    def assert_settled(self) -> None:
        super().assert_settled()
        use = last_uses.read(AccountId(self.user.account_id))
        assert use
        assert use.stage is WarningStage.LAST  # by the only text


class UserToClose(IdleUser):
    """The owner was warned, and the day of the closing comes: the account is erased a week later."""

    def date_back(self, use: LastUse) -> None:
        warned = {"stage": WarningStage.LAST, "warned_for": use.used_at, "warned_at": NOON - 59 * DAY}
        super().date_back(use.model_copy(update={**warned, "closes_at": NOON + DAY}))

    def assert_kept(self, day: int) -> None:
        if day == 1:
            use = last_uses.read(AccountId(self.user.account_id))
            assert use
            assert use.closing
            self.closing = use.closing

    def assert_settled(self) -> None:
        request = rights.read(RightsRequestId(self.closing))
        assert request
        assert (request.received_by, request.status) == (ReceivedBy.INACTIVITY, Status.COMPLETED)
        assert last_uses.read(AccountId(self.user.account_id)) is None
        assert self.stream.user(self.user_id)["state"] == "pruned"


class ReturnedUser(UserToClose):
    """The owner was warned and signed in, so nothing is closed."""

    def assert_kept(self, day: int) -> None:
        LiveUser.assert_kept(self, day)

    def sow(self) -> None:
        super().sow()
        self.world.a_user(self.user.phone, _device(self))

    def assert_settled(self) -> None:
        LiveUser.assert_settled(self)
        use = last_uses.read(AccountId(self.user.account_id))
        assert use
        assert use.stage is None


class ErasedUser(Seed):
    """Stream does not have the user, who was erased sixty days ago. The checks end after the last one."""

    erased_ago = 60 * DAY

    def sow(self) -> None:
        self.user = _a_user(self)
        self.user_id = UserId(self.user.user_id)
        erase_tables(self.user.account_id)
        erased_at, reported = clock.now() - self.erased_ago, StreamReport.DELETED
        commit(certify.planning_checks(RightsRequestId.new(), self.user_id, erased_at, reported))
        for stage in (
            CheckStage.FIRST,
            CheckStage.SECOND,
            CheckStage.THIRD,
        ):  # earlier runs did not find the user
            for check in reconciliation.due(stage, clock.now()):
                reconciliation.advance(check)

    def assert_settled(self) -> None:
        assert planned_of(self.user_id) == []
        assert self.user_id not in self.stream.state()["users"]


class FoundUser(ErasedUser):
    """Stream still has the erased user, who is deleted again; then the checks start anew."""

    erased_ago = 0 * DAY

    def sow(self) -> None:
        super().sow()
        gateway.upsert([ChatProfile(self.user_id, type(self).__name__, None)])

    def assert_settled(self) -> None:
        assert self.stream.user(self.user_id)["state"] == "pruned"
        (stage,) = planned_of(self.user_id)
        assert stage != CheckStage.REPAIR


class OrphanedUser(Seed):
    """No account ever had the id. The user is deactivated, kept for thirty days, and then deleted."""

    def sow(self) -> None:
        self.user_id = UserId.new()
        gateway.upsert([ChatProfile(self.user_id, "Orphan", None)])

    def assert_kept(self, day: int) -> None:
        if day <= 29:
            assert self.stream.user(self.user_id)["state"] == "deactivated"

    def assert_settled(self) -> None:
        assert self.stream.user(self.user_id)["state"] == "pruned"
        (stage,) = planned_of(self.user_id)
        assert stage != CheckStage.REPAIR


class ServiceUser(Seed):
    """Its id is not of our form, so no job touches it."""

    def sow(self) -> None:
        gateway._client().upsert_users([{"id": "system", "name": "RU4M"}])

    def assert_settled(self) -> None:
        found = self.stream.user("system")
        assert (found["state"], found["name"]) == ("active", "RU4M")
