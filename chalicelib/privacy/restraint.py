"""Restraint: one restriction or objection of a subject, in force by one request (Art. 18 and 21 GDPR).

A subject may have several at a time, and each ends alone. What is stopped is the sum of those in force
(`consents/restraints`).
"""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from chalicelib.core.clock import Instant
from chalicelib.privacy.purposes import OUTLASTS_RESTRICTION, Purpose

# The letters of Art. 18(1) GDPR: (a) accuracy is contested, (b) the processing is unlawful and the subject
# opposes erasure, (c) the subject needs the data for a claim, (d) an objection is being weighed.
Ground = Literal["a", "b", "c", "d"]
# The subject needs the data itself, so none of it is deleted while the restriction lasts.
_PRESERVING: frozenset[Ground] = frozenset({"b", "c"})


class RestraintKind(StrEnum):
    """The kinds of restraints. CONTEST restricts what contested data is used for, while it is verified."""

    RESTRICTION = "restriction"
    OBJECTION = "objection"
    CONTEST = "contest"


class Restraint(BaseModel, frozen=True, extra="forbid"):
    """A restriction or objection in force.

    Attributes:
        since: when it took effect.
        purposes: those that it names; a restriction without any covers all use but storage.
        ground: of a restriction.
        upheld: whether a decision stops the purposes whose processing goes on while they are weighed.
    """

    kind: RestraintKind
    since: Instant
    purposes: tuple[Purpose, ...] = ()
    ground: Ground | None = None
    upheld: bool = False

    @property
    def covers_all(self) -> bool:
        """Whether every use but storage stops."""
        return self.kind is RestraintKind.RESTRICTION and not self.purposes

    @property
    def preserves(self) -> bool:
        """Whether deletion stops too."""
        return self.ground in _PRESERVING

    @property
    def weighed(self) -> tuple[Purpose, ...]:
        """The purposes of an objection whose processing goes on while it is weighed (Art. 18(2) GDPR)."""
        if self.kind is not RestraintKind.OBJECTION or self.upheld:
            return ()
        return tuple(purpose for purpose in self.purposes if purpose in OUTLASTS_RESTRICTION)

    @property
    def stopped(self) -> tuple[Purpose, ...]:
        """The purposes that it stops now."""
        return tuple(purpose for purpose in self.purposes if purpose not in self.weighed)
