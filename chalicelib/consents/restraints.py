"""The sum of a subject's restrictions and objections: places one, or ends one and leaves the others.

`privacy/purposes.permits` reads `objections`, `restrictions` and `wholly_restricted`. Only this module
changes them for a request. They are computed from all restraints in force, so ending one restores exactly
what was there without it.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from chalicelib.consents.model import Purposes
from chalicelib.core.ids import RightsRequestId
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.restraint import Restraint, RestraintKind

_OBJECTING = frozenset({RestraintKind.OBJECTION})
_RESTRICTING = frozenset({RestraintKind.RESTRICTION, RestraintKind.CONTEST})


def with_restraint(before: Purposes, request_id: RightsRequestId, restraint: Restraint) -> Purposes:
    """The decisions with a restraint, instead of the one that the request caused before, if any."""
    return _summed(before, {**before.restraints, request_id: restraint})


def without_restraint(before: Purposes, request_id: RightsRequestId) -> Purposes:
    """The decisions without the restraint of a request; unchanged if there is none."""
    if request_id not in before.restraints:
        return before
    return _summed(before, {known: one for known, one in before.restraints.items() if known != request_id})


def _summed(before: Purposes, restraints: Mapping[RightsRequestId, Restraint]) -> Purposes:
    gone = before.restraints.values()
    by_no_request = before.wholly_restricted and not any(one.covers_all for one in gone)
    return before.model_copy(
        update={
            "restraints": dict(restraints),
            "objections": _stopped(before.objections, gone, restraints.values(), _OBJECTING),
            "restrictions": _stopped(before.restrictions, gone, restraints.values(), _RESTRICTING),
            "wholly_restricted": by_no_request or any(one.covers_all for one in restraints.values()),
            "version": before.version + 1,
        }
    )


def _stopped(
    known: Mapping[Purpose, datetime],
    before: Iterable[Restraint],
    after: Iterable[Restraint],
    kinds: AbstractSet[RestraintKind],
) -> dict[Purpose, datetime]:
    """The stopped purposes, each since its earliest restraint; those that no request caused stay."""
    caused = _since(before, kinds)
    others = {purpose: at for purpose, at in known.items() if purpose not in caused}
    return _since(after, kinds) | others


def _since(restraints: Iterable[Restraint], kinds: AbstractSet[RestraintKind]) -> dict[Purpose, datetime]:
    found: dict[Purpose, datetime] = {}
    for one in restraints:
        for purpose in one.stopped if one.kind in kinds else ():
            found[purpose] = min(one.since, found.get(purpose, one.since))
    return found
