"""Codes for unknown devices, sent straight to the budgets: thousands of them in seconds."""

from collections.abc import Callable
from functools import partial

from chalicelib.accounts.challenges import budgets
from chalicelib.accounts.challenges.model import Challenge, ChallengePurpose, CodeChannel, TooManyCodes
from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import ChallengeId


def a_challenge(phone: str) -> Challenge:
    """Return a challenge of an unknown device for a number, made now."""
    now = clock.now()
    return Challenge(
        challenge_id=ChallengeId.new(),
        purpose=ChallengePurpose.SIGNUP,
        channel=CodeChannel.SMS,
        phone=phone,
        key_version="1",
        created_at=now,
        code_until=now + 10 * MINUTE,
        resend_after=now + MINUTE,
    )


def send(phone: str) -> Challenge | None:
    """Count a text in both budgets as a sign-up does; None if one refuses it."""
    challenge = a_challenge(phone)
    undo: list[Callable[[], None]] = []
    for budget in budgets.of(challenge):
        try:
            place = budget.hit(challenge)
        except TooManyCodes:
            for uncount in undo:
                uncount()
            return None
        if place:
            undo.append(partial(budget.uncount, place))
    return challenge


def send_many(phone: str, texts: int) -> list[Challenge]:
    """Return the challenges of the codes that were not refused."""
    asked = (send(phone) for _ in range(texts))
    return [challenge for challenge in asked if challenge]


def verify(challenge: Challenge) -> None:
    """Count a challenge's code as verified."""
    for budget in budgets.of(challenge):
        budget.count_verified(challenge)
