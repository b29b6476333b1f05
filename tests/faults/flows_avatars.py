"""The flow of an avatar, from its upload to Stream, over the picture before it."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.accounts.avatars.jobs import clean_avatars
from chalicelib.core.observe import EntryFailed
from chalicelib.core.table import Item
from tests.faults.flows import UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.avatars import shows, state_of, stored_keys, uploads
from tests.support.cases.images import a_jpeg, a_png
from tests.support.cases.papers import event_of
from tests.support.jobs.events import Context, messages

_VISIBILITY = timedelta(minutes=3)


class ShowingAnAvatar(UserFlow):
    """A worker cleans an uploaded avatar; its message is delivered until it succeeds."""

    name = "showing_an_avatar"
    only_in_proof = True

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.before = shows(self.user, a_png())
        run.deliver_changes()
        self.key = uploads(self.user, a_jpeg())

    def play(self, run: Run) -> None:
        run.schedule(self._deliver, every=_VISIBILITY)
        run.deliver_changes()
        address = self.user.profile()["avatar_url"]
        assert (state_of(self.user), address != self.before) == (("ready", None), True)
        shown = [key for key in stored_keys() if f"/{address.split('/')[-2]}/" in key]
        assert len(shown) == 4  # its mark has another key

    def _deliver(self, *_: object) -> None:
        if clean_avatars(messages(event_of(self.key)), Context(30))["batchItemFailures"]:
            raise EntryFailed("clean_avatars", "Unavailable")

    def forgive(self, row: Item) -> Item | None:
        """Ignore how often the work began."""
        kept = forgive_counts(row)
        if kept:
            kept.pop("upload_tries", None)
        return kept


AVATARS: tuple[type[Flow], ...] = (ShowingAnAvatar,)
