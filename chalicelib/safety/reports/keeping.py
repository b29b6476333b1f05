"""Keeps the files of a report: fetches them from Stream, and the reported picture from our bucket (ADR 122).

Invariants:

- Plain bytes are in memory only.
- A try is counted before the work, and each repeated one is about one file, by turns. So a file that kills
  the worker stops no other.
"""

from base64 import b64encode
from datetime import datetime, timedelta

from chalicelib.accounts.avatars import service as avatars
from chalicelib.core import aws, clock, sealing
from chalicelib.core.errors import Unavailable
from chalicelib.safety.reports.evidence import recorded
from chalicelib.safety.reports.model import AbuseReport
from chalicelib.safety.reports.reported_files import (
    LARGEST_FILE,
    MOST_BYTES,
    FileCopy,
    FileKind,
    ReportedFile,
    keys_of,
    object_at,
    place_of,
)
from chalicelib.stream import files
from chalicelib.stream.files import FileTooLarge

LONGEST_FETCH = timedelta(seconds=25)  # of one file
_MOST_TRIES = 100  # runs without progress: about a day


def keep(report: AbuseReport, until: datetime) -> AbuseReport:
    """Keep the files that wait, as many as there is time for, and return the report then.

    Raises:
        Unavailable: S3, Stream or a table does not answer; what is not kept waits.
    """
    waiting = report.waiting_files
    if not waiting:
        return report
    done, failed = dict[int, ReportedFile](), None
    repeated = max(report.work.tries - 1, 0)  # the runs before this one that stored nothing
    if repeated > _MOST_TRIES:
        done = {number: report.files[number - 1].settled(FileCopy.NOT_AVAILABLE) for number in waiting}
        waiting = []
    for number in [waiting[repeated % len(waiting)]] if repeated and waiting else waiting:
        if clock.now() > until - LONGEST_FETCH:
            break
        try:
            done[number] = _kept(report.with_files(done), number)
        except Unavailable as failure:
            failed = failure
            break
    if failed and not done:
        raise failed
    if not done:  # there was no time, which is no failure
        return report
    got = sum(one.state is FileCopy.KEPT for one in done.values())
    return recorded(report, report.with_files(done), "files_kept", {"kept": got})


def _kept(report: AbuseReport, number: int) -> ReportedFile:
    """One of the files, once it is kept or given up."""
    one, left = report.files[number - 1], MOST_BYTES - sum(other.size or 0 for other in report.files)
    try:
        if one.picture:
            content = avatars.read_kept(one.picture)
        else:
            content = files.fetch(one.link or "", min(LARGEST_FILE, left))
    except FileTooLarge:
        return one.settled(FileCopy.TOO_LARGE)
    if content is None:
        return one.settled(FileCopy.NOT_AVAILABLE)
    key, place = sealing.new_key(), place_of(report.abuse_report_id, number)
    aws.ask("s3", "put_object", **object_at(place), Body=keys_of(key).seal(content, place))
    named = b64encode(key).decode()
    return one.settled(FileCopy.KEPT, kind=FileKind.of(content), size=len(content), data_key=named)
