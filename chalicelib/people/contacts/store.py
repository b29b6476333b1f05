"""All DynamoDB access of contacts and invitations.

In Accounts, under each of the two users of a pair:

    contact#<user id of the other>
    invitation#<account id of the sender>    under the recipient
    invited#<account id of the recipient>    under the sender

Keys contain the other side, so that each row leads to its reverse row.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.needs import Need
from chalicelib.core.settings import settings
from chalicelib.core.table import (
    ALWAYS,
    Absent,
    Attr,
    Change,
    Conflict,
    Create,
    Delete,
    Expired,
    Item,
    Key,
    Order,
    Prefix,
    Present,
    Query,
    Remove,
    Table,
    Write,
    partition_of,
)
from chalicelib.people.contacts.model import (
    Contact,
    ContactCount,
    Invitation,
    InvitationState,
    SentInvitation,
)
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import SubjectKeys

_CONTACT, _INVITATION, _INVITED = "contact#", "invitation#", "invited#"


class AlreadyContacts(Conflict):
    """The two users are contacts already."""


class NotContacts(Conflict):
    """The two users are no contacts, or not any more."""


class OwnContactsFull(Conflict):
    """The caller has as many contacts as an account may have."""


class OthersContactsFull(Conflict):
    """The other user has as many contacts as an account may have."""


class OldestMoved(Conflict):
    """The invitation that makes room for another one was decided or deleted since it was read."""


class PairMoved(Conflict):
    """A row of a pair was written or deleted since it was read."""


# --- keys


def contact_key(owner: AccountId, user_id: UserId) -> Key:
    """The key of a contact under an account."""
    return Key(Table.ACCOUNTS, partition_of(owner), f"{_CONTACT}{user_id}")


def count_key(owner: AccountId) -> Key:
    """The key of an account's number of contacts."""
    return Key(Table.ACCOUNTS, partition_of(owner), "contact_count")


def invitation_key(recipient: AccountId, sender: AccountId) -> Key:
    """The key of a received invitation."""
    return Key(Table.ACCOUNTS, partition_of(recipient), f"{_INVITATION}{sender}")


def invited_key(sender: AccountId, recipient: AccountId) -> Key:
    """The key of a sent invitation."""
    return Key(Table.ACCOUNTS, partition_of(sender), f"{_INVITED}{recipient}")


# --- contacts


def contact_creation(owner: AccountId, user_id: UserId, account_id: AccountId, keys: SubjectKeys) -> Write:
    """The write of one side of a contact; its conflict is AlreadyContacts."""
    place = contact_key(owner, user_id)
    contact = Contact(user_id=user_id, account_id=account_id, since=clock.now())
    return Create(place, codec.to_item(contact, place, keys), conflict=AlreadyContacts)


def count_up(owner: AccountId, conflict: type[Conflict]) -> Write:
    """The write that counts a contact, unless the account has as many as it may."""
    room = Attr("contacts").not_exists() | Attr("contacts").lt(settings().limits.contacts_most)
    kind = ContactCount.declaration.kind
    return Change(count_key(owner), put={"kind": kind}, add={"contacts": 1}, only_if=room, conflict=conflict)


def _count_down(owner: AccountId) -> Write:
    return Change(count_key(owner), add={"contacts": -1}, only_if=Attr("contacts").gt(0), conflict=PairMoved)


def contacts_of(owner: AccountId, after: UserId | None, limit: int) -> list[UserId]:
    """The next contacts of an account, in the order of their ids."""
    place = contact_key(owner, after) if after else None
    rows = Query(
        Table.ACCOUNTS,
        partition_of(owner),
        Prefix(_CONTACT),
        limit=limit,
        after=place.attributes() if place else None,
        attributes=("kind",),
    )
    return [UserId(item["sk"].removeprefix(_CONTACT)) for item in table.query(rows)]


