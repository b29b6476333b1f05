"""Recoveries: an owner without phone and number gets another number (ADR 104)."""

from __future__ import annotations

from typing import Any

from tests.support.cases.pins import PIN
from tests.support.world.world import Reply, World


def asks_for_recovery(world: World, mailbox: str) -> str:
    """Ask for a code at a mailbox; returns its challenge."""
    asked = world.call("POST", "/v1/recoveries", body={"email": mailbox})
    assert asked.status == 202, asked.text
    return str(asked.json["challenge_id"])


def proves_recovery(world: World, mailbox: str, phone: str, **secret: Any) -> Reply:
    """Send a new code of the mailbox back with a secret, the PIN unless another one is given."""
    return sends_proof(world, asks_for_recovery(world, mailbox), mailbox, phone, **secret)


def sends_proof(world: World, challenge: str, mailbox: str, phone: str, **secret: Any) -> Reply:
    """Send the last code of the mailbox back with a secret."""
    body = {"code": world.code_mailed_to(mailbox), "phone": phone, **(secret or {"pin": PIN})}
    return world.call("POST", f"/v1/recoveries/{challenge}/proof", body=body)


def gives_number_code(world: World, challenge: str, phone: str) -> Reply:
    """Send the last code of the new number back."""
    path = f"/v1/recoveries/{challenge}/verify"
    return world.call("POST", path, body={"code": world.code_for(phone)})


def recovers(world: World, mailbox: str, phone: str, **secret: Any) -> Reply:
    """Go through a whole recovery; returns its last answer."""
    proven = proves_recovery(world, mailbox, phone, **secret)
    assert proven.status == 202, proven.text
    return gives_number_code(world, proven.json["challenge_id"], phone)
