"""All DynamoDB of acceptances: one item per account and version, so accepting twice is one acceptance."""

from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.table import Conflict, Create, Item, Key, Table
from chalicelib.notices.model import Acceptance, NoticeVersion
from chalicelib.privacy import codec


class AcceptedBefore(Conflict):
    """This version is on record already."""


def key(account_id: AccountId, version: NoticeVersion) -> Key:
    """Where the acceptance of a version is."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", f"acceptance#{version}")


def read(item: Item | None, _: Found) -> Acceptance | None:
    """The acceptance in an item."""
    return codec.opened(Acceptance, item) if item else None


def acceptance_of(version: NoticeVersion) -> Need[Acceptance | None]:
    """The need for an account's acceptance of a version."""
    return Need(lambda claims: key(claims.account_id, version), read)


def creation(account_id: AccountId, acceptance: Acceptance) -> Create:
    """The write that records a first acceptance."""
    place = key(account_id, acceptance.version)
    return Create(place, codec.to_item(acceptance, place), conflict=AcceptedBefore)


def put(account_id: AccountId, acceptance: Acceptance) -> None:
    """Record it; the first acceptance of a version stands."""
    try:
        table.write(creation(account_id, acceptance))
    except AcceptedBefore:
        return
