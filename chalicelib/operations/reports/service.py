"""Begins a report, checks its reader, and states what the deployed stage is.

Invariants:

- Nothing of a period is read for a report before the Ledger names its reader: in the report's own history,
  and in that of the member of staff. The pages of one report add no further entry.
- Only the member of staff who began a report reads its pages, and for a day. Later they begin another one.
- A report of a period covers at most 366 days, and no day that is not over or present.

The Ledger has two entries of a report:

    begun   the period, before anything is read; `by` is the pseudonym of the member of staff
    made    SHA-256 of the manifest of a pack

The next checkpoint signs both. So a pack with that manifest existed by then, and its maker is on record.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.consents import announcements
from chalicelib.consents.announcements import AnnouncementTotals
from chalicelib.consents.notices import frozen
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import Notice
from chalicelib.core import chain, clock, observe
from chalicelib.core.canonical import canonical
from chalicelib.core.chain import Chain, ChainEntry, NewEntry, Unreadable
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.errors import ConflictingRequest, NotFound, Unavailable, does_not_apply
from chalicelib.core.http import View
from chalicelib.core.ids import ReportId, StaffId
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.privacy import accountability, processing
from chalicelib.privacy.periods import Period
from chalicelib.retention.purge import evidence as purge
from chalicelib.staff import history

CHAIN = "report"  # the kind of the chains
BEGUN, MADE = "begun", "made"
MAX_ENTRIES = 50  # of one report; a command adds two


def history_of(report_id: ReportId) -> Chain:
    """The history of a report; its id is random."""
    return Chain(CHAIN, report_id)


def manifest_of(entry: ChainEntry) -> str | None:
    """Return the SHA-256 of the manifest that an entry records; None if it records none."""
    return str(entry.data["manifest"]) if entry.event == MADE else None


def _record(report_id: ReportId, event: str, said: Mapping[str, object]) -> ChainEntry:
    return chain.append(history_of(report_id), NewEntry(event, said, Period.AUDIT.ends(clock.now())))


LONGEST = timedelta(days=366)
READABLE = DAY
_PROOFS = 31  # days whose newest proof of the purge is in a report


class ReportOver(ConflictingRequest):
    """The report was begun more than a day ago, so its pages are not read any more."""

    title = "This report was begun more than a day ago; begin another one"


class TooManyPacks(ConflictingRequest):
    """The report has its highest number of recorded manifests."""

    title = "This report has its highest number of recorded manifests; begin another one"


@dataclass(frozen=True)
class Report:
    """A report: its period, by days in the controller's zone, and its recorded manifests, newest first."""

    report_id: ReportId
    first: date
    last: date
    begun_at: datetime
    by: StaffId
    manifests: tuple[str, ...] = ()

    @property
    def since(self) -> datetime:
        """The first instant of the period."""
        return clock.beginning_of(self.first)

    @property
    def until(self) -> datetime:
        """The first instant after the period."""
        return clock.beginning_of(self.last + DAY)


@dataclass(frozen=True)
class NoticeStanding:
    """A published version of a notice, the hash of its entry, and how far its announcement is."""

    notice: Notice
    sha256: str
    announced: AnnouncementTotals | None


class PurgeProof(View):
    """What the purge stated last about a day (UTC), as the Ledger has it."""

    day: date
    at: Instant
    event: str
    said: dict[str, Any]


def begin(by: StaffId, first: date, last: date) -> Report:
    """Record that a member of staff makes a report about a period.

    Raises:
        InvalidRequest: the period is too long, ends before it begins, or ends in the future.
        Unavailable: it cannot be recorded now.
    """
    if not timedelta(0) <= last - first < LONGEST:
        raise does_not_apply("last", "A period of 1 to 366 days, which ends no earlier than it begins")
    if last > clock.day_of(clock.now()):
        raise does_not_apply("last", "A day that is not in the future")
    report_id = ReportId.new()
    begun = _record(report_id, BEGUN, {"by": by, "from": first.isoformat(), "to": last.isoformat()})
    history.record_view(by, "reported", "reports", [report_id])
    return Report(report_id, first, last, begun.at, by)


def show(report_id: ReportId) -> Report:
    """Return a report.

    Raises:
        NotFound: no such report.
        Unavailable: an entry about it was altered.
    """
    try:
        entries, _ = chain.page(history_of(report_id), None, MAX_ENTRIES)
    except Unreadable as altered:
        observe.log_failure("report_unreadable", altered)
        raise Unavailable from None
    if not entries:
        raise NotFound
    return _report(report_id, entries)


def open_for(report_id: ReportId, by: StaffId) -> Report:
    """Return a report whose pages a member of staff may read now.

    Raises:
        NotFound: no such report, or another member of staff began it.
        ReportOver: it was begun more than a day ago.
    """
    report = show(report_id)
    if report.by != by:
        raise NotFound
    if clock.now() >= report.begun_at + READABLE:
        raise ReportOver
    return report


def record_manifest(report_id: ReportId, by: StaffId, manifest: str) -> Report:
    """Record the SHA-256 of the manifest of a pack; a repeated call records it once.

    Raises:
        NotFound, ReportOver: as for `open_for`.
        TooManyPacks: the report has its highest number of manifests.
    """
    report = open_for(report_id, by)
    if manifest in report.manifests:
        return report
    if len(report.manifests) >= MAX_ENTRIES - 1:
        raise TooManyPacks
    _record(report_id, MADE, {"manifest": manifest})
    return show(report_id)


def record_of_processing() -> dict[str, Any]:
    """The record of processing of this stage: its version, its periods, and what is arranged for it."""
    arranged = accountability.of_stage(settings().environment)
    record = processing.document(processing.rows(), arranged)
    return record | {"controller": record["controller"] | {"contact": settings().contact_email}}


def notice_history() -> list[NoticeStanding]:
    """All published versions of the notices, newest first."""
    totals = announcements.totals()
    published = frozen.in_language(notices.published(), Language.ENGLISH)
    return [NoticeStanding(notice, _digest(notice), totals.get(notice.version)) for notice in published]


def purge_proofs(report: Report) -> list[PurgeProof]:
    """The newest statement of the purge of each of the last 31 days of a report, newest first.

    A day without a statement, or whose newest one was altered, is left out.
    """
    end = min(clock.now(), report.until - timedelta(seconds=1))
    days = (end - number * DAY for number in range(_PROOFS))
    found = ((day, purge.HISTORY.newest(day)) for day in days if day >= report.since)
    return [PurgeProof.showing(entry, day=day.date(), said=entry.data) for day, entry in found if entry]


def _report(report_id: ReportId, entries: list[ChainEntry]) -> Report:
    begun = entries[-1]
    return Report(
        report_id=report_id,
        first=date.fromisoformat(begun.data["from"]),
        last=date.fromisoformat(begun.data["to"]),
        begun_at=begun.at,
        by=StaffId(begun.data["by"]),
        manifests=tuple(sha256 for entry in entries if (sha256 := manifest_of(entry))),
    )


def _digest(notice: Notice) -> str:
    """SHA-256 of the frozen pages of a version; of a link: of kind, name, days, address, and what changed."""
    return notice.digest or hashlib.sha256(canonical(notice.model_dump(mode="json")).encode()).hexdigest()
