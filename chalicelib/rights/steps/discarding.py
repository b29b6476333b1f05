"""The copy ends: by the register's period, or at once where the request ended without an answer."""

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.privacy import codec
from chalicelib.rights import files, plans, store
from chalicelib.rights.plans.step import SHORT, Done, Job, Outcome, Wait


class Discard:
    """Delete the copy once it has expired. The bucket's own rule is the net below this."""

    name = plans.DISCARD
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Wait while somebody may fetch it, then delete it."""
        if file := store.export_file(job.request.request_id):
            ends = codec.expires_at(file)
            return Wait((ends - clock.now()) if ends else DAY)
        files.discard(job.request.request_id)
        return Done()
