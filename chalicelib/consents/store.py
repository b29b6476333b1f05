"""All DynamoDB of consents: one item per account with every decision, changed under its version."""

from chalicelib.consents.model import Purposes
from chalicelib.core import chain, needs, table
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.table import Attr, Conflict, Create, Item, Key, Replace, Table
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys


class DecidedMeanwhile(Conflict):
    """Another decision of the same subject came first."""


def key(account_id: AccountId) -> Key:
    """Where an account's decisions are."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "purposes")


def _opened(item: Item | None, found: Found) -> Purposes | None:
    return codec.opened(Purposes, item, found[DATA_KEY]) if item else None


# Asks for DATA_KEY too. None: the subject has decided nothing yet.
PURPOSES: Need[Purposes | None] = Need(lambda claims: key(claims.account_id), _opened)


def read(account_id: AccountId) -> Purposes | None:
    """The decisions as they are now."""
    (found,) = needs.read_accounts([account_id], (PURPOSES, DATA_KEY))
    return found[PURPOSES]


def record(
    before: Purposes | None, after: Purposes, keys: SubjectKeys, history: Chain, entry: NewEntry
) -> None:
    """Change the decisions and put the change on record: both, or neither.

    Raises:
        DecidedMeanwhile: what was read is not what is stored any more.
        HeadMoved: another entry took the place in the history.
    """
    place = key(after.account_id)
    item = codec.to_item(after, place, keys)
    change = (
        Replace(place, item, only_if=Attr("version").eq(before.version), conflict=DecidedMeanwhile)
        if before
        else Create(place, item, conflict=DecidedMeanwhile)
    )
    table.transact([change, chain.appending(history, entry)])
