"""Deletes the copy at the end of its retention period, or at once if never delivered."""

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.privacy import codec
from chalicelib.rights import files, plans, store
from chalicelib.rights.plans.step import SHORT, Done, Job, Outcome, Wait


class Discard:
    """Delete the copy once it has expired; the bucket's lifecycle rule is the fallback."""

    name = plans.DISCARD
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Wait while the subject may fetch the copy, then delete it."""
        if file := store.export_file(job.request.request_id):
            ends = codec.expires_at(file)
            return Wait((ends - clock.now()) if ends else DAY)
        files.discard(job.request.request_id)
        return Done()
