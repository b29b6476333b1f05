"""All DynamoDB access of the restore of requests: their guards, and which are missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.core import table
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.shards import Segment
from chalicelib.core.table import Attr, Create, Delete, Key, Replace, Scan, Table, owner_of
from chalicelib.privacy import codec
from chalicelib.rights.request.model import OpenRequest, RightsRequest
from chalicelib.rights.request.store import guard_key, key


@dataclass(frozen=True)
class StoredGuard:
    """A guard, and the request that it names."""

    account_id: AccountId
    place: Key
    request_id: RightsRequestId


def guards_in(segment: Segment) -> Iterator[list[StoredGuard]]:
    """The guards in a segment of the table, by page; for a command, since it scans."""
    for page in table.scan(Scan(Table.RIGHTS, OpenRequest.declaration.kind, segment=segment)):
        found = ((owner_of(item["pk"]), item) for item in page.items)
        yield [
            StoredGuard(
                owner, Key(Table.RIGHTS, item["pk"], item["sk"]), codec.opened(OpenRequest, item).request_id
            )
            for owner, item in found
            if owner
        ]


def delete_guard(guard: StoredGuard) -> None:
    """Delete a guard, if it still names the request."""
    table.try_write(Delete(guard.place, Attr("request_id").eq(guard.request_id)))


def put_guard(request: RightsRequest, instead_of: RightsRequestId | None) -> None:
    """Make a request the one that exercises its right, where none does or a closed one is named.

    Raises:
        Conflict: another request is named meanwhile.
    """
    place = guard_key(request.account_id, request.guard)
    item = codec.to_item(OpenRequest(request_id=request.request_id), place)
    table.write(
        Replace(place, item, only_if=Attr("request_id").eq(instead_of)) if instead_of else Create(place, item)
    )


def missing(request_ids: Sequence[RightsRequestId]) -> list[RightsRequestId]:
    """Those of at most 100 requests that the table does not have."""
    found = table.batch_get(map(key, request_ids))
    return [request_id for request_id in request_ids if key(request_id) not in found]
