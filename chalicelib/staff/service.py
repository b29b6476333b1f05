"""Pseudonyms of staff: what evidence calls those who act for the controller (ADR 27).

What always holds:

- One person has one pseudonym, whatever permission set they use, also after the key got a new version: a
  pseudonym that is in the register stays. So two equal pseudonyms are one person, which four eyes rest on.
- A pseudonym is in the register before any evidence names it.

What may break: the process dies between the two, then the register names somebody who did nothing.
"""

from collections.abc import Iterable, Iterator

from chalicelib.core import clock, keyring
from chalicelib.core.clock import DAY
from chalicelib.core.ids import StaffId
from chalicelib.core.principals import person
from chalicelib.core.settings import Secret
from chalicelib.staff import store
from chalicelib.staff.model import StaffMember

_MOST = 100  # pseudonyms that are resolved at once; a request is worked on by a few


def register(arn: str) -> StaffId:
    """The pseudonym of the person behind an ARN; its entry in the register is made or kept alive.

    Raises:
        Unavailable: the table or the vault does not answer; nobody acts without a name.
    """
    (current, *older) = _pseudonyms(person(arn))
    known, now = store.glance_at_first((*older, current)), clock.now()
    if known and known.acted_at > now - DAY:
        return known.staff_id
    staff_id = known.staff_id if known else current
    store.put(StaffMember(staff_id=staff_id, arn=arn, acted_at=now))
    return staff_id


def resolve(staff_ids: Iterable[StaffId]) -> dict[StaffId, str]:
    """The ARNs behind pseudonyms, for operators; those that have lapsed are left out."""
    wanted = sorted(set(staff_ids))[:_MOST]
    return {staff_id: member.arn for staff_id, member in store.read_several(wanted).items()}


def _pseudonyms(name: str) -> Iterator[StaffId]:
    """What a person is called under each version of the key; the current one comes first."""
    keys = keyring.mac_keys(Secret.STAFF)
    for version in (keys.current, *sorted(keys.versions.keys() - {keys.current})):
        yield StaffId.from_digest(keys.digest_under(version, "staff", name))
