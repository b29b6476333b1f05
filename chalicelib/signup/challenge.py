"""A challenge: its code, and sending it.

The code is derived from the challenge under a key of the vault, so nothing of it is stored, a resend
repeats it, and a table that leaks opens nothing. A try is counted before the comparison.
"""

import hmac
from datetime import timedelta
from uuid import UUID

from chalicelib.core import clock, idempotency, keyring, metrics
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import InProgress
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.core.limiter import Limiter, Window
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import Secret, settings
from chalicelib.signup import sms, store
from chalicelib.signup.model import (
    Challenge,
    ChallengeExpired,
    NewSignup,
    SmsUnavailable,
    TooManyAttempts,
    TooManyCodes,
    WrongCode,
)

PER_NUMBER = Limiter(
    "codes_per_number",
    (
        Window(30 * MINUTE, lambda: settings().limits.codes_per_number_short),
        Window(DAY, lambda: settings().limits.codes_per_number_day),
    ),
    TooManyCodes,
)
PER_ADDRESS = Limiter(
    "codes_per_address",
    (Window(5 * MINUTE, lambda: settings().limits.codes_per_address),),
    TooManyCodes,
)
GUESSES = Limiter(
    "attempts_per_address",
    (Window(10 * MINUTE, lambda: settings().limits.attempts_per_address),),
    TooManyAttempts,
)

# No request lives longer than the gateway's 29 s: after that an unsent challenge was left by a crash.
_GIVEN_UP = timedelta(seconds=30)
# After waits of 1, 2 and 4 minutes: the last sending is at 7 of the code's 10 minutes.
_MOST_RESENDS = 3


def start(signup: NewSignup, phone: str, address: ClientAddress, key: IdempotencyKey | None) -> Challenge:
    """Send a code to a number, or find the challenge that the same request made before.

    Raises:
        TooManyCodes: for this number or from this address.
        SmsUnavailable: the carrier did not take it; the same request may be sent again at once.
        IdempotencyMismatch: the key was used with another body.
        InProgress: the same request is being served right now.
    """
    earlier = _earlier(signup, key)
    if earlier and earlier.was_sent:
        return earlier
    PER_ADDRESS.hit(address.block)  # first: a blocked address must not eat up a stranger's number
    PER_NUMBER.hit(phone)
    challenge = _new(signup, phone, key)
    try:
        _take(challenge, earlier)
        sms.send_code(phone, code(challenge), challenge.locale)
    except InProgress:
        PER_NUMBER.give_back(phone)
        raise
    except SmsUnavailable:
        PER_NUMBER.give_back(phone)  # the address's hit stays: it bounds our work, not what is sent
        store.give_up(challenge)
        raise
    store.mark_sent(challenge.challenge_id, clock.now())
    return challenge


def resend(challenge_id: ChallengeId) -> Challenge:
    """Send the same code again: after 60 seconds, then after 2 and 4 minutes more.

    Raises:
        ChallengeExpired: used, too old, or sent often enough.
        TooManyCodes: too early, or too many for this number.
        SmsUnavailable: the carrier did not take it; may be asked again at once.
    """
    challenge = store.get(challenge_id)
    now = clock.now()
    if challenge is None or challenge.phone is None or challenge.code_until <= now:
        raise ChallengeExpired
    if challenge.resends >= _MOST_RESENDS:
        raise ChallengeExpired
    if challenge.resend_after > now:
        raise _too_early(challenge)
    PER_NUMBER.hit(challenge.phone)
    try:
        sent = store.count_resend(challenge, now + MINUTE * 2 ** (challenge.resends + 1))
        sms.send_code(challenge.phone, code(challenge), challenge.locale)
    except store.TooEarly:
        PER_NUMBER.give_back(challenge.phone)
        raise _too_early(challenge) from None
    except SmsUnavailable:
        PER_NUMBER.give_back(challenge.phone)
        store.allow_resend(challenge_id)
        raise
    return sent