def accounts_of_contacts(owner: AccountId, user_ids: Iterable[UserId]) -> dict[UserId, AccountId]:
    """The accounts of those of at most 100 users who are contacts of an account."""
    places = {contact_key(owner, user_id): user_id for user_id in user_ids}
    found = table.batch_get(places)
    return {places[key]: codec.glance(Contact, item).account_id for key, item in found.items()}


def contact_with(user_id: UserId) -> Need[Contact | None]:
    """The contact of the token's owner with a user, without what is sealed in it."""
    return codec.glance_of(Contact, lambda claims: contact_key(claims.account_id, user_id))


def still_contact(owner: AccountId, user_id: UserId) -> Write:
    """The condition that a user is a contact of an account; its conflict is NotContacts."""
    return Present(contact_key(owner, user_id), only_if=Attr("pk").exists(), conflict=NotContacts)


# --- pairs


@dataclass(frozen=True)
class Side:
    """One user of a pair."""

    account_id: AccountId
    user_id: UserId


@dataclass(frozen=True)
class Pair:
    """Which rows two users have about each other; `pending`: those of invitations without a decision."""

    one: Side
    other: Side
    found: frozenset[Key]
    pending: frozenset[Key] = frozenset()

    @property
    def are_contacts(self) -> bool:
        """Return whether the two are contacts."""
        return contact_key(self.one.account_id, self.other.user_id) in self.found

    def ending_contact(self) -> list[Write]:
        """The writes that end the contact; their conflict is PairMoved.

        They also delete pending invitations. These are hidden while the two are contacts, and would let
        either of them bring back a contact that the other one ended.
        """
        contact = self._deletions(_contact_keys(self.one, self.other))
        return [*contact, *self._pending_deletions(), *self._counts()]

    def ending_everything(self) -> list[Write]:
        """The writes that end the contact and both invitations; their conflict is PairMoved.

        They also require that what was absent is still absent, so that nothing survives a block.
        """
        return [*self._deletions(_pair_keys(self.one, self.other)), *self._counts()]

    def _deletions(self, keys: Sequence[Key]) -> list[Write]:
        # An invitation that has expired may still be stored, because a pin keeps it for a copy.
        gone = ~table.visible()
        return [
            Delete(key, conflict=PairMoved)
            if key in self.found
            else Absent(key, conflict=PairMoved, or_over=gone)
            for key in keys
        ]

    def _pending_deletions(self) -> list[Write]:
        one, other = self.one.account_id, self.other.account_id
        is_pending = Attr("state").eq(InvitationState.PENDING)
        deletions: list[Write] = []
        for recipient, sender in ((one, other), (other, one)):
            received = invitation_key(recipient, sender)
            if received in self.pending:
                deletions.append(Delete(received, only_if=is_pending, conflict=PairMoved))
                deletions += self._deletions([invited_key(sender, recipient)])
        return deletions

    def _counts(self) -> list[Write]:
        return [_count_down(side.account_id) for side in (self.one, self.other) if self.are_contacts]


def _contact_keys(one: Side, other: Side) -> list[Key]:
    return [contact_key(one.account_id, other.user_id), contact_key(other.account_id, one.user_id)]


def _pair_keys(one: Side, other: Side) -> list[Key]:
    a, b = one.account_id, other.account_id
    invited = [invitation_key(a, b), invited_key(b, a), invitation_key(b, a), invited_key(a, b)]
    return _contact_keys(one, other) + invited


def read_pair(one: Side, other: Side) -> Pair:
    """Read which rows two users have about each other, in one call."""
    found = table.batch_get(_pair_keys(one, other))
    pending = (key for key, item in found.items() if item.get("state") == InvitationState.PENDING)
    return Pair(one, other, frozenset(found), frozenset(pending))


# --- invitations


