"""All DynamoDB access of removals of tables.

T#<removal>, removal    a removal; in the index owner under a fixed key, by its proposal
"""

from chalicelib.core import clock
from chalicelib.core.ids import TableRemovalId
from chalicelib.core.table import Index, Key, Table
from chalicelib.privacy.cases import CaseTable
from chalicelib.privacy.periods import Period
from chalicelib.retention.removals.model import TableRemoval

# The key of the list in the index `owner`, in which requests have the partitions of their subjects.
LIST = "table_removals"


def key(removal_id: TableRemovalId) -> Key:
    """The key of a removal."""
    return Key(Table.RIGHTS, f"T#{removal_id}", "removal")


REMOVALS = CaseTable(
    TableRemoval,
    LIST,
    TableRemovalId,
    id_at=lambda place: TableRemovalId(place.pk.removeprefix("T#")),
    find=key,
    key_of=lambda one: key(one.removal_id),
    indexed=lambda one: {Index.OWNER.pk: LIST, Index.OWNER.sk: clock.to_text(one.proposed_at)},
    kept_until=lambda one: Period.AUDIT.ends(one.proposed_at),
)
