"""What keeps the job from acting: a new configuration, another app, restored tables, too many findings.

A run under a configuration that was not tried only counts. If it finds no more than `found_run` users, the
next run acts. A run that finds more, and one that meets another app at Stream, blocks the job until an
operator has looked and releases it. An app that is not the stage's would have none of the erased users, so
all checks would pass. Restored tables may lack accounts, or have accounts that were erased, until the replay
has ended.
"""

import hashlib
from enum import Enum, auto

from chalicelib.core.canonical import canonical
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
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
    if state.blocked:
        return state.blocked
    if state.app not in {"", settings().stream_api_key}:
        return BlockedReason.OTHER_APP
    return BlockedReason.OTHER_TABLES if state.tables not in {"", _tables()} else None


def after_counting() -> dict[str, object]:
    """How the state changes after a complete dry run that found no more than a run may change."""
    return _bound(_configuration())


def released() -> dict[str, object]:
    """How the state changes when an operator releases the job: the next run only counts."""
    return _bound("") | {"blocked": None}


def too_many(found: int) -> bool:
    """Return whether so many users found in one run need an operator."""
    return found > settings().reconciliation.found_run


def _bound(tried: str) -> dict[str, object]:
    return {"app": settings().stream_api_key, "tables": _tables(), "tried": tried}


def _tables() -> str:
    return " ".join(settings().table(one) for one in (Table.ACCOUNTS, Table.CLAIMS))


def _configuration() -> str:
    """A hash of the settings on which the outcome of a run depends."""
    now = settings()
    said = [now.stream_api_key, now.stream_url, now.stream_erasure.value, now.reconciliation.found_run]
    return hashlib.sha256(canonical(said).encode()).hexdigest()[:16]
