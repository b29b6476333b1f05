"""All jobs together bring a seeded world to its end state."""

from __future__ import annotations

from collections import Counter

from chalicelib.core.clock import HOUR
from chalicelib.core.table import Item
from tests.faults.flows import use_new_archive
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.faults.crash import Call
from tests.support.seeds.kinds import KINDS
from tests.support.seeds.world import DUE_DAYS, JOBS, SeededWorld

_SWEEPING = HOUR / 2  # sweeps of requests, and their workers
_OF_EACH_RUN = ("purge", "reconciliation", "announcement_progress", "idle", "inbox")
# A repeated deletion at Stream is reported as one of a user who had been deleted before.
_TRIED = frozenset({"version", "tries", "counted_at", "reported"})


class Converging(Flow):
    """Each job runs once on each day on which a job has work."""

    name = "converging"
    only_in_proof = True
    keeps_time = False
    fewer_messages = more_messages = 1  # of an interrupted warning: a mail is not sent again, a text is
    job = ""  # the one that runs

    def prepare(self, run: Run) -> None:
        use_new_archive()
        self.seeded = SeededWorld(KINDS, run.world, run.stream)
        self.seeded.sow(run.patch)
        run.queue.lose(run.watch.everything)

    def play(self, run: Run) -> None:
        for day in DUE_DAYS:
            self.seeded.begin(day)
            run.forget_sweeps()
            faults = run.watch.faults
            self.run_jobs(run)
            if run.watch.faults > faults:
                self.run_undisturbed(run)
            self.seeded.assert_kept(day)
        self.seeded.assert_settled()

    def run_jobs(self, run: Run) -> None:
        for job in JOBS:
            self.job = job.name
            if "rights" in job.queues:
                run.advance(_SWEEPING)
            elif job.queues:
                run.spread(job.handler, every=job.every)
            else:
                # Lambda repeats a failed run; no job waits for a day.
                run.schedule(job.handler, every=min(job.every, HOUR))

    def run_undisturbed(self, run: Run) -> None:
        """Run the jobs again after an hour, when nothing that a killed run has claimed waits any more."""
        kill_after, run.watch.kill_after = run.watch.kill_after, None
        run.world.advance(HOUR)
        self.run_jobs(run)
        run.watch.kill_after = kill_after

    def forgive(self, row: Item) -> Item | None:
        """Ignore the evidence of each run, and how often something was tried or reported.

        What an erasure counts depends on kills; flows_erasure compares it.
        """
        if str(row["pk"]).startswith(_OF_EACH_RUN) or self.seeded.is_about_erasure(row):
            return None
        kept = {name: value for name, value in row.items() if name not in _TRIED}
        if "payload" in kept:
            kept["payload"] = {name: value for name, value in kept["payload"].items() if name not in _TRIED}
        return forgive_counts(kept)


class KilledAtEachEffect(Converging):
    """Each job is killed once after each kind of effect that it has."""

    name = "killed_at_each_effect"
    occurrence = 1  # the first of its kind, or a later one

    def play(self, run: Run) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()
        run.watch.kill_after = self.is_kill_point
        super().play(run)
        assert run.watch.faults == sum(times >= self.occurrence for times in self.seen.values())

    def is_kill_point(self, call: Call) -> bool:
        effect = call.name.split("(")[0] if "DeleteItem" in call.name else call.name
        self.seen[self.job, effect] += 1
        return self.seen[self.job, effect] == self.occurrence


class KilledAtEachSecondEffect(KilledAtEachEffect):
    """Each job is killed once after the second effect of each kind."""

    name = "killed_at_each_second_effect"
    occurrence = 2
