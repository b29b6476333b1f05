"""Judges whom a member may bring into a group."""

from collections.abc import Sequence

from chalicelib.core.ids import AccountId, UserId
from chalicelib.people.contacts import service as contacts
from chalicelib.people.conversations.model import UnknownMember


def judged(
    owner: AccountId, user_ids: Sequence[UserId], present: Sequence[AccountId]
) -> dict[UserId, AccountId]:
    """The accounts of users whom a member may bring into a group with those who are present.

    The calls are the same for every user id.

    Raises:
        UnknownMember: one of them is no live contact of the member, or two of all do not want to meet.
    """
    met = contacts.live_contacts(owner, user_ids)
    asked = [met.get(user_id) or AccountId.new() for user_id in user_ids]
    if not contacts.may_share_a_group([*dict.fromkeys((owner, *present)), *asked]):
        raise UnknownMember
    return {user_id: met[user_id] for user_id in user_ids}
