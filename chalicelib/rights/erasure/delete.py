"""The steps that delete a subject's user at Stream (STR-5), copies, avatar, records and key (RGT-3).

Requests and workers that began before the point of no return may write to a table after the subject's records
in it were deleted. The second pass (`verify_deletion`) runs after the longest of them has ended. If it finds
something, the deletion is repeated, and the second pass waits for the same time again.

Copies are deleted from S3 for good: all versions, delete markers and unfinished uploads. The bucket is not
versioned, so an object has one version and no marker. Versions are listed and deleted by their id
nevertheless: the code is then right whatever the bucket's setting is, or has been. Invariants:

- Nothing but the request's own key is deleted, whatever else its prefix matches.
- `erase_copy` returns only after a listing that showed nothing. What it deleted stays deleted, so it may be
  killed at any point and called again.
- Uploads are aborted before versions are deleted. An upload that is completed after the listing is a version
  in the next round. One that a worker begins after the last listing is found by `remaining`.

A worker that is killed loses the counts of its run, so the sums are lower bounds.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from chalicelib.accounts.avatars import service as avatars
from chalicelib.core import aws, clock, metrics
from chalicelib.core.aws import AwsBug
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.messages import mail
from chalicelib.people.contacts import counterparts
from chalicelib.people.conversations.endings import leave_conversations
from chalicelib.privacy import erasure, register
from chalicelib.privacy.plans import Action, TableStep, erasure_plan
from chalicelib.rights.engine.step import WHOLE_RUN, Again, Done, ErasureJob, Outcome, Step, Stop, Wait
from chalicelib.rights.erasure import right
from chalicelib.rights.erasure.inputs import InputsGone, ensure_inputs
from chalicelib.rights.erasure.keep import kinds_kept
from chalicelib.rights.papers import store as papers
from chalicelib.rights.request import store
from chalicelib.rights.request.files import key_of, preserved_key_of
from chalicelib.rights.request.notes import DeletionPlace, ErasureNotes, StreamAnswer
from chalicelib.rights.request.waits import WaitReason
from chalicelib.safety.reports import service as reports
from chalicelib.stream import deletion
from chalicelib.stream.deletion import DeletionPending, DeletionProgress, DeletionStopped
from chalicelib.stream.model import StreamDeletion, StreamReport

# Listed per round and kind: far more than a copy has, so that one round usually deletes everything.
PAGE = 100
MAX_ROUNDS = 20
# How long one run deletes or searches; it fits into the worker's fifteen minutes.
_SLICE = 8 * MINUTE
# Late writes end within minutes. A writer that does not end is a bug, which an operator has to find.
_MAX_FOUND_AGAIN = 5
_MORE = Wait(0 * MINUTE, WaitReason.MORE_RECORDS)
# After these answers the id may never have existed at Stream: a chat token could still create the user.
_NOT_BURNED = frozenset({StreamReport.NO_USER, StreamReport.NOT_FOUND})


def _delete_at_stream(job: ErasureJob) -> Outcome:
    """Request the deletion. After a crash it is requested again, which does no harm.

    The first request is noted before it is sent. If a later one finds no user, the note shows that the user
    may have existed.
    """
    asked_before = job.notes.stream_asked_at
    if asked_before is None:
        job.note(replace(job.notes, stream_asked_at=clock.now()))
    found = deletion.start(job.request.user_id, asked_before)
    notes = _notes_after(job.notes, found)
    return Stop(found.doubt.value, notes) if isinstance(found, DeletionStopped) else Done(notes=notes)


def _await_stream_deletion(job: ErasureJob) -> Outcome:
    """Poll once. If all attempts failed, stop for an operator, whose retry requests the deletion again."""
    if job.notes.stream_answer:
        return Done()
    asked = job.notes.stream
    if asked is None:
        return Again(right.DELETE_AT_STREAM, job.notes)
    found = deletion.poll(job.request.user_id, asked)
    notes = _notes_after(job.notes, found)
    match found:
        case DeletionPending():
            return Wait(found.wait, WaitReason.STREAM_TASK, notes)
        case StreamDeletion():
            return Done(notes=notes)
        case DeletionStopped():
            return Stop(found.doubt.value, notes)


def _notes_after(notes: ErasureNotes, found: DeletionProgress) -> ErasureNotes:
    now = clock.now()
    match found:
        case DeletionPending(asked=asked):
            return replace(notes, stream=asked, stream_asked_at=notes.stream_asked_at or now)
        case StreamDeletion():
            answer = StreamAnswer(
                user=found.user,
                extent=found.extent,
                task_id=notes.stream.task_id if notes.stream else None,
                asked_at=notes.stream_asked_at or now,
                reported_at=now,
            )
            return replace(notes, stream_answer=answer)
        case DeletionStopped():
            return replace(notes, stream=None)


def _delete_copies(job: ErasureJob) -> Outcome:
    """Delete the files of the avatar, and the copies of all requests in all versions.

    Take the address off SES's suppression list.
    """
    request, notes, deadline = job.request, job.notes, clock.now() + _SLICE
    if pictures := avatars.erase(request.account_id):
        notes = notes.with_deleted(DeletionPlace.PICTURES, {"avatar_picture": pictures}, clock.now())
    for request_id, place in store.places_of(request.account_id, notes.copies_after):
        deleted = erase_copy(request_id)
        papers.empty(request_id)  # the purge deletes bytes that no record names (ADR 101)
        counts = {"export_copy": deleted} if deleted else {}
        notes = replace(notes.with_deleted(DeletionPlace.COPIES, counts, clock.now()), copies_after=place)
        if clock.now() >= deadline:
            return replace(_MORE, notes=notes)
    email = ensure_inputs(request).email
    lifted = email is not None and mail.delete_suppressed_address(email)
    return Done(notes=replace(notes, copies_after=None), counts={"mail_addresses_lifted": int(lifted)})


def _delete_records(job: ErasureJob) -> Outcome:
    """Delete what others have about the subject, then the subject's records, by the plan of the register."""
    with suppress(InputsGone):  # only the certificate needs them
        ensure_inputs(job.request)  # after this they cannot be captured again
    deadline = clock.now() + _SLICE
    left = counterparts.leave_others(job.request.account_id, job.request.user_id, deadline)
    _count(job, DeletionPlace.of_table(Table.ACCOUNTS), left.items)
    if not left.complete:
        return _MORE
    if not reports.forget_reporter(job.request.account_id, deadline):
        return _MORE
    # After the contacts: who has none any more is not brought into a conversation (ADR 40).
    talked = leave_conversations(job.request.account_id, deadline)
    _count(
        job, DeletionPlace.of_table(Table.ACCOUNTS), {"membership": talked.number} if talked.number else {}
    )
    if not talked.complete:
        return _MORE
    kept = kinds_kept(job.request.account_id, clock.now())
    for step in deletions():
        counted = partial(_count, job, DeletionPlace.of_table(step.table))
        deleted = erasure.delete_records(job.request.account_id, step, deadline, counted, kept)
        if not deleted.complete:
            return _MORE
    counts = {f"of_{one.kind}": one.count for one in job.notes.deleted}
    return Done(notes=replace(job.notes, clean_from=second_pass_at(job.notes, clock.now())), counts=counts)


