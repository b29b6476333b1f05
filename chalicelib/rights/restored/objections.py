"""The objections to direct marketing that came after a backup, from the requests that the Ledger names."""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core import chain
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.rights.request import evidence, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right


def marketing_objections_since(since: datetime) -> dict[AccountId, datetime]:
    """The accounts that objected since an instant, with the instant of the newest objection.

    Raises:
        Unavailable: a table does not answer.
    """
    found: dict[AccountId, datetime] = {}
    for request in _requests_since(since):
        if request.right is Right.MARKETING_OBJECTION and request.decided_at:
            known = found.get(request.account_id, request.decided_at)
            found[request.account_id] = max(known, request.decided_at)
    return found


def objected_to_marketing(account_id: AccountId) -> bool:
    """Return whether an account has a request that objects to direct marketing."""
    return any(request.right is Right.MARKETING_OBJECTION for request in store.all_of(account_id))


def _requests_since(since: datetime) -> Iterator[RightsRequest]:
    touched = chain.chains_touched_since(since, evidence.CHAIN)
    for names in batched(touched, store.MAX_READ):
        ids = filter(None, (RightsRequestId.parse(one.pseudonym) for one in names))
        yield from store.read_several(list(ids))[0]
