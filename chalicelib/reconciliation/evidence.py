"""Evidence of reconciliation in the Ledger: how many erased users were looked for, and who was found.

Entries name requests, which are random ids, and no user.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from chalicelib.core import chain, clock, observe
from chalicelib.core.chain import Chain, NewEntry, Unreadable
from chalicelib.core.ids import RightsRequestId
from chalicelib.privacy.periods import Period
from chalicelib.reconciliation.model import CheckStage

KIND = "reconciliation"  # the kind of the chains
NO_REQUEST = "none"  # of a user that had no account


def history_of(day: datetime) -> Chain:
    """The chain of a day (UTC)."""
    return Chain(KIND, f"{day.astimezone(UTC):%Y-%m-%d}")


def record_checked(stage: CheckStage, checked: int, found: int) -> None:
    """Record the answer of one query at Stream: of `checked` deleted users it found `found`."""
    _append("checked", {"days": stage, "checked": checked, "found": found})


def record_compared(figures: Mapping[str, int]) -> None:
    """Record how many users of Stream a run compared with the accounts, and what it found."""
    _append("compared", figures)


def record_orphan() -> None:
    """Record that the deletion of a user without an account is planned."""
    _append("orphan_to_delete", {})


def record_found(request_id: RightsRequestId | None, stage: CheckStage, reported: str) -> None:
    """Record that the user of an erasure was found, and what Stream had reported about the user before."""
    _append("found_again", {"request": request_id or NO_REQUEST, "days": stage, "reported": reported})


def record_repaired(request_id: RightsRequestId | None, event: str, said: Mapping[str, object]) -> None:
    """Record the end of a repair: a fixed word, and what Stream reported."""
    _append(event, {"request": request_id or NO_REQUEST, **said})


def _append(event: str, said: Mapping[str, object]) -> None:
    """Append an entry. After an altered one there is none: the checkpoint reports it, the checks go on.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    now = clock.now()
    try:
        chain.append(history_of(now), NewEntry(event, said, Period.RIGHTS_EVIDENCE.ends(now)))
    except Unreadable as altered:
        observe.log_failure("reconciliation_not_recorded", altered)
