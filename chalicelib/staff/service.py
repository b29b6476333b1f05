"""Pseudonyms of staff, by which evidence names the controller's operators (ADR 27).

Invariants:

- A person has one pseudonym under all permission sets, also while and after the key gets a new version: a
  pseudonym in the register stays, and a transaction adds a new one only if the person has none under another
  version. So two equal pseudonyms are one person, on which the four-eyes principle depends.
- A pseudonym is in the register before any evidence names it.

If the process is killed between the two, the register contains a person whom no evidence names.
"""

from collections.abc import Iterable, Iterator

from chalicelib.core import clock, keyring
from chalicelib.core.clock import DAY
from chalicelib.core.ids import StaffId
from chalicelib.core.principals import person
from chalicelib.core.settings import Secret
from chalicelib.core.transactions import commit, retry_on
from chalicelib.staff import store
from chalicelib.staff.model import StaffMember

_MAX_RESOLVED = 100  # pseudonyms resolved at once; only a few people work on one request


@retry_on(store.RegisteredMeanwhile)
def register(arn: str) -> StaffId:
    """Create or renew the register's entry of the person with an ARN; returns the pseudonym.

    Raises:
        Unavailable: the table or the vault does not answer; an operator cannot act without a pseudonym.
    """
    (current, *older) = _pseudonyms(person(arn))
    known, now = store.glance_at_first((*older, current)), clock.now()
    if known and known.acted_at > now - DAY:
        return known.staff_id
    staff_id = known.staff_id if known else current
    commit(*store.entry(StaffMember(staff_id=staff_id, arn=arn, acted_at=now), () if known else older))
    return staff_id


def find(arn: str) -> StaffId | None:
    """Return the pseudonym of the person with an ARN; None if the register has no such person."""
    known = store.glance_at_first(_pseudonyms(person(arn)))
    return known.staff_id if known else None


def resolve(staff_ids: Iterable[StaffId]) -> dict[StaffId, str]:
    """Return the ARNs of pseudonyms, for operators; expired entries are omitted."""
    wanted = sorted(set(staff_ids))[:_MAX_RESOLVED]
    return {staff_id: member.arn for staff_id, member in store.read_several(wanted).items()}


def _pseudonyms(name: str) -> Iterator[StaffId]:
    """The pseudonyms of a person under all versions of the key, the current one first."""
    return map(StaffId.from_digest, keyring.mac_keys(Secret.STAFF).digests("staff", name))
