"""What keeps the job from acting: another run, a new configuration, another app at Stream, too many findings.

A run under a configuration that was not tried only counts. If it finds no more than `found_run` users, the
next run acts. A run that finds more, and one that meets another app at Stream, blocks the job until an
operator has looked and releases it. An app that is not the stage's would have none of the erased users, so
all checks would pass.
"""

import hashlib
from enum import Enum, auto

from chalicelib.core.canonical import canonical
from chalicelib.core.settings import settings
from chalicelib.reconciliation.model import BlockedReason, ReconciliationState


class Permission(Enum):
    """What a run may do."""

    REPAIR = auto()
    COUNT = auto()
    NOTHING = auto()


def permission(state: ReconciliationState) -> Permission:
    """What a run may do in a state."""
    if blocked(state):
        return Permission.NOTHING
    return Permission.REPAIR if state.tried == _configuration() else Permission.COUNT


def blocked(state: ReconciliationState) -> BlockedReason | None:
    """What blocks the job."""
    if state.blocked is None and state.app not in {"", settings().stream_api_key}:
        return BlockedReason.OTHER_APP
    return state.blocked


def after_counting(found: int) -> dict[str, object]:
    """How the state changes after a complete dry run."""
    changes: dict[str, object] = {"app": settings().stream_api_key, "tried": _configuration()}
    return changes | ({"blocked": BlockedReason.TOO_MANY_FOUND} if too_many(found) else {})


def released() -> dict[str, object]:
    """How the state changes when an operator releases the job: the next run only counts."""
    return {"app": settings().stream_api_key, "tried": "", "blocked": None}


def too_many(found: int) -> bool:
    """Return whether so many users found in one run need an operator."""
    return found > settings().reconciliation.found_run


def _configuration() -> str:
    """A hash of the settings on which the outcome of a run depends."""
    now = settings()
    said = [now.stream_api_key, now.stream_url, now.stream_erasure.value, now.reconciliation.found_run]
    return hashlib.sha256(canonical(said).encode()).hexdigest()[:16]
