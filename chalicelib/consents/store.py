"""All DynamoDB of consents: one item per account with every decision, changed under its version."""

from chalicelib.consents.model import Purposes
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.table import Item, Key, Table
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import DATA_KEY


def key(account_id: AccountId) -> Key:
    """Where an account's decisions are."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "purposes")


def _opened(item: Item | None, found: Found) -> Purposes | None:
    return codec.opened(Purposes, item, found[DATA_KEY]) if item else None


# Asks for DATA_KEY too. None: the subject has decided nothing yet.
PURPOSES: Need[Purposes | None] = Need(lambda claims: key(claims.account_id), _opened)
