"""The flow of an identity paper, from its upload to its clean bytes."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core.observe import EntryFailed
from chalicelib.core.table import Item
from chalicelib.rights.papers.jobs import clean_images
from tests.faults.flows import UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.images import a_jpeg
from tests.support.cases.papers import asks_for_a_copy, event_of, listed, offers, stored_keys, uploads
from tests.support.jobs.events import Context, messages

_VISIBILITY = timedelta(minutes=3)


class CleaningAPaper(UserFlow):
    """A worker cleans an uploaded image; its message is delivered until it succeeds."""

    name = "cleaning_a_paper"
    only_in_proof = True

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.made = asks_for_a_copy(run.world, self.user)
        self.key = uploads(offers(run.world, self.made).json, a_jpeg())

    def play(self, run: Run) -> None:
        run.schedule(self._deliver, every=_VISIBILITY)
        (paper,) = listed(run.world, self.made)
        assert (paper["state"], stored_keys()) == ("ready", [self.key.replace("incoming", "clean")])

    def _deliver(self, *_: object) -> None:
        if clean_images(messages(event_of(self.key)), Context(30))["batchItemFailures"]:
            raise EntryFailed("clean_images", "Unavailable")

    def forgive(self, row: Item) -> Item | None:
        """Ignore how often the work began, and the versions of that count."""
        kept = forgive_counts(row)
        if kept and "papers" in kept:
            kept["papers"] = [
                {name: one[name] for name in one if name != "attempts"} for one in row["papers"]
            ]
            kept.pop("version", None)
        return kept


PAPERS: tuple[type[Flow], ...] = (CleaningAPaper,)
