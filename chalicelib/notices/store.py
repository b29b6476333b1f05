"""All DynamoDB of acceptances: one item per account and version, so accepting twice is one acceptance."""

from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Conflict, Create, Item, Key, Table
from chalicelib.notices.model import Acceptance, NoticeVersion
from chalicelib.privacy import codec


class AcceptedBefore(Conflict):
    """This version is on record already."""


def key(account_id: AccountId, version: NoticeVersion) -> Key:
    """Where the acceptance of a version is."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", f"acceptance#{version}")


def read(item: Item | None) -> Acceptance | None:
    """The acceptance in an item."""
    return codec.from_item(Acceptance, item) if item else None


def creation(account_id: AccountId, acceptance: Acceptance) -> Create:
    """The write that records a first acceptance."""
    return Create(key(account_id, acceptance.version), codec.to_item(acceptance), conflict=AcceptedBefore)


def put(account_id: AccountId, acceptance: Acceptance) -> None:
    """Record it; the first acceptance of a version stands."""
    try:
        table.write(creation(account_id, acceptance))
    except AcceptedBefore:
        return


def missing(account_id: AccountId, versions: tuple[NoticeVersion, ...]) -> list[NoticeVersion]:
    """Which of these versions the account has not accepted."""
    keys = {key(account_id, version): version for version in versions}
    found = table.batch_get(keys)
    return [version for place, version in keys.items() if place not in found]
