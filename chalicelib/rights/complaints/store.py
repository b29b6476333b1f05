"""All DynamoDB access of complaints.

    R#<request>, complaint#<complainant>   a complaint; in the index owner under a fixed key, open ones first

A complaint is in the partition of its request, so the subject's copy contains it. Its evidence has fixed
words, instants and pseudonyms of staff, under its id.
"""

from chalicelib.core import clock
from chalicelib.core.table import Index, Key, Table
from chalicelib.privacy.cases import CaseTable
from chalicelib.privacy.periods import Period
from chalicelib.rights.complaints.model import Complaint, ComplaintId

# The key of the list in the index `owner`, in which requests have the partitions of their subjects.
LIST = "complaints"


def key(complaint_id: ComplaintId) -> Key:
    """The key of a complaint."""
    request_id, _, complainant = complaint_id.partition(".")
    return Key(Table.RIGHTS, f"R#{request_id}", f"complaint#{complainant}")


COMPLAINTS = CaseTable(
    Complaint,
    LIST,
    ComplaintId,
    id_at=lambda place: ComplaintId(f"{place.pk}.{place.sk}".replace("R#", "").replace("complaint#", "")),
    find=key,
    key_of=lambda one: key(one.complaint_id),
    indexed=lambda one: {
        Index.OWNER.pk: LIST,
        Index.OWNER.sk: f"{'closed' if one.closed_at else 'open'}#{clock.to_text(one.complained_at)}",
    },
    kept_until=lambda _: Period.AUDIT.ends(clock.now()),
)
