"""Opens the files that a report names, each of which is sealed with a key of its own (ADR 122).

Invariants:

- A file can be opened only with the record of its report.
- `look` opens no file that a report about this user names, or a decision classes, as sexual abuse of a
  child. Only `hand_over` returns its key.
"""

from dataclasses import dataclass
from itertools import chain

from chalicelib.core import aws
from chalicelib.core.errors import does_not_apply, existing
from chalicelib.core.ids import AbuseReportId, DisclosureId, StaffId
from chalicelib.core.sealing import SealingError
from chalicelib.safety.reports.model import AbuseReport
from chalicelib.safety.reports.reported_files import (
    FILE_KIND,
    LINK_LIFE,
    FileNumber,
    FileOpener,
    ReportedFile,
    object_at,
    place_of,
)
from chalicelib.safety.reports.store import REPORTS, all_about
from chalicelib.staff import history
from chalicelib.staff.disclosures import service as disclosures
from chalicelib.staff.disclosures.model import (
    DecidedAlready,
    Disclosure,
    DisclosureGround,
    DisclosureKind,
    NotApproved,
)


@dataclass(frozen=True)
class LookedAt:
    """A file that an operator looks at, and what opens it.

    `opener`: None if it was not kept, or is never shown.
    """

    file: ReportedFile
    is_never_shown: bool
    opener: FileOpener | None


def look(report_id: AbuseReportId, number: FileNumber, by: StaffId) -> LookedAt:
    """Record that an operator opens a file, or sees that it is not opened, and return what opens it.

    Raises:
        NotFound: there is no such report, or no such file.
        Unavailable: the look cannot be recorded now.
    """
    report = existing(REPORTS.read(report_id))
    one = existing(next(iter(report.files[int(number) - 1 : int(number)]), None))
    is_never_shown = is_of_a_child(report, one)
    opener = None if is_never_shown else _opener(report, number)
    event = "opened_file" if opener else "saw_entry_of_file"
    history.record_view(by, event, REPORTS.name, [report_id, number])
    return LookedAt(one, is_never_shown, opener)


def hand_over(
    report_id: AbuseReportId, number: FileNumber, disclosure_id: DisclosureId, by: StaffId
) -> FileOpener:
    """What opens a file, for the recipient of a disclosure of the reported user's data. It is recorded.

    Raises:
        NotFound: there is no such file, or it was not kept.
        NotApproved: no approved disclosure about the reported user has this id.
        DecidedAlready: its data went out.
        InvalidRequest: its scope does not have reported files, or it does not fit a file of a child.
        Unavailable: it cannot be recorded now.
    """
    report = existing(REPORTS.read(report_id))
    handed = existing(_opener(report, number))
    found = disclosures.approved(report.account_id, disclosure_id) if report.account_id else None
    if found is None:
        raise NotApproved
    if found.disclosed_at:
        raise DecidedAlready
    if FILE_KIND not in found.scope:
        raise does_not_apply("disclosure_id", f"A disclosure whose scope has `{FILE_KIND}`")
    if is_of_a_child(report, report.files[int(number) - 1]) and not _fits_a_child(found, report):
        raise does_not_apply("disclosure_id", "For a child: an authority, or a danger, after the report")
    said = {"report": report_id, "file": number, "disclosure": disclosure_id}
    history.record_look(by, "took_file_for_handover", said)
    return handed


def _fits_a_child(found: Disclosure, report: AbuseReport) -> bool:
    is_for_it = found.ground.kind is DisclosureKind.AUTHORITY_REQUEST
    is_later = found.reviewed_at is not None and found.reviewed_at >= report.reported_at
    return is_later and (is_for_it or found.ground is DisclosureGround.DANGER_TO_PEOPLE)


def is_of_a_child(report: AbuseReport, file: ReportedFile) -> bool:
    """Whether any report about this user says that a file may show the sexual abuse of a child.

    So it counts if a report cannot be opened.
    """
    others = all_about(report.account_id) if report.account_id else ()
    try:
        return any(one.closes(file.message_id) for one in chain((report,), others))
    except SealingError:
        return True


def _opener(report: AbuseReport, number: FileNumber) -> FileOpener | None:
    one = next(iter(report.files[int(number) - 1 : int(number)]), None)
    if one is None or one.data_key is None:
        return None
    place = place_of(report.abuse_report_id, int(number))
    answer = {"ResponseContentDisposition": "attachment", "ResponseCacheControl": "no-store"}
    params, life = object_at(place) | answer, int(LINK_LIFE.total_seconds())
    url: str = aws.client("s3").generate_presigned_url("get_object", Params=params, ExpiresIn=life)
    return FileOpener(url=url, place=place.pk, key=one.data_key)
