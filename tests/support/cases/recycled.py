"""Sessions that wait, and how they are let in (ADR 68)."""

from __future__ import annotations

from typing import Any

from tests.support.world.world import Reply, User


def asks_to_be_let_in(user: User, **more: Any) -> Reply:
    return user.calls("POST", "/v1/sessions/opening", **more)


def shows_mailed_code(user: User, challenge_id: str, code: str) -> Reply:
    return user.calls("POST", f"/v1/sessions/opening/{challenge_id}/verify", body={"code": code})


def is_let_in_by(user: User, mailbox: str) -> User:
    """Let a waiting session in by a code to the account's mailbox; return the user with it."""
    asked = asks_to_be_let_in(user)
    assert asked.status == 202, asked.text
    answer = shows_mailed_code(user, asked.json["challenge_id"], user.world.code_mailed_to(mailbox))
    assert answer.status == 200, answer.text
    user.verified |= answer.json
    return user
