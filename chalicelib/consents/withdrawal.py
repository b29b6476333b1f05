"""Deleting what a withdrawal leaves: after it, never in it (RGT-7, ADR 28).

A withdrawal notes beside the decision that data is left, in the same write. From then on the data is neither
used nor shown (`has_lapsed` of privacy/purposes); the job deletes it in slices and takes the note away once
nothing is left. A decision that comes in between wins: the note stays, and the next run judges anew.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.consents import store
from chalicelib.consents.model import SETTLE, Purposes
from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.privacy import lapsing
from chalicelib.privacy.purposes import Purpose, Refusal, refusal
from chalicelib.privacy.subject_keys import SubjectKeys

# How long one account is worked on in a run, so that a large one holds up the others for no longer.
_SLICE: timedelta = 3 * MINUTE


def delete_left(
    before: Purposes, keys: SubjectKeys, read_at: datetime, deadline: datetime
) -> tuple[Purposes, int]:
    """Delete the data of withdrawn consents, as far as a run gets.

    Return the decisions as they stand now, and how many items were deleted.

    Args:
        before: The decisions as they were read.
        keys: The account's data keys.
        read_at: An instant before they were read.
        deadline: When the run ends.

    Raises:
        Unavailable: a table does not answer; the next run goes on.
    """
    settled = [purpose for purpose, at in before.to_delete.items() if at + SETTLE <= read_at]
    # What is restricted is stored and nothing else (Art. 18(2) GDPR).
    due = [purpose for purpose in settled if refusal(before, purpose) is not Refusal.RESTRICTED]
    items, done, deadline = 0, set[Purpose](), min(deadline, clock.now() + _SLICE)
    for purpose in due:
        # A consent that was given anew covers what came since.
        older_than = before.consented.get(purpose, read_at)
        deleted = lapsing.delete(before.account_id, purpose, older_than, deadline)
        items += deleted.items
        if not deleted.complete:
            break
        done.add(purpose)
    if not done:
        return before, items
    left = {purpose: at for purpose, at in before.to_delete.items() if purpose not in done}
    after = before.model_copy(update={"to_delete": left, "version": before.version + 1})
    with suppress(store.DecidedMeanwhile):  # the next run sees what was decided
        return store.keep(before, after, keys), items
    return before, items