def try_code(challenge_id: ChallengeId, guess: str, device: UUID | None, address: ClientAddress) -> Challenge:
    """Compare a guess with the code, and the device with the one that asked for it, if it is given.

    Only what was wrong counts towards the address's guesses in the end: many people sign up from
    behind one address of a mobile carrier.

    Raises:
        TooManyAttempts: from this address, whatever the challenges.
        ChallengeExpired: no tries left, too old, or no such challenge.
        WrongCode: with the tries that are left.
    """
    GUESSES.hit(address.block)
    most = settings().code_attempts
    try:
        challenge = store.count_attempt(challenge_id, most)
    except store.NoTriesLeft:
        raise ChallengeExpired from None
    right = hmac.compare_digest(code(challenge), guess)
    if not right or (device and not _asked_for(challenge, device)):
        raise WrongCode(attempts_left=most - challenge.attempts)
    GUESSES.give_back(address.block)
    return challenge


def code(challenge: Challenge) -> str:
    """The six digits of a challenge.

    The instant is part of it, so an id that a client makes twice with one Idempotency-Key, a day
    apart, does not bring an old code back.
    """
    born = clock.to_text(challenge.created_at)
    digest = _digest(challenge.key_version, "code", challenge.challenge_id, born)
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def _asked_for(challenge: Challenge, device: UUID) -> bool:
    """Whether this device asked for the code; the device itself is gone once the code is used."""
    digest = _device_digest(challenge.key_version, challenge.challenge_id, device)
    return hmac.compare_digest(digest, challenge.device_digest)


def _device_digest(version: str, challenge_id: ChallengeId, device: UUID) -> str:
    return _digest(version, "device", challenge_id, str(device)).hex()


def _digest(version: str, *parts: str) -> bytes:
    """A digest under the version of the codes key that a challenge was made with.

    Raises:
        ChallengeExpired: that version was taken out of the vault: nobody can tell a right code any more.
    """
    keys = keyring.mac_keys(Secret.CODES)
    if version not in keys.versions:
        raise ChallengeExpired
    return keys.digest_under(version, *parts)


def _earlier(signup: NewSignup, key: IdempotencyKey | None) -> Challenge | None:
    """What the same request made before, if it named itself."""
    found = store.get(key.id_for(ChallengeId, str(signup.device.id))) if key else None
    if found is None:
        return None
    idempotency.check(found.fingerprint or "", signup)
    gives_up = min(found.created_at + _GIVEN_UP, found.code_until)
    if not found.was_sent and clock.now() < gives_up:
        raise InProgress
    return found


def _take(challenge: Challenge, earlier: Challenge | None) -> None:
    """Make the challenge this request's own before anything is sent.

    Raises:
        InProgress: a twin of this request got here first.
    """
    try:
        if earlier:
            store.take_over(earlier, challenge)
        else:
            store.create(challenge)
    except (store.AskedBefore, store.TakenOver):
        raise InProgress from None


def _new(signup: NewSignup, phone: str, key: IdempotencyKey | None) -> Challenge:
    now = clock.now()
    challenge_id = key.id_for(ChallengeId, str(signup.device.id)) if key else ChallengeId.new()
    version = keyring.mac_keys(Secret.CODES).current
    return Challenge(
        challenge_id=challenge_id,
        phone=phone,
        device=signup.device,
        locale=signup.locale,
        fingerprint=idempotency.fingerprint(signup) if key else None,
        key_version=version,
        device_digest=_device_digest(version, challenge_id, signup.device.id),
        created_at=now,
        code_until=now + settings().code_life,
        resend_after=now + MINUTE,
    )


def _too_early(challenge: Challenge) -> TooManyCodes:
    wait = int((challenge.resend_after - clock.now()).total_seconds())
    metrics.count(Metric.CODE_NOT_SENT)
    return TooManyCodes(limit="resend", retry_after=max(wait, 1))
