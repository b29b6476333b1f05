"""The titles and paths of the pages of rights; forms need them without the clauses."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.rights.request.terms import Right

# The titles of the pages: phrases.
TITLES: Mapping[Right, str] = {
    Right.ACCESS: "Get a copy of your data",
    Right.PORTABILITY: "Take your data to another service",
    Right.RECTIFICATION: "Correct your data",
    Right.ERASURE: "Delete my account",
    Right.RESTRICTION: "Restrict the use of your data",
    Right.OBJECTION: "Object to the use of your data",
    Right.MARKETING_OBJECTION: "Stop marketing",
    Right.CONSENT_WITHDRAWAL: "Withdraw a consent",
}


def path_of(right: Right) -> str:
    """The path of the page of a right. Both app stores have that of an erasure."""
    return "/privacy/delete" if right is Right.ERASURE else f"/privacy/rights/{right}"
