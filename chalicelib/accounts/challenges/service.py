"""The rules of one-time codes: sending one by SMS or mail, sending it again, verifying a guess (ADR 3).

The code is derived from the challenge and its purpose under a key of the vault. So the code is not stored, a
resend sends the same code, and a leaked table reveals no code. A guess is counted in the challenge before the
comparison, and for its address before the client learns the outcome. The concept that requested the code
decides what it opens, and then calls `count_verified`.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

from chalicelib.accounts.challenges import budgets, limits, store
from chalicelib.accounts.challenges.messages import CODE_MAIL_INSTEAD, mail_code, text_code
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    CodeChannel,
    CodeRequest,
    EmailInDoubt,
    EmailUnavailable,
    Opened,
    Recognise,
    SmsInDoubt,
    SmsUnavailable,
    TooManyAttempts,
    TooManyCodes,
    WrongCode,
)
from chalicelib.accounts.challenges.store import (  # noqa: F401 - offered to other rooms
    UsedMeanwhile,
    draft_of,
    get,
    keep_draft,
    uncount_attempt,
)
from chalicelib.core import clock, idempotency, keyring, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import InProgress, Problem, Unavailable
from chalicelib.core.http import Body, ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import Secret, settings
from chalicelib.core.transactions import Write
from chalicelib.messages.model import InvalidEmail
from chalicelib.messages.sms import TextInDoubt, TextUnavailable

# The gateway ends every request after 29 s, so a challenge that is unsent after 30 s was left by a crash.
_GIVEN_UP = timedelta(seconds=30)
# After waits of 1, 2 and 4 minutes: the last resend is in minute 7 of the code's 10 minutes.
_MAX_RESENDS = 3

# What is left of a challenge whose refusal is not shown: it has an end, a device and no number.
_WITHOUT_CODE = {"phone": "", "email": None}

_UNSENT = {CodeChannel.SMS: SmsUnavailable, CodeChannel.EMAIL: EmailUnavailable}


@contextmanager
def _report_outage_as_unsent(channel: CodeChannel) -> Iterator[None]:
    """Turn an outage of a table or the vault into the problem that the code was not sent."""
    try:
        yield
    except Unavailable:
        raise _UNSENT[channel] from None


def to_mailbox(
    purpose: ChallengePurpose, mailbox: str, locale: str | None, body: Body, address: ClientAddress
) -> CodeRequest:
    """The request of a person without a session for a code to a mailbox that is not proved yet."""
    by_mail = CodeChannel.EMAIL
    return CodeRequest(purpose, by_mail, mailbox, locale, scope=mailbox, body=body, address=address)


def start(asked: CodeRequest, key: IdempotencyKey | None) -> Challenge:
    """Send a code, or find the challenge that the same request created before.

    The module `limits` describes the limits.

    Raises:
        TooManyCodes: for this number, its prefix or country, this mailbox or account, from this address, or
            in total; in place of a text, only from this address.
        CountryNotServed: codes are not sent to numbers of this country.
        SmsUnavailable, EmailUnavailable: the message was not accepted; the client may repeat the request.
        SmsInDoubt, EmailInDoubt: it is unknown whether it was accepted; the same, but the code counts.
        InvalidEmail: SES accepts no mail for this mailbox.
        IdempotencyMismatch: the key was used with another body.
        InProgress: the same request is being processed.
    """
    with _report_outage_as_unsent(asked.channel):
        return _claim_and_send(asked, key)


def _claim_and_send(asked: CodeRequest, key: IdempotencyKey | None) -> Challenge:
    challenge = _new(asked, key)
    now = clock.now()
    if earlier := store.claim(challenge, now - _GIVEN_UP, now - idempotency.KEPT):
        return _sent_before(earlier, asked)
    metrics.count(Metric.CODE_ASKED, of=challenge.purpose)
    try:
        if asked.reach:
            _mail_for_text(challenge, asked)
            return challenge
        with limits.count_code(challenge, asked.account, asked.address, asked.recognise) as uncounted:
            _send(challenge, asked.destination)
    except Problem:
        if asked.hides_refusals:
            store.give_up(challenge, _WITHOUT_CODE)
            return challenge
        store.give_up(challenge)
        raise
    if key or uncounted:  # without a key, a client cannot repeat the request
        with suppress(Unavailable):  # the code was sent; a client that repeats the request gets another one
            store.mark_sent(challenge.ref, clock.now(), uncounted)
    return challenge


def _mail_for_text(challenge: Challenge, asked: CodeRequest) -> None:
    """Mail a code that is not texted, if its owner is reached; the response never shows whether (ADR 78).

    The challenge is marked before the mail, and with the same call if there is none. The reserve gets a code
    back that certainly was not mailed, once no guess of it can be right.
    """
    reserved = limits.count_mail_for_text(challenge, asked)
    try:
        store.mark_sent(challenge.ref, clock.now(), {"uncounted_in_all": 1} if reserved else {})
    except Unavailable:
        if reserved and store.give_up(challenge):
            reserved.uncount()
        raise
    if reserved:
        _mail_reserved(challenge, reserved)


def _mail_reserved(challenge: Challenge, reserved: limits.ReservedMail) -> None:
    """Mail a code of a reserve; a failure is not shown, and stays counted if the mail may arrive."""
    try:
        mail_code(reserved.mailbox, code(challenge), challenge.locale, CODE_MAIL_INSTEAD)
    except (EmailInDoubt, InvalidEmail):
        pass
    except EmailUnavailable:
        with suppress(Unavailable):
            store.mark_sent(challenge.ref, clock.now(), {"uncounted_in_all": -1})
            reserved.uncount()
        return
    metrics.count(Metric.CODE_SENT, of=challenge.purpose)


def is_sent_once(challenge: Challenge) -> bool:
    """Return whether its code is never sent again, since a refusal would show that there is a code."""
    return challenge.resend_after >= challenge.code_until


@_report_outage_as_unsent(CodeChannel.SMS)
def resend(
    ref: ChallengeRef, address: ClientAddress | None = None, recognise: Recognise | None = None
) -> Challenge:
    """Send the same code again by SMS: after 60 seconds, then after 2 and 4 minutes more.

    It counts for the client's address. `recognise` is called if a limit refuses the code.

    Raises:
        ChallengeExpired: the code is used or too old, has no resends or attempts left, or was not texted.
        TooManyCodes: too early, or too many for this number, its prefix, its country, from this address, or
            in total.
        SmsUnavailable: SNS did not accept it; the client may repeat the request immediately.
        SmsInDoubt: it is unknown whether SNS accepted it, so it counts as a resend.
    """
    challenge = store.get(ref)
    now = clock.now()
    if challenge is None or challenge.phone is None or challenge.code_until <= now:
        raise ChallengeExpired
    if challenge.is_mail_for_text or is_sent_once(challenge):
        raise ChallengeExpired
    if challenge.resends >= _MAX_RESENDS or challenge.attempts >= settings().code_attempts:
        raise ChallengeExpired
    if challenge.resend_after > now:
        raise _too_early(challenge)
    with limits.count_code(challenge, None, address, recognise, is_resend=True) as uncounted:
        try:
            sent = store.count_resend(challenge, now + MINUTE * 2 ** (challenge.resends + 1), uncounted)
            _send(challenge, challenge.phone)
        except store.TooEarly:
            raise _too_early(challenge) from None
        except SmsInDoubt:
            raise
        except SmsUnavailable:
            store.uncount_resend(ref, uncounted)
            raise
    return sent


def check_code(
    ref: ChallengeRef,
    guess: str,
    device: UUID | None = None,
    address: ClientAddress | None = None,
    recognise: Recognise | None = None,
) -> Challenge:
    """Compare a guess with the code, and the device, if given, with the one that requested it.

    Only wrong guesses count for the address, since many people sign up from one address of a mobile carrier.
    A client whose address has no guesses left does not learn the outcome, and its guess uses up no attempt of
    the challenge.

    Args:
        ref: names the challenge.
        guess: the code as sent by the client.
        device: as named by the client.
        address: the client's address; None if a session sends the code. The codes that its account gets bound
            the guesses of a session, and a stranger's guesses must not use them up (ADR 25).
        recognise: called if the address has no guesses left. The codes that its number and its reserve get
            bound the guesses of a known device.

    Raises:
        TooManyAttempts: from this address, over all challenges.
        ChallengeExpired: no attempts left, too old, or no such challenge for this purpose and holder.
        WrongCode: has the number of attempts that are left.
    """
    maximum = settings().code_attempts
    try:
        challenge = store.count_attempt(ref, maximum)
    except store.NoAttemptsLeft:
        if address:
            limits.UNKNOWN.hit(address.block)
        raise ChallengeExpired from None
    right = hmac.compare_digest(code(challenge), guess)
    right = right and (device is None or _is_requester(challenge, device)) and challenge.has_code
    if address:
        count = limits.GUESSES.check if right else limits.GUESSES.hit
        _count_guess(challenge, partial(count, address.block), recognise)
    if not right:
        raise WrongCode(attempts_left=maximum - challenge.attempts)
    metrics.count(Metric.CODE_RIGHT, of=challenge.purpose)
    return challenge


def _count_guess(challenge: Challenge, count: Callable[[], object], recognise: Recognise | None) -> None:
    """Count a guess for its address before its outcome is known, or uncount the attempt."""
    try:
        try:
            count()
        except TooManyAttempts:
            if recognise is None or recognise(challenge) is None:
                raise
    except (TooManyAttempts, Unavailable):
        uncount_attempt(challenge)
        raise


def use_write(challenge: Challenge, opened: Opened | None) -> Write:
    """The write that marks a code as used, for the transaction of what the code opens.

    Validity and attempts start again, for the two minutes in which the same code gets the same response: a
    client that used the code in its last second may repeat it too.
    """
    now = clock.now()
    return store.use_write(challenge.ref, opened, used_at=now, code_until=now + settings().verify_repeat)


@contextmanager
def costing_an_attempt(challenge: Challenge) -> Iterator[None]:
    """Announce what a right code changes: an attempt without a text message is not counted.

    One with a text message is, even in doubt, since nothing else limits the messages.

    Raises:
        Unavailable: SNS did not accept the text message, or may not have; the client sends the code again.
    """
    try:
        yield
    except TextUnavailable:
        uncount_attempt(challenge)
        raise Unavailable from None
    except TextInDoubt:
        raise Unavailable from None


def count_verified(challenge: Challenge) -> None:
    """Count a code as verified in the limits; the caller does so once per code, after its use."""
    limits.count_verified(challenge)


def _send(challenge: Challenge, destination: str) -> None:
    # A failure would disclose to a stranger that the account has a mailbox; a metric counts it.
    hidden = (EmailUnavailable, InvalidEmail) if challenge.purpose is ChallengePurpose.LET_IN else ()
    with suppress(*hidden):
        if destination and challenge.channel is CodeChannel.SMS:
            text_code(destination, code(challenge), challenge.locale)
        elif destination:
            mail_code(destination, code(challenge), challenge.locale)
        else:
            return
    metrics.count(Metric.CODE_SENT, of=challenge.purpose)


def code(challenge: Challenge) -> str:
    """The six digits of a challenge.

    They depend on the creation time, so a challenge that gets the same id a day later, by the same
    Idempotency-Key, has another code. They depend on the purpose, so the same id has another code for another
    purpose.
    """
    born = clock.to_text(challenge.created_at)
    digest = _digest(challenge.key_version, "code", challenge.purpose, challenge.challenge_id, born)
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def _is_requester(challenge: Challenge, device: UUID) -> bool:
    """Return whether this device requested the code; a used challenge has only its digest."""
    digest = _device_digest(challenge.key_version, challenge.challenge_id, device)
    return hmac.compare_digest(digest, challenge.device_digest or "")


def _device_digest(version: str, challenge_id: ChallengeId, device: UUID) -> str:
    return _digest(version, "device", challenge_id, str(device)).hex()


def _digest(version: str, *parts: str) -> bytes:
    """A digest under the version of the codes key with which a challenge was created.

    Raises:
        ChallengeExpired: that version was removed from the vault, so the code is no longer known.
    """
    keys = keyring.mac_keys(Secret.CODES)
    if version not in keys.versions:
        raise ChallengeExpired
    return keys.digest_under(version, *parts)


def _sent_before(earlier: Challenge, asked: CodeRequest) -> Challenge:
    """The challenge that the same request created before.

    Raises:
        IdempotencyMismatch: the earlier request had another body.
        InProgress: the code is not sent yet.
    """
    if asked.body:
        idempotency.check(earlier.fingerprint or "", asked.body)
    if not earlier.was_sent:
        raise InProgress
    return earlier


def _new(asked: CodeRequest, key: IdempotencyKey | None) -> Challenge:
    now, challenge_id = clock.now(), _id(asked, key)
    version = keyring.mac_keys(Secret.CODES).current
    return Challenge(
        challenge_id=challenge_id,
        purpose=asked.purpose,
        holder=asked.holder,
        channel=asked.channel,
        phone=asked.destination if asked.reach or asked.channel is CodeChannel.SMS else None,
        email=None if asked.reach or asked.channel is CodeChannel.SMS else asked.destination,
        device=asked.device,
        locale=asked.locale,
        fingerprint=idempotency.fingerprint(asked.body) if key and asked.body else None,
        key_version=version,
        device_digest=_device_digest(version, challenge_id, asked.device.device_id) if asked.device else None,
        created_at=now,
        address_group=budgets.address_group(asked.address, now) if asked.address else None,
        code_until=now + settings().code_life,
        resend_after=now + (settings().code_life if asked.hides_refusals else MINUTE),
        recovers=asked.account if asked.purpose is ChallengePurpose.RECOVERY else None,
        proven_by=asked.proven_by,
    )


def _id(asked: CodeRequest, key: IdempotencyKey | None) -> ChallengeId:
    """The id of the challenge: the same for the same Idempotency-Key, random without one."""
    return key.id_for(ChallengeId, asked.scope) if key else ChallengeId.new()


def _too_early(challenge: Challenge) -> TooManyCodes:
    wait = int((challenge.resend_after - clock.now()).total_seconds())
    metrics.count(Metric.CODE_NOT_SENT)
    return TooManyCodes(limit=LimitName.RESEND, retry_after=max(wait, 1))
