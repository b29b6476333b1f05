"""A challenge is bound to one purpose, one session and one code (ADR 3)."""

from dataclasses import replace

import pytest

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges import store
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    CodeChannel,
    CodeRequest,
)
from chalicelib.core.errors import Problem
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import ChallengeId, SessionId
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.world import World

ADDRESS = ClientAddress("203.0.113.7")


def a_challenge() -> Challenge:
    """Send a code for a challenge."""
    session = SessionId.new()
    asked = CodeRequest(
        purpose=ChallengePurpose.STEP_UP,
        channel=CodeChannel.SMS,
        destination=a_phone(),
        locale=None,
        scope=session,
        holder=session,
    )
    return challenges.start(asked, key=None)


def other_refs(ref: ChallengeRef) -> list[ChallengeRef]:
    """Return the same id for another purpose, in another session and in none, and an unknown id."""
    return [
        replace(ref, purpose=ChallengePurpose.SIGNUP),
        replace(ref, purpose=ChallengePurpose.SIGNUP, holder=None),
        replace(ref, holder=SessionId.new()),
        replace(ref, holder=None),
        replace(ref, challenge_id=ChallengeId.new()),
    ]


def refusal(ref: ChallengeRef, code: str) -> tuple[type[Problem], dict[str, int]]:
    """Return the error of a submitted code, and the calls to AWS that it costs."""
    with cloud.counted() as calls, pytest.raises(Problem) as refused:
        challenges.check_code(ref, code, None, ADDRESS)
    return refused.type, dict(calls)


@pytest.mark.promise("ACC-2")
def test_challenge_of_another_purpose_or_session_is_treated_as_unknown(world: World) -> None:
    challenge = a_challenge()
    code = challenges.code(challenge)
    for ref in other_refs(challenge.ref):
        assert store.get(ref) is None
        assert refusal(ref, code) == (ChallengeExpired, {"dynamodb.UpdateItem": 2})
        with pytest.raises(ChallengeExpired):
            challenges.resend(ref)
    assert challenges.check_code(challenge.ref, code, None, ADDRESS).attempts == 1


@pytest.mark.promise("ACC-2")
def test_challenge_has_another_code_for_another_purpose(world: World) -> None:
    made = [a_challenge() for _ in range(3)]
    for_signup = [challenge.model_copy(update={"purpose": ChallengePurpose.SIGNUP}) for challenge in made]
    assert [challenges.code(challenge) for challenge in made] != [
        challenges.code(challenge) for challenge in for_signup
    ]
