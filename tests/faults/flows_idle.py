"""Idle accounts are warned, then closed."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.accounts.model import LastUse, WarningStage
from chalicelib.accounts.service import last_uses
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Item
from chalicelib.rights.erasure.idle.jobs import close_idle_accounts
from tests.faults.flows import ADDRESS, DEVICE, OTHER_PHONE, PHONE
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.jobs.idle_accounts import close_idle, publish_practice, use_of

_BETWEEN = timedelta(days=15)
_MOST_RUNS = 200  # a killed warning makes the closing 60 days later
_FREE = {"version", "mail_id", "warned_at", "warned_again_at", "closes_at", "closing_since"}


class ClosingIdle(Flow):
    """Mila is warned by mail and Vuk by text; then an erasure of each account is open."""

    name = "closing_idle"
    only_in_proof = True
    every = 6
    keeps_time = False
    # Whether an interrupted warning was sent is unknown: a mail is not sent again, a text is once more.
    fewer_messages = more_messages = 1

    def prepare(self, run: Run) -> None:
        run.patch.setattr(last_uses, "SHARDS", ("00", "01"))  # each needs a query per list
        mila = run.world.a_user(PHONE, DEVICE, display_name="Mila")
        mila.has_email(ADDRESS)
        vuk = run.world.a_user(OTHER_PHONE, DEVICE, display_name="Vuk")
        self.idle = [AccountId(user.account_id) for user in (mila, vuk)]
        run.deliver_changes()
        publish_practice()
        run.world.traveller.move_to(use_of(mila).warnable_from - HOUR)
        assert [close_idle()["acted"], close_idle()["acted"]] == [0, 1]
        run.world.advance(HOUR)

    def play(self, run: Run) -> None:
        for _ in range(_MOST_RUNS):
            run.schedule(close_idle_accounts, every=HOUR)
            if all(use.stage is WarningStage.CLOSING for use in self.uses()):
                break
            run.world.advance(_BETWEEN)
        assert {use.stage for use in self.uses()} == {WarningStage.CLOSING}
        for use in self.uses():
            assert use.warned_at
            assert use.closing_since
            assert use.closing_since - use.warned_at >= 60 * DAY

    def uses(self) -> list[LastUse]:
        return [use for one in self.idle if (use := last_uses.read(one))]

    def forgive(self, row: Item) -> Item | None:
        """Ignore the state of the job, when each step was done, and mails that may come back."""
        if row.get("kind") in {"idle_state", "delivery"}:
            return None
        if row.get("kind") == "last_use":
            row = {name: value for name, value in row.items() if name not in _FREE}
        if isinstance(payload := row.get("payload"), dict):
            row = row | {"payload": {name: said for name, said in payload.items() if name != "warned_on"}}
        return forgive_counts(row)


IDLE: tuple[type[Flow], ...] = (ClosingIdle,)
