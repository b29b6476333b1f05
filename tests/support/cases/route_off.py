"""A country that gets no codes by text, and sign-in by mail there (ADR 78)."""

from __future__ import annotations

from typing import Any

from tests.support.world.builders import a_device
from tests.support.world.limits import configure
from tests.support.world.world import Reply, User

MAILBOX = "mila@test.example"
DEVICE = a_device()


def turn_off(countries: str = "RS") -> None:
    """Send no codes by text to numbers of some countries."""
    configure(SMS_ROUTES_OFF=countries)


def mailed(user: User, device: dict[str, Any] = DEVICE, **more: Any) -> tuple[Reply, int]:
    """Request a code; returns the answer, and how many mails were sent."""
    before = len(user.world.mails_to(MAILBOX))
    asked = user.world.asks_for_a_code(user.phone, device, **more)
    return asked, len(user.world.mails_to(MAILBOX)) - before


def shows_code(user: User, asked: Reply, **answer: Any) -> Reply:
    """Submit the code of the last mail."""
    return user.world.verifies(asked.json["challenge_id"], user.world.code_mailed_to(MAILBOX), **answer)


def signs_in(user: User, **answer: Any) -> Reply:
    """Sign in on the known device with the code from the mail."""
    asked, mails = mailed(user)
    assert (asked.status, mails) == (202, 1), asked.text
    return shows_code(user, asked, **answer)


def refresh(user: User, device: dict[str, Any] = DEVICE) -> None:
    """Refresh the session of a user, whose access token is valid for 15 minutes."""
    body = {"refresh_token": user.session["refresh_token"], "device_id": device["device_id"]}
    answer = user.world.call("POST", "/v1/sessions/refresh", body=body)
    assert answer.status == 200, answer.text
    user.session.update(answer.json)
