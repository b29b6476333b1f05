"""The steps of a rectification: the deferred correction, and notices to recipients (Art. 16, 19 GDPR).

Stream gets the change from the job that sends profiles; `notify_recipients` reads the user there until it is
as our records say. Operators notify authorities and record the day (`operators/recipients`); the step does
not wait for them, because a subject who sees it wait would learn of a secret disclosure.

A note is never evidence here, for the same reason: the evidence has only the counts of registered recipients.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import OPEN_STORED_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.errors import InvalidRequest
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.engine.step import AnyJob, Done, Outcome, Step, Stop, Wait
from chalicelib.rights.intake.submission import read_subject
from chalicelib.rights.rectification import intake, right
from chalicelib.rights.request import recipients
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RecipientNotice, RecipientOutcome
from chalicelib.rights.request.terms import Status
from chalicelib.rights.request.waits import WaitReason
from chalicelib.staff.disclosures import service as disclosures
from chalicelib.stream.model import StreamRefused
from chalicelib.stream.users import access, sync

_SHORTEST, _LONGEST = timedelta(seconds=5), HOUR
# A user who is not at Stream after that is not one whom the job is about to create.
_SURELY_ABSENT = DAY


def _notify(job: AnyJob) -> Outcome:
    """List the recipients once, then look for the change at Stream."""
    if job.notes.recipients is None:
        _list(job)
    notices = job.notes.recipients or ()
    at_stream = next((one for one in notices if _is_pending_stream(one)), None)
    if at_stream is None:
        return _done(notices)
    found = _look_at_stream(job.request, at_stream)
    if found is not at_stream:
        job.note(replace(job.notes, recipients=tuple(found if one is at_stream else one for one in notices)))
        return _done(job.notes.recipients or ())
    waited = clock.now() - at_stream.owed_since
    if waited > recipients.LATE_AFTER:
        return Stop("not_at_stream")
    return Wait(min(max(waited, _SHORTEST), _LONGEST), WaitReason.STREAM_PROFILE)


def _list(job: AnyJob) -> None:
    """Note the recipients; the inbox has those that operators have to notify."""
    given = disclosures.of_subject(job.request.account_id)
    listed = tuple(recipients.of_request(job.request, given, clock.now()))
    job.note(replace(job.notes, recipients=listed))


def _is_pending_stream(notice: RecipientNotice) -> bool:
    return notice.recipient == Recipient.STREAM.name and notice.outcome is RecipientOutcome.PENDING


def _look_at_stream(request: RightsRequest, notice: RecipientNotice) -> RecipientNotice:
    """The notice with the outcome at Stream; the same one if the change has not arrived."""
    now = clock.now()
    (row,) = needs.read_accounts(
        [request.account_id], (OPEN_STORED_ACCOUNT, READABLE_PROFILE, AVATAR, DATA_KEY)
    )
    account, profile = row[OPEN_STORED_ACCOUNT], row[READABLE_PROFILE]
    try:
        user = access.find_existing([request.user_id]).get(request.user_id)
    except StreamRefused:
        return notice
    if user is None:
        return _without_user(notice, is_expected=account is not None and account.is_active, now=now)
    if account is None or profile is None:
        return notice
    if not account.is_active:
        suspended = replace(notice, outcome=RecipientOutcome.DEFERRED, at=now)
        return suspended if user.is_deactivated else notice
    wanted = sync.chat_profile(account, profile, row[AVATAR])
    if (user.name, user.image) == (wanted.name, wanted.image) and not wanted.has_other_status(user):
        return replace(notice, outcome=RecipientOutcome.NOTIFIED, at=now)
    return notice


def _without_user(notice: RecipientNotice, *, is_expected: bool, now: datetime) -> RecipientNotice:
    if is_expected and now - notice.owed_since < _SURELY_ABSENT:
        return notice
    return replace(notice, outcome=RecipientOutcome.NOT_APPLICABLE, why="no_user")


def _done(notices: Sequence[RecipientNotice]) -> Done:
    """The outcome with the numbers of registered recipients; those of disclosures may be secret."""
    registered = [one.outcome for one in notices if one.recipient]
    return Done(counts={outcome: registered.count(outcome) for outcome in dict.fromkeys(registered)})


def _correct(job: AnyJob) -> Outcome:
    """Carry out a correction, after the account's owner had time to object."""
    try:
        writes = intake.deferred_writes(job.request)
    except InvalidRequest:  # it was valid when it was received, and another run changes nothing
        return Stop("not_possible")
    return Stop("account_missing") if writes is None else Done(answers=Status.COMPLETED, also=writes)


def _give_number(job: AnyJob) -> Outcome:
    """Wait for the code, whose own transaction gives the number (`new_number`)."""
    if job.notes.number_given_at:
        return Done(answers=Status.COMPLETED)
    waits = Wait(DAY, WaitReason.NUMBER_CODE)
    return waits if read_subject(job.request.account_id) else Stop("account_missing")


GIVE_NUMBER = Step(right.GIVE_NUMBER, _give_number)
NOTIFY_RECIPIENTS = Step(right.NOTIFY_RECIPIENTS, _notify, waits_for_processor=True)
CORRECT = Step(right.CORRECT, _correct)
