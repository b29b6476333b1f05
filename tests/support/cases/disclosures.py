"""Disclosures: what an operator proposes, and those that two operators approved."""

from __future__ import annotations

from typing import Any

from chalicelib.core import chain
from chalicelib.core.ids import DisclosureId
from chalicelib.staff.disclosures.store import DISCLOSURES
from tests.support.world.operators import Operator
from tests.support.world.world import User


def an_order(user_id: str, **changes: Any) -> dict[str, Any]:
    """Return a proposal for the request of an authority; None leaves a field out."""
    body = {
        "user_id": user_id,
        "ground": "court_order",
        "recipient": "Higher Court in Belgrade",
        "reference": "K 17/2026 of 2 November 2026",
        "scope": ["session", "security_event"],
        "extract": "Sign-ins of 1 to 3 November 2026",
        "reason": "The order is signed, names the account, and is within the powers of the court.",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def a_danger(user_id: str, **changes: Any) -> dict[str, Any]:
    """Return a proposal for a voluntary disclosure."""
    danger = {"ground": "danger_to_people", "reference": None, "reason": "A threat to a life weighs more."}
    return an_order(user_id, **{**danger, **changes})


def a_sale(user_id: str, notice: str | None, **changes: Any) -> dict[str, Any]:
    """Return a proposal for a disclosure because of a sale."""
    sale = {"ground": "merger_or_sale", "reference": None, "notice": notice, "scope": ["account"]}
    return an_order(user_id, **{**sale, **changes})


def an_approved_order(alice: Operator, bob: Operator, user: User, **changes: Any) -> str:
    """Return the id of a disclosure that alice proposed and bob approved."""
    disclosure_id = str(alice.proposes_disclosure(an_order(user.user_id, **changes)).json["id"])
    assert bob.approves_disclosure(disclosure_id).status == 200
    return disclosure_id


def evidence_of(disclosure_id: str) -> list[tuple[str, Any]]:
    """Return event and data of each entry of a disclosure's history."""
    return [
        (entry.event, entry.data)
        for entry in chain.entries(DISCLOSURES.history_of(DisclosureId(disclosure_id)))
    ]