def deletions() -> list[TableStep]:
    """The deletions of the plan, in order."""
    return [step for step in erasure_plan(register.records()).steps if step.action is Action.DELETE]


def _count(job: ErasureJob, place: DeletionPlace, counts: Mapping[str, int]) -> None:
    if counts:
        job.note(job.notes.with_deleted(place, counts, clock.now()))


def second_pass_at(notes: ErasureNotes, now: datetime) -> datetime:
    """From when on nothing that began before the deletion can still write, here or at Stream."""
    here = now + settings().erasure.late_writes_minutes * MINUTE
    answer = notes.stream_answer
    if answer and answer.user in _NOT_BURNED and notes.frozen_at:
        # Stream does not know this id as deleted, so a connect with a chat token could still create the user.
        return max(here, notes.frozen_at + settings().chat_token_life)
    return here


def _verify(job: ErasureJob) -> Outcome:
    """Search the tables, S3 and Stream. If something is left, return to the step that deletes it."""
    notes, now = job.notes, clock.now()
    if notes.clean_from and now < notes.clean_from:
        return Wait(notes.clean_from - now, WaitReason.LATE_WRITES)
    left = right.KEEP_HELD if erasure.remaining(job.request.account_id) else None
    if left or avatars.of_account(job.request.account_id):
        return _again(job, left or right.DELETE_COPIES, notes)
    for request_id, place in store.places_of(job.request.account_id, notes.copies_after):
        if remaining(request_id):
            return _again(job, right.DELETE_COPIES, notes)
        if clock.now() >= now + _SLICE:
            return replace(_MORE, notes=replace(notes, copies_after=place))
    gone = deletion.is_gone(job.request.user_id)
    if not gone:
        return _again(job, right.DELETE_AT_STREAM, replace(notes, stream=None, stream_answer=None))
    return Done(notes=replace(notes, verified_at=now, copies_after=None))


