"""Takes objections to bars of numbers (ADR 116).

Invariants:

- A person proves the number by its code, as at the sign-up that was refused. The attempt is not counted, so
  the code opens an account later.
- There is one objection to a bar: repeated, it returns the one that was made, answered or not.
"""

from chalicelib.accounts.bars import service as bars
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import ChallengeExpired, ChallengePurpose, ChallengeRef
from chalicelib.core import clock, keyring
from chalicelib.core.errors import existing
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import ChallengeId, NumberObjectionId
from chalicelib.core.settings import Secret
from chalicelib.core.transactions import commit
from chalicelib.privacy.cases import CaseChanged
from chalicelib.safety.numbers.model import (
    NewNumberObjection,
    NumberIsFree,
    NumberObjection,
    two_working_days_after,
)
from chalicelib.safety.numbers.store import OBJECTIONS


def file(challenge_id: ChallengeId, new: NewNumberObjection, address: ClientAddress) -> NumberObjection:
    """Store the objection of a person who proves a number with which no account can be opened.

    Raises:
        NumberIsFree: an account can be opened with it.
        WrongCode, ChallengeExpired, TooManyAttempts: as for a sign-up.
        Unavailable: a table does not answer.
    """
    ref = ChallengeRef(ChallengePurpose.SIGNUP, challenge_id)
    challenge = challenges.check_code(ref, new.code, new.device_id, address)
    challenges.uncount_attempt(challenge)
    phone = challenge.phone
    if phone is None or challenge.used_at or challenge.is_mail_for_text:
        raise ChallengeExpired
    barred_until = bars.barred_until(phone)
    if barred_until is None:
        raise NumberIsFree
    now = clock.now()
    mac = keyring.mac_keys(Secret.CODES).digest(_SCOPE, phone, clock.to_text(barred_until))
    decide_by = two_working_days_after(now)
    made = NumberObjection(
        number_objection_id=NumberObjectionId.from_digest(mac),
        phone=phone,
        locale=challenge.locale,
        ground=new.ground,
        text=new.text,
        received_at=now,
        decide_by=decide_by,
        kept_since=decide_by,
    )
    try:
        commit(*OBJECTIONS.creation(made, "received", None, {"ground": made.ground}))
    except CaseChanged:
        return existing(OBJECTIONS.read(made.number_objection_id))
    return made


_SCOPE = "number_objection"
