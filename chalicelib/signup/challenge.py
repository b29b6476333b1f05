"""A challenge: its code, and sending it.

The code is derived from the challenge under a key of the vault, so nothing of it is stored, a resend
repeats it, and a table that leaks opens nothing. A try is counted before the comparison.
"""

import hmac
from datetime import timedelta

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
_MOST_RESENDS = 4


def start(signup: NewSignup, phone: str, address: ClientAddress, key: IdempotencyKey | None) -> Challenge:
    """Send a code to a number, or find the challenge that the same request made before.

    Raises:
        TooManyCodes: for this number or from this address.
        SmsUnavailable: the carrier did not take it; the same request may be sent again.
        IdempotencyMismatch: the key was used with another body.
        InProgress: the same request is being served right now.
    """
    earlier = _earlier(signup, key)
    if earlier and earlier.sent_at:
        return earlier
    PER_ADDRESS.hit(address.block)  # first: a blocked address must not eat up a stranger's number
    PER_NUMBER.hit(phone)
    challenge = earlier or _new(signup, phone, key)
    if earlier is None:
        try:
            store.create(challenge)
        except store.AskedBefore:
            raise InProgress from None  # the twin of this request got here first
    sms.send_code(phone, code(challenge), challenge.locale)
    store.mark_sent(challenge.challenge_id, clock.now())
    return challenge


def resend(challenge_id: ChallengeId) -> Challenge:
    """Send the same code again: after 60 seconds, then 2, 4 and 8 minutes.

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
    except store.TooEarly:
        raise _too_early(challenge) from None
    try:
        sms.send_code(challenge.phone, code(challenge), challenge.locale)
    except sms.SmsUnavailable:
        store.allow_resend(challenge_id)
        raise
    return sent


def try_code(challenge_id: ChallengeId, guess: str, address: ClientAddress) -> Challenge:
    """Compare a guess with the code.

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
    if not hmac.compare_digest(code(challenge), guess):
        raise WrongCode(attempts_left=most - challenge.attempts)
    return challenge


def code(challenge: Challenge) -> str:
    """The six digits of a challenge.

    The instant is part of it, so an id that a client makes twice with one Idempotency-Key, a day
    apart, does not bring an old code back.
    """
    made = clock.to_text(challenge.created_at)
    digest = keyring.mac_keys(Secret.CODES).digest("code", challenge.challenge_id, made)
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def _earlier(signup: NewSignup, key: IdempotencyKey | None) -> Challenge | None:
    """What the same request made before, if it named itself."""
    found = store.get(key.id_for(ChallengeId, str(signup.device.id))) if key else None
    if found is None:
        return None
    idempotency.check(found.fingerprint or "", signup)
    if found.sent_at is None and found.created_at + _GIVEN_UP > clock.now():
        raise InProgress
    return found


def _new(signup: NewSignup, phone: str, key: IdempotencyKey | None) -> Challenge:
    now = clock.now()
    return Challenge(
        challenge_id=key.id_for(ChallengeId, str(signup.device.id)) if key else ChallengeId.new(),
        phone=phone,
        device=signup.device,
        locale=signup.locale,
        fingerprint=idempotency.fingerprint(signup) if key else None,
        created_at=now,
        code_until=now + settings().code_life,
        resend_after=now + MINUTE,
    )


def _too_early(challenge: Challenge) -> TooManyCodes:
    wait = int((challenge.resend_after - clock.now()).total_seconds())
    metrics.count(Metric.CODE_NOT_SENT)
    return TooManyCodes(limit="resend", retry_after=max(wait, 1))
