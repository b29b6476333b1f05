"""Flows of erasures under holds, until the last hold has lapsed."""

from __future__ import annotations

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.errors import NotFound
from chalicelib.core.table import Item
from chalicelib.retention.model import Hold, HoldsClosed
from chalicelib.rights.erasure import right as erasure_right
from chalicelib.rights.request.terms import Status
from tests.faults.flows_erasure import ErasureFlow, Interfered
from tests.faults.playing import Run
from tests.support.cases import erasure_outcomes, holds

_LASTS = 4 * DAY  # the erasure takes a day and a half
_KINDS = ("profile", "purposes")


class HeldErasure(ErasureFlow):
    """The account is erased under a hold; what the hold keeps is deleted when it lapses."""

    name = "held_erasure"
    begins_like = "erasing"
    every = 53  # test_hold_at_any_moment and test_held_erasures.py try other points
    only_in_proof = True

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.hold = holds.places_hold(self.user, *_KINDS, lasts=_LASTS)
        self.before = erasure_outcomes.belongings(self.user, run.stream)

    def play(self, run: Run) -> None:
        self.asks(run)
        self.finish(run)

    def finish(self, run: Run) -> None:
        self.advance_until(run, lambda: self.is_past(erasure_right.SUSPEND_AT_STREAM))
        run.deliver_changes()
        self.advance_until(run, lambda: self.is_past(erasure_right.FORGET))
        self.check_answer()
        for _ in range(4):
            run.advance(3 * DAY, until=lambda: self.request().next_step is None)
        run.deliver_changes()
        self.check(run)

    def check_answer(self) -> None:
        """Assert that the hold keeps exactly what it names."""
        assert self.request().status is Status.PARTIALLY_COMPLETED
        assert holds.held_kinds(self.request_id) == sorted(_KINDS)
        assert holds.ends_of(self.request_id) == {(kind, self.hold.until) for kind in _KINDS}

    def check(self, run: Run) -> None:
        erasure_outcomes.assert_erased(self.user, self.request_id, run.stream)
        assert holds.held_items(self.request_id) == []
        said = erasure_outcomes.certificate_of(self.request_id)
        assert said.held == ()
        assert said.completed_at >= self.hold.until
        assert erasure_outcomes.belongings(self.vuk, run.stream) == self.bystander

    def forgive(self, row: Item) -> Item | None:
        if row.get("kind") in {"hold", "holds_version"}:
            return None  # placed before the play, with ids of its own
        return super().forgive(row)


class HeldMeanwhile(Interfered):
    """Two operators place a hold just before a side effect of the worker: it is in time, or too late."""

    name = "held_meanwhile"

    def interfere(self, _: Run) -> None:
        self.hold: Hold | None = None
        try:
            self.hold = holds.places_hold(self.user, "profile", lasts=_LASTS)
        except (HoldsClosed, NotFound):
            return

    def finish(self, run: Run) -> None:
        self.advance_until(run, lambda: self.is_past(erasure_right.SUSPEND_AT_STREAM))
        run.deliver_changes()
        self.advance_until(run, lambda: self.is_past(erasure_right.FORGET))
        kept = holds.held_kinds(self.request_id)
        assert kept == (["profile"] if self.hold else [])
        status = self.request().status
        assert status is (Status.PARTIALLY_COMPLETED if self.hold else Status.COMPLETED)
        for _ in range(4):
            run.advance(3 * DAY, until=lambda: self.request().next_step is None)
        run.deliver_changes()
        self.check(run)

    def check(self, run: Run) -> None:
        erasure_outcomes.assert_erased(self.user, self.request_id, run.stream)
        assert holds.held_items(self.request_id) == []
        assert self.hold is None or clock.now() >= self.hold.until


HOLDS: tuple[type[ErasureFlow], ...] = (HeldErasure,)
