"""Gates: what keeps a job that deletes from acting by mistake.

A run under a configuration that was not tried only counts. If it finds no more than a run may change, the
next run acts. A run that finds more, and one that meets other things outside than the runs before (another
app at Stream, restored tables), blocks the job until an operator has looked and releases it. The run after a
release only counts.

The state of the job is a record with the fields `tried` and `blocked`, and one for each thing that the job is
bound to.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Protocol

from chalicelib.core.canonical import canonical


class BlockedReason(StrEnum):
    """Why an operator has to look before the job goes on."""

    OTHER_TABLES = "other_tables"  # the tables of accounts are restored ones
    OTHER_APP = "other_app"  # the key of the app at Stream differs from that of the last runs
    TOO_MANY_FOUND = "too_many_found"


class Permission(Enum):
    """What a run may do."""

    ACT = auto()
    COUNT = auto()
    NOTHING = auto()


class GateState(Protocol):
    """What the state of a job has for its gate."""

    @property
    def tried(self) -> str:
        """The hash of the configuration that a run tried by counting; empty if none did."""

    @property
    def blocked(self) -> BlockedReason | None:
        """What blocked the job."""


@dataclass(frozen=True)
class Bond:
    """A thing outside that must stay the same between runs: its value now, and why another one blocks."""

    value: str
    reason: BlockedReason


@dataclass(frozen=True)
class Gate:
    """The gate of a job.

    Attributes:
        settings: those on which the outcome of a run depends.
        bonds: what the job is bound to, by the field of its state; an empty field is not bound yet.
    """

    settings: tuple[object, ...]
    bonds: Mapping[str, Bond]

    def permission(self, state: GateState) -> Permission:
        """What a run may do in a state."""
        if self.blocked(state):
            return Permission.NOTHING
        return Permission.ACT if state.tried == self._configuration() else Permission.COUNT

    def blocked(self, state: GateState) -> BlockedReason | None:
        """What blocks the job."""
        if state.blocked:
            return state.blocked
        changed = (bond for name, bond in self.bonds.items() if getattr(state, name) not in {"", bond.value})
        return next((bond.reason for bond in changed), None)

    def after_counting(self) -> dict[str, object]:
        """How the state changes after a complete dry run that found no more than a run may change."""
        return self._bound(self._configuration())

    def released(self) -> dict[str, object]:
        """How the state changes when an operator releases the job: the next run only counts."""
        return self._bound("") | {"blocked": None}

    def _bound(self, tried: str) -> dict[str, object]:
        return {**{name: bond.value for name, bond in self.bonds.items()}, "tried": tried}

    def _configuration(self) -> str:
        return hashlib.sha256(canonical(list(self.settings)).encode()).hexdigest()[:16]
