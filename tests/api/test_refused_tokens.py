"""Tests that refused access tokens are counted by their reason."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.accounts.sessions.verification import verify_token
from chalicelib.core import clock, metrics
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.settings import settings
from tests.support.clouds import environment
from tests.support.world.world import World


def a_token(key: Any = None, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    now = clock.to_epoch(clock.now())
    ids = {"sub": AccountId.new(), "sid": SessionId.new()}
    claims = {**ids, "iss": settings().issuer, "aud": settings().audience, "iat": now, "exp": now + 60}
    return environment.token_with(key, headers, **claims | changes)


def reason(header: str, capsys: pytest.CaptureFixture[str]) -> str | None:
    """Return the reason by which a refusal is counted; None for a token that is accepted."""
    metrics.forget()
    capsys.readouterr()
    accepted = verify_token(header)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    counted = [line["reason"] for line in lines if "TokenRefused" in line and "reason" in line]
    assert (accepted is None) == (len(counted) == 1)
    return counted[0] if counted else None


def test_refused_token_is_counted_by_its_reason(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    past = clock.to_epoch(clock.now() - timedelta(hours=1))
    headers = {
        None: f"Bearer {a_token()}",
        "no_token": "Basic abc",
        "malformed": "Bearer abc",
        "unknown_key": f"Bearer {a_token(headers={'kid': 'elsewhere'})}",
        "bad_signature": f"Bearer {a_token(other)}",
        "expired": f"Bearer {a_token(exp=past)}",
        "wrong_claims": f"Bearer {a_token(aud='another-app')}",
    }
    assert reason(f"bearer  {a_token()} ", capsys) is None  # RFC 7235: the scheme in any case
    for audience in ([settings().audience], f"{settings().audience}2", settings().audience[:-1]):
        assert reason(f"Bearer {a_token(aud=audience)}", capsys) == "wrong_claims"
    assert {expected: reason(header, capsys) for expected, header in headers.items()} == {
        expected: expected for expected in headers
    }
