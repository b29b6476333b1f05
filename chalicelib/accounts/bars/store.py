"""All DynamoDB access of bars.

    barred#<key of the claim on the number>   in Claims: the bar of one number

So a bar can be placed for a claim whose number is not known, as after a restore. It is looked for under every
version of the lookup key, and cannot be moved to another one.
"""

from datetime import datetime

from chalicelib.accounts.bars.model import BARRED, BarredNumber
from chalicelib.accounts.model import ClaimKind
from chalicelib.accounts.store import claim_keys
from chalicelib.core import clock, table
from chalicelib.core.table import Attr, Create, Delete, Item, Key, Table, Write
from chalicelib.privacy import codec


def read(phone: str) -> list[BarredNumber]:
    """The bars of a number that have not ended, in one consistent read."""
    return [codec.opened(BarredNumber, item) for item in _stored(phone).values()]


def place(claim: Key, until: datetime) -> None:
    """Bar the number of a claim, if it is not barred for longer. It may be repeated."""
    key = _key(claim)
    bar = BarredNumber.lasting(until)
    shorter = Attr("counts_from").lt(clock.to_text(bar.counts_from))
    table.try_write(Create(key, codec.to_item(bar, key), or_over=shorter))


def place_on_number(phone: str, until: datetime) -> None:
    """Bar a number, under the current version of the lookup key. It may be repeated."""
    place(claim_keys(ClaimKind.PHONE, phone)[0], until)


def deletions(phone: str) -> list[Write]:
    """The writes that lift the bar of a number; their conflict is that it was lifted meanwhile."""
    return [Delete(key) for key in _stored(phone)]


def _stored(phone: str) -> dict[Key, Item]:
    return table.batch_get([_key(claim) for claim in claim_keys(ClaimKind.PHONE, phone)])


def _key(claim: Key) -> Key:
    return Key(Table.CLAIMS, BARRED + claim.pk)