def invitation_creations(
    recipient: AccountId, sender: Side, invitation: Invitation, keys: SubjectKeys
) -> list[Write]:
    """The writes of an invitation and of its reverse row; their conflict is PairMoved."""
    place, reverse = invitation_key(recipient, sender.account_id), invited_key(sender.account_id, recipient)
    sent = SentInvitation(account_id=recipient, sent_at=invitation.sent_at)
    return [
        Absent(contact_key(recipient, sender.user_id), conflict=PairMoved),
        Create(place, codec.to_item(invitation, place, keys), conflict=PairMoved),
        Create(reverse, codec.to_item(sent, reverse), conflict=PairMoved),
    ]


def oldest_deletions(recipient: AccountId, sender: AccountId) -> list[Write]:
    """The writes that delete a pending invitation and its reverse row; their conflict is OldestMoved."""
    is_pending = Attr("state").eq(InvitationState.PENDING)
    return [
        Delete(invitation_key(recipient, sender), only_if=is_pending, conflict=OldestMoved),
        Delete(invited_key(sender, recipient), conflict=OldestMoved),
    ]


def received(recipient: AccountId) -> list[Invitation]:
    """Glances at all invitations of an account that have not ended, decided ones included, oldest first."""
    rows = Query(Table.ACCOUNTS, partition_of(recipient), Prefix(_INVITATION), order=Order.ASCENDING)
    found = [codec.glance(Invitation, item) for item in table.query(rows)]
    return sorted(found, key=lambda one: (one.sent_at, one.invitation_id))


def invitation_from(recipient: AccountId, sender: AccountId) -> Invitation | None:
    """A glance at the invitation of a sender, whatever was decided; None if there is none."""
    item = table.get(invitation_key(recipient, sender))
    return codec.glance(Invitation, item) if item else None


def decision(recipient: AccountId, invitation: Invitation, state: InvitationState) -> Write:
    """The write of the recipient's decision about a pending invitation; its conflict is PairMoved."""
    return Change(
        invitation_key(recipient, invitation.account_id),
        put={"state": state},
        only_if=table.visible()
        & Attr("invitation_id").eq(invitation.invitation_id)
        & Attr("state").eq(InvitationState.PENDING),
        conflict=PairMoved,
    )


# --- erasure


@dataclass(frozen=True)
class Counterpart:
    """A stored row of an account, its reverse row under another account, and their kind."""

    kind: str
    own: Key
    theirs: Key
    counted_for: AccountId | None = None  # the other account, if the row is counted there


def counterparts(owner: AccountId, user_id: UserId) -> Iterator[Counterpart]:
    """The rows of an account that have a reverse row, also of expired invitations."""
    for prefix in (_CONTACT, _INVITATION, _INVITED):
        rows = Query(Table.ACCOUNTS, partition_of(owner), Prefix(prefix), expired=Expired.INCLUDED)
        for item in table.query(rows):
            yield _counterpart(prefix, owner, user_id, item)


def _counterpart(prefix: str, owner: AccountId, user_id: UserId, item: Item) -> Counterpart:
    own, other = Key(Table.ACCOUNTS, item["pk"], item["sk"]), AccountId(item["account_id"])
    theirs = {
        _CONTACT: contact_key(other, user_id),
        _INVITATION: invited_key(other, owner),
        _INVITED: invitation_key(other, owner),
    }
    return Counterpart(item["kind"], own, theirs[prefix], other if prefix == _CONTACT else None)


def remove(pair: Counterpart, *, keeping_own: bool = False) -> None:
    """Delete both rows of a pair, or the other account's alone, for a hold. May be repeated.

    Raises:
        Unavailable: it is not known that both are deleted.
    """
    keys = [pair.theirs] if keeping_own else [pair.theirs, pair.own]
    removals: list[Write] = [Remove(key, only_if=ALWAYS, conflict=PairMoved) for key in keys]
    counted = [_count_down(pair.counted_for)] if pair.counted_for else []
    try:
        table.transact([*removals, *counted])
    except PairMoved:
        table.delete_all(keys)
