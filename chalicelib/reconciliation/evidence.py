"""Evidence of reconciliation in the Ledger: how many erased users were looked for, and who was found.

Entries name requests, which are random ids, and no user.
"""

from collections.abc import Mapping

from chalicelib.core import clock
from chalicelib.core.chain import DailyHistory
from chalicelib.core.ids import RightsRequestId
from chalicelib.privacy.periods import Period
from chalicelib.rights.erasure.model import CheckStage

HISTORY = DailyHistory("reconciliation")


def name_of(request_id: RightsRequestId | None) -> str:
    """How entries and log lines name an erasure; a word for a user that had no account."""
    return request_id or "none"


def record_checked(stage: CheckStage, checked: int, found: int) -> None:
    """Record the answer of one query at Stream: of `checked` deleted users it found `found`."""
    _record("checked", {"days": stage, "checked": checked, "found": found})


def record_compared(figures: Mapping[str, int]) -> None:
    """Record how many users of Stream a run compared with the accounts, and what it found."""
    _record("compared", figures)


def record_orphan() -> None:
    """Record that the deletion of a user without an account is planned."""
    _record("orphan_to_delete", {})


def record_found(request_id: RightsRequestId | None, stage: CheckStage, reported: str) -> None:
    """Record that the user of an erasure was found, and what Stream had reported about the user before."""
    _record("found_again", {"request": name_of(request_id), "days": stage, "reported": reported})


def record_repaired(request_id: RightsRequestId | None, event: str, said: Mapping[str, object]) -> None:
    """Record the end of a repair: a fixed word, and what Stream reported."""
    _record(event, {"request": name_of(request_id), **said})


def _record(event: str, said: Mapping[str, object]) -> None:
    """Record an event of today.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    now = clock.now()
    HISTORY.record(now, event, said, Period.RIGHTS_EVIDENCE.ends(now))
