"""An account with username and password, and logins from devices (ADR 106)."""

from __future__ import annotations

from typing import Any

import jwt

from chalicelib.core import clock
from tests.support.clouds import cloud
from tests.support.world.builders import a_device
from tests.support.world.world import Reply, User, World

NAME, PASSWORD, MAILBOX, PHONE = "mila.petrovic", "sedam vidri pliva", "mila@test.example", "+381601119998"
DEVICE = a_device()


def mila_with_password(world: World) -> User:
    """Return a user with a mailbox, a device that the tests know, a username and a password."""
    user = world.a_user(PHONE, DEVICE)
    user.has_email(MAILBOX)
    assert sets_password(user).status == 204
    return user


def sets_password(user: User, password: str = PASSWORD, **more: Any) -> Reply:
    """Set username and password in a stepped-up session; username=None leaves the name out."""
    body = {"username": NAME, "password": password, **more}
    sent = {name: value for name, value in body.items() if value is not None}
    return stepped_up(user).calls("PUT", "/v1/profile/password", body=sent)


def removes_password(user: User) -> Reply:
    """Remove both in a stepped-up session."""
    return stepped_up(user).calls("DELETE", "/v1/profile/password")


def stepped_up(user: User) -> User:
    """Return a user whose token is stepped up: an account gets few codes a day."""
    claims = jwt.decode(user.session["access_token"], options={"verify_signature": False})
    return user if claims.get("su", 0) > clock.to_epoch(user.world.now) else user.is_stepped_up()


def logs_in(
    world: World, device: dict[str, Any] = DEVICE, name: str = NAME, password: str = PASSWORD, **more: Any
) -> Reply:
    """Log in on a device, the one that the account knows if no other is named."""
    body = {"username": name, "password": password, "device": device}
    return world.call("POST", "/v1/login", body=body, **more)


def shape(reply: Reply) -> tuple[int, dict[str, Any]]:
    """Return what two answers have in common if they disclose nothing."""
    return reply.status, {**reply.json, "challenge_id": ""}


def tries(user: User) -> int:
    """Return how many tries the password has counted."""
    (item,) = [one for one in cloud.records("chosen_secret") if user.account_id in one["pk"]["S"]]
    return int(item["tries"]["N"])
