"""PINs: setting one, and showing it on a device that the account does not know (ADR 104)."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts.secrets.model import ChosenSecret, SecretKind
from chalicelib.accounts.secrets.service import SECRETS
from chalicelib.core import needs
from chalicelib.core.ids import AccountId
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.world.builders import a_device
from tests.support.world.world import Reply, User, World

PIN, WRONG = "739154", "402817"


def sets_pin(user: User, pin: str = PIN) -> Reply:
    """Set a PIN from a stepped-up session."""
    return user.is_stepped_up().calls("PUT", "/v1/profile/pin", body={"pin": pin})


def with_pin(user: User) -> User:
    """Return the user with a PIN."""
    reply = sets_pin(user)
    assert reply.status == 204, reply.text
    return user


def shows(world: World, phone: str, device: dict[str, Any] | None = None, **answer: Any) -> Reply:
    """Sign in with a code to a number on a device, a new one unless it is given."""
    asked = world.asks_for_a_code(phone, device or a_device())
    assert asked.status == 202, asked.text
    return world.verifies(asked.json["challenge_id"], world.code_for(phone), **answer)


def pin_of(user: User) -> ChosenSecret | None:
    """Return the stored PIN of a user."""
    (row,) = needs.read_accounts([AccountId(user.account_id)], (SECRETS[SecretKind.PIN], DATA_KEY))
    return row[SECRETS[SecretKind.PIN]]


def tries_of(user: User) -> int:
    """Return how many tries were counted since the last right one."""
    secret = pin_of(user)
    assert secret
    return secret.tries
