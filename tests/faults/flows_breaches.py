"""A breach is recorded, reported and assessed; everyone affected gets one notice, whatever is killed."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.core import clock
from chalicelib.core.table import Item
from chalicelib.operations.breaches import notices as notifying
from chalicelib.operations.breaches.jobs import watch_breaches
from tests.faults.flows import ADDRESS, DEVICE, OTHER_PHONE, PHONE
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases import breaches

_EVERY = timedelta(minutes=5)


class BreachFlow(Flow):
    """A world with Mila, who has an address, and Vuk, who has none."""

    def prepare(self, run: Run) -> None:
        for module in (accounts, accounts_store):
            run.patch.setattr(module, "SHARDS", ("00",))
        mila = run.world.a_user(PHONE, DEVICE, display_name="Mila")
        mila.has_email(ADDRESS)
        vuk = run.world.a_user(OTHER_PHONE, DEVICE, display_name="Vuk")
        self.user_ids = [mila.user_id, vuk.user_id]
        run.deliver_changes()
        self.alice, self.bob = run.world.an_operator("alice"), run.world.an_operator("bob")
        self.breach_id = breaches.opens(self.alice)


class HandlingABreach(BreachFlow):
    """Operators report a breach to the authority, assess it by two, and close it."""

    name = "handling_a_breach"

    def play(self, run: Run) -> None:
        at = clock.to_text(run.world.now)
        notified = run.app(lambda: breaches.notifies(self.alice, self.breach_id, notified_at=at))
        assert notified.status == 200
        proposed = run.app(lambda: breaches.proposes(self.alice, self.breach_id, "risk"))
        assert proposed.status == 200
        approved = run.app(lambda: breaches.approves(self.bob, self.breach_id))
        assert approved.status == 200
        assert run.app(lambda: breaches.closes(self.alice, self.breach_id)).status == 200
        events = [event for event, _ in breaches.evidence_of(self.breach_id)]
        assert events == ["opened", "authority_notified", "assessment_proposed", "assessed", "closed"]

    def forgive(self, row: Item) -> Item | None:
        """Ignore inspections: a repeated call changes nothing, and is recorded as a view."""
        return None if row.get("event") == "inspected" else forgive_counts(row)


class NotifyingOfABreach(BreachFlow):
    """The people affected are notified by mail and in the app, in both rounds, and that is recorded."""

    name = "notifying_of_a_breach"
    # Whether an interrupted mail was sent is unknown, so the app shows the notice instead.
    fewer_messages = 1

    def begin(self) -> None:
        """Decide who is notified."""
        breaches.assess(self.alice, self.bob, self.breach_id, "high", audience="all", texts=breaches.TEXTS)

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.begin()
        assert breaches.begins_notices(self.alice, self.breach_id).status == 200

    def play(self, run: Run) -> None:
        for _ in range(3):  # two rounds, and the record of their end
            run.spread(watch_breaches, every=_EVERY)
            run.world.advance(notifying.UNTIL_NEXT_ROUND)
        (last, said), *_ = reversed(breaches.evidence_of(self.breach_id))
        assert (last, said["mailed"] + said["shown"], said["absent"]) == ("subjects_notified", 2, 0)

    def forgive(self, row: Item) -> Item | None:
        """Check that every account was notified, by mail or in the app."""
        kind = row.get("kind")
        if kind == "account_notice":
            assert row["state"] == "announced"
        # The fence counts the runs that took the lease; how an account was notified may differ.
        free = {"account_notice": {"channel", "mail_id"}, "breach_progress": {"fence", "mailed", "shown"}}
        row = {name: value for name, value in row.items() if name not in free.get(str(kind), set())}
        if isinstance(payload := row.get("payload"), dict):
            kept = {name: said for name, said in payload.items() if name not in {"mailed", "shown"}}
            row = row | {"payload": kept}
        return forgive_counts(row)


class NotifyingListedUsers(NotifyingOfABreach):
    """Only listed users are notified; their ids are deleted from the list at the end."""

    name = "notifying_listed_users"
    only_in_proof = True

    def begin(self) -> None:
        texts = breaches.TEXTS
        breaches.assess(self.alice, self.bob, self.breach_id, "high", audience="listed", texts=texts)
        assert breaches.lists(self.alice, self.breach_id, self.user_ids).status == 200

    def forgive(self, row: Item) -> Item | None:
        """Check that no id is left in a list."""
        if row.get("kind") == "affected_list":
            assert (row["account_ids"], row["listed"]) == ([], 2)
        return super().forgive(row)


BREACHES: tuple[type[Flow], ...] = (HandlingABreach, NotifyingOfABreach, NotifyingListedUsers)
