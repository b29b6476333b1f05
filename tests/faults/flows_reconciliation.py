"""Reconciliation: an erased user who is still at Stream is deleted again, and looked for anew."""

from __future__ import annotations

from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.table import Item
from chalicelib.reconciliation.jobs import reconcile_chat
from chalicelib.rights.erasure.model import CheckStage
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.jobs.reconciliation import an_erased_user, planned, reconcile, still_at_stream

_RUNS = 12  # a killed run keeps its lease for a quarter of an hour


class Reconciling(Flow):
    """One erased user is still at Stream; three are not."""

    name = "reconciling"
    only_in_proof = True
    every = 8
    keeps_time = False

    def prepare(self, run: Run) -> None:
        # No worker polls a task whose id was lost; it completes all the same.
        run.stream.choose(task_progress="instant")
        assert [reconcile()["acted"], reconcile()["acted"]] == [
            0,
            1,
        ]  # the first run under a configuration only counts
        for _ in range(3):
            an_erased_user()
        self.found = still_at_stream(an_erased_user())
        run.world.advance(DAY)

    def play(self, run: Run) -> None:
        for _ in range(_RUNS):
            run.schedule(reconcile_chat, every=HOUR)
            run.world.advance(HOUR)
        stages = [stage for stage, _ in planned()]
        assert len(stages) == 4
        assert CheckStage.REPAIR not in stages
        assert run.stream.user(self.found[1])["state"] == "pruned"

    def forgive(self, row: Item) -> Item | None:
        """Ignore the state of the job, the evidence of each run, and how often a repair was tried."""
        if str(row["pk"]).startswith("reconciliation"):
            return None
        free = {"version", "found", "reported"}
        return forgive_counts({name: value for name, value in row.items() if name not in free})


RECONCILIATIONS: tuple[type[Flow], ...] = (Reconciling,)
