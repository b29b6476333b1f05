"""Evidence of reports in the Ledger: the reader, the period, and the hash of the pack that was made of it.

    begun   before anything is read; `by` is the pseudonym of the member of staff
    made    SHA-256 of the manifest of a pack

The next checkpoint signs both. So a pack with that manifest existed by then, and its maker is on record.
"""

from collections.abc import Mapping
from datetime import date, datetime

from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, ChainEntry, NewEntry
from chalicelib.core.ids import ReportId, StaffId
from chalicelib.privacy.periods import Period

CHAIN = "report"  # the kind of the chains
BEGUN, MADE = "begun", "made"
MAX_ENTRIES = 50  # of one report; a command adds two


def history_of(report_id: ReportId) -> Chain:
    """The history of a report; its id is random."""
    return Chain(CHAIN, report_id)


def record_begun(report_id: ReportId, by: StaffId, first: date, last: date) -> datetime:
    """Record that a member of staff reads what was received in a period; returns when.

    Raises:
        Unavailable: the Ledger does not answer, so nothing may be read.
    """
    said = {"by": by, "from": first.isoformat(), "to": last.isoformat()}
    return chain.append(history_of(report_id), _entry(BEGUN, said)).at


def record_made(report_id: ReportId, manifest: str) -> None:
    """Record the SHA-256 of the manifest of a pack, in hex.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    chain.append(history_of(report_id), _entry(MADE, {"manifest": manifest}))


def entries(report_id: ReportId) -> list[ChainEntry]:
    """The entries of a report, newest first; none if there is no such report.

    Raises:
        Unreadable: one of them was altered.
    """
    return chain.page(history_of(report_id), None, MAX_ENTRIES)[0]


def recorded(entry: ChainEntry) -> str | None:
    """Return the SHA-256 of the manifest that an entry records; None if it records none."""
    return str(entry.data["manifest"]) if entry.event == MADE else None


def _entry(event: str, said: Mapping[str, object]) -> NewEntry:
    return NewEntry(event, said, delete_at=Period.AUDIT.ends(clock.now()))
