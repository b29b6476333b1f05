"""All DynamoDB access of staff.

S#<pseudonym>, staff             the person with the pseudonym, sealed
A#<account>, staff_look#<id>     a look at an account
"""

from collections.abc import Iterable

from chalicelib.core import table
from chalicelib.core.ids import AccountId, StaffId
from chalicelib.core.table import Absent, Attr, Conflict, Create, Key, Table, partition_of
from chalicelib.core.transactions import Write
from chalicelib.privacy import codec
from chalicelib.staff.model import StaffLook, StaffMember


class RegisteredMeanwhile(Conflict):
    """The person got a pseudonym under another version of the key since the register was read."""


def key(staff_id: StaffId) -> Key:
    """The key of an entry of the register."""
    return Key(Table.RIGHTS, f"S#{staff_id}", "staff")


def glance_at_first(candidates: Iterable[StaffId]) -> StaffMember | None:
    """A glance at the first of these pseudonyms that is in the register."""
    places = [key(candidate) for candidate in candidates]
    found = table.batch_get(places)
    return next((codec.glance(StaffMember, found[place]) for place in places if place in found), None)


def entry(member: StaffMember, others: Iterable[StaffId]) -> list[Write]:
    """The writes of an entry, over that of the same pseudonym, unless one of other pseudonyms has an entry.

    The conflict is RegisteredMeanwhile.
    """
    place = key(member.staff_id)
    written = Create(place, codec.to_item(member, place), or_over=Attr("staff_id").exists())
    return [written, *(Absent(key(other), RegisteredMeanwhile) for other in others)]


def read_several(staff_ids: Iterable[StaffId]) -> dict[StaffId, StaffMember]:
    """Read the entries of up to 100 pseudonyms; expired or unreadable ones are omitted."""
    items = table.batch_get(map(key, staff_ids)).values()
    return {member.staff_id: member for member in codec.open_readable(StaffMember, items)}


def look_creation(account_id: AccountId, look: StaffLook) -> Create:
    """The write that records at which account a member of staff looked; for a transaction."""
    place = Key(Table.ACCOUNTS, partition_of(account_id), f"staff_look#{look.look_id}")
    return Create(place, codec.to_item(look, place))
