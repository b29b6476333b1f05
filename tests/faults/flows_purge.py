"""The purge of what has ended, beside what is kept for longer."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core import table
from chalicelib.core.table import Item, Table
from chalicelib.retention.jobs import purge_expired
from chalicelib.retention.purge import store
from tests.faults.flows import UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.jobs.purge import DAY, store_ended

_EVERY = timedelta(minutes=15)
_RUNS = 4  # what a killed run has leased is free for the next run but one


class Purging(UserFlow):
    """What has ended is deleted in two tables; what is fresh or pinned, and a user's records, are kept."""

    name = "purging"
    only_in_proof = True
    every = 8
    keeps_time = False

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        run.patch.setattr(table.ends, "SHARDS", ("00", "01"))  # each needs a query per table and day
        self.kept = []
        for place in (Table.CLAIMS, Table.USAGE):
            for number in range(2):
                store_ended(place, f"ended-{number}")
            self.kept += [
                store_ended(place, "fresh", ago=-DAY),
                store_ended(place, "pinned", ago=timedelta(), pinned=DAY),
            ]
        run.world.advance(timedelta(hours=2))

    def play(self, run: Run) -> None:
        for _ in range(_RUNS):
            run.schedule(purge_expired, every=_EVERY)
            run.world.advance(_EVERY)
        stored = {
            (place, item["pk"])
            for place in store.EXPIRING
            for page in table.scan(table.Scan(place, "test", expired=table.Expired.INCLUDED))
            for item in page.items
        }
        assert stored == {(key.table, key.pk) for key in self.kept}

    def forgive(self, row: Item) -> Item | None:
        """Ignore the progress and the evidence, which has a line for each run."""
        return None if str(row["pk"]).startswith("purge") else forgive_counts(row)


PURGES: tuple[type[Flow], ...] = (Purging,)
