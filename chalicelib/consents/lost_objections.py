"""Applies objections to direct marketing again that a restored table has not (RGT-6, ADR 32).

Their evidence is that of their requests, so no entry is written. A consent that was given after the objection
prevails. The withdrawal that came with an objection is applied by `lost_withdrawals`; until then the
objection itself forbids the use.
"""

from datetime import datetime

from chalicelib.consents.model import Purposes, none_decided
from chalicelib.consents.store import keep
from chalicelib.core.ids import AccountId
from chalicelib.messages.suppressions.model import DIRECT_MARKETING

__all__ = ["keep", "with_objection"]


def with_objection(account_id: AccountId, before: Purposes | None, at: datetime) -> Purposes | None:
    """The decisions of an account after an objection; None if they have it, or a later consent."""
    known = before or none_decided(account_id)
    lost = {
        purpose: at
        for purpose in DIRECT_MARKETING
        if purpose not in known.objections
        and not (purpose in known.in_force and known.in_force[purpose].since > at)
    }
    if not lost:
        return None
    changes = {"objections": known.objections | lost, "version": known.version + 1}
    return known.model_copy(update=changes)
