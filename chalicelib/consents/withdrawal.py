"""Deletes the data of withdrawn consents, in the job, not in the request (RGT-7, ADR 28).

The write of a withdrawal also adds the purpose to `to_delete`. From then on its data is neither used nor
shown (`has_lapsed` of privacy/purposes). The job deletes the data in slices, and removes the purpose from
`to_delete` when nothing is left. If a decision is made in between, the purpose stays in `to_delete`, and the
next run decides again.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.consents import store
from chalicelib.consents.model import SETTLE, Purposes
from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.privacy import lapses
from chalicelib.privacy.purposes import Purpose, Refusal, refusal
from chalicelib.privacy.subject_keys import SubjectKeys

# The kinds of an account's records that a hold keeps at an instant.
HeldKinds = Callable[[AccountId, datetime], frozenset[str]]

# The time that a run spends on one account at most, so that a large account does not delay the others.
_SLICE: timedelta = 3 * MINUTE


def delete_left(
    before: Purposes, keys: SubjectKeys, read_at: datetime, deadline: datetime, held_kinds: HeldKinds
) -> tuple[Purposes, int]:
    """Delete data of withdrawn consents until a slice of time or the run ends.

    Return the current decisions and the number of deleted items.

    Args:
        before: The decisions as they were read.
        keys: The account's data keys.
        read_at: An instant before they were read.
        deadline: When the run ends.
        held_kinds: Reads the kinds that a hold keeps from deletion.

    Raises:
        Unavailable: a table does not answer; the next run continues.
    """
    settled = [purpose for purpose, at in before.to_delete.items() if at + SETTLE <= read_at]
    # Restricted data may only be stored (Art. 18(2) GDPR).
    due = [purpose for purpose in settled if refusal(before, purpose) is not Refusal.RESTRICTED]
    held = held_kinds(before.account_id, clock.now()) if due else frozenset[str]()
    items, done, deadline = 0, set[Purpose](), min(deadline, clock.now() + _SLICE)
    for purpose in due:
        # A consent that was given again covers the data stored since.
        older_than = before.consented.get(purpose, read_at)
        deleted = lapses.delete(before.account_id, purpose, older_than, deadline, held)
        items += deleted.items
        if not deleted.complete:
            break
        done.add(purpose)
    if not done:
        return before, items
    left = {purpose: at for purpose, at in before.to_delete.items() if purpose not in done}
    after = before.model_copy(update={"to_delete": left, "version": before.version + 1})
    with suppress(store.DecidedMeanwhile):  # the next run reads the new decision
        store.keep(before, after, keys)
        return after, items
    return before, items