def _again(job: ErasureJob, from_step: str, notes: ErasureNotes) -> Outcome:
    """Return to a step that deletes; each sixth time, stop. A retry then searches and deletes again."""
    metrics.count(Metric.ERASURE_FOUND_AGAIN)
    found_again = job.notes.found_again + 1
    if found_again % (_MAX_FOUND_AGAIN + 1) == 0:
        return Stop("found_again", replace(job.notes, found_again=found_again, copies_after=None))
    return Again(from_step, replace(notes, found_again=found_again, copies_after=None))


def _delete_key(job: ErasureJob) -> Outcome:
    """Delete the subject's data key: once the backups of Keys end, no backup of a record can be read."""
    erasure.delete_key(job.request.account_id)
    return Done(notes=replace(job.notes, key_deleted_at=clock.now()))


DELETE_AT_STREAM = Step(right.DELETE_AT_STREAM, _delete_at_stream, waits_for_processor=True)
AWAIT_STREAM_DELETION = Step(right.AWAIT_STREAM_DELETION, _await_stream_deletion, waits_for_processor=True)
DELETE_COPIES = Step(right.DELETE_COPIES, _delete_copies, lease=WHOLE_RUN)
DELETE_RECORDS = Step(right.DELETE_RECORDS, _delete_records, lease=WHOLE_RUN)
VERIFY_DELETION = Step(right.VERIFY_DELETION, _verify, lease=WHOLE_RUN)
DELETE_KEY = Step(right.DELETE_KEY, _delete_key)


# Copies in S3


@dataclass(frozen=True)
class _Stored:
    """What S3 has under a key: ids, at most a page of each kind."""

    uploads: tuple[str, ...]
    versions: tuple[str, ...]
    markers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.uploads) + len(self.versions) + len(self.markers)


def erase_copy(request_id: RightsRequestId) -> int:
    """Delete everything that S3 has of a request's copy; return how many versions with data it deleted.

    Raises:
        Unavailable: S3 does not answer, or there is more than the rounds of one run delete. Call it again.
        AwsBug: S3 refuses.
    """
    return sum(_erase(key) for key in _keys(request_id))


def _keys(request_id: RightsRequestId) -> tuple[str, ...]:
    """The keys of a request: its copy, and the messages that a restriction preserves."""
    return key_of(request_id), preserved_key_of(request_id)


def _erase(key: str) -> int:
    deleted = 0
    for _ in range(MAX_ROUNDS):
        stored = _find(key)
        if not stored:
            return deleted
        for upload_id in stored.uploads:
            _abort(key, upload_id)
        for version_id in (*stored.versions, *stored.markers):
            aws.ask("s3", "delete_object", Bucket=_bucket(), Key=key, VersionId=version_id)
        deleted += len(stored.versions)
    raise Unavailable


def remaining(request_id: RightsRequestId) -> int:
    """Count what S3 still has of a request's copy: versions, delete markers and unfinished uploads.

    It counts at most `PAGE` of each, and the identity papers that a record still names.

    Raises:
        Unavailable: S3 does not answer.
        AwsBug: S3 refuses.
    """
    return sum(len(_find(key)) for key in _keys(request_id)) + len(papers.papers_of(request_id))


def _find(key: str) -> _Stored:
    """List what S3 has under a key. Keys that only begin with it come later, so one page is enough."""
    uploads = aws.ask("s3", "list_multipart_uploads", Bucket=_bucket(), Prefix=key, MaxUploads=PAGE)
    versions = aws.ask("s3", "list_object_versions", Bucket=_bucket(), Prefix=key, MaxKeys=PAGE)
    return _Stored(
        uploads=_ids(uploads, "Uploads", "UploadId", key),
        versions=_ids(versions, "Versions", "VersionId", key),
        markers=_ids(versions, "DeleteMarkers", "VersionId", key),
    )


def _ids(listing: dict[str, list[dict[str, str]]], kind: str, name: str, key: str) -> tuple[str, ...]:
    return tuple(entry[name] for entry in listing.get(kind, ()) if entry["Key"] == key)


def _abort(key: str, upload_id: str) -> None:
    """Abort an upload, unless it has ended since it was listed."""
    try:
        aws.ask("s3", "abort_multipart_upload", Bucket=_bucket(), Key=key, UploadId=upload_id)
    except AwsBug as bug:
        if str(bug) != "NoSuchUpload":
            raise


def _bucket() -> str:
    return settings().export_bucket()
