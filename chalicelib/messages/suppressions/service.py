"""The rules of suppressions (RGT-6, ADR 47).

Invariants:

- While an objecting account has an address, its suppression has no end. It ends 24 months after the account
  was erased, or gave the address up. A new account with the address changes nothing about it.
- A suppression is ended only by a later consent of an account that has the address.
- An address is suppressed if any version of the lookup key finds it. Each writer that knows the address moves
  its suppression to the current version.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.messages.suppressions import store
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses, Suppression
from chalicelib.messages.suppressions.store import SuppressionMoved
from chalicelib.privacy.purposes import Purpose


def suppressed(addresses: Addresses) -> frozenset[Purpose]:
    """The purposes for which any of the addresses must not be used; one consistent read."""
    return frozenset(purpose for one in store.found(addresses) for purpose in one.purposes)


def placing(
    addresses: Addresses, at: datetime, purposes: Collection[Purpose] = DIRECT_MARKETING
) -> list[Write]:
    """The writes that suppress the addresses of an account; none if they are suppressed already."""

    def placed(before: Suppression | None) -> Suppression:
        if before is None:
            return Suppression(purposes=tuple(purposes), objected_at=at)
        return _with(before, purposes, at).model_copy(update={"unowned_since": None})

    return store.revision(addresses, placed)


def placing_without_account(
    addresses: Addresses, at: datetime, purposes: Collection[Purpose] = DIRECT_MARKETING
) -> list[Write]:
    """The writes that suppress addresses that no account has; they end 24 months later.

    If an account has them, submit the objection for the account instead, which also changes its decisions.
    """

    def placed(before: Suppression | None) -> Suppression:
        if before is None:
            return Suppression(purposes=tuple(purposes), objected_at=at, unowned_since=at)
        known = _with(before, purposes, at)
        return _later(known, at) if known.unowned_since else known  # without an end while an account has it

    return store.revision(addresses, placed)


def renewal(addresses: Addresses) -> list[Write]:
    """The writes that move suppressions to the current version of the lookup key; none if they are there.

    Called where the addresses are known: by an account that gets one, and by the rotation of the key.
    """
    return store.revision(addresses, lambda before: before) if store.has_older_keys() else []


def release(addresses: Addresses, at: datetime) -> list[Write]:
    """The writes for an account that loses an address: its suppression, if there is one, gets its end.

    If there is none, an objection that places one meanwhile conflicts: nothing else would end it.
    """
    return store.revision_or_absence(addresses, lambda before: before and _ended(before, at))


def correction(
    addresses: Addresses, objections: Mapping[Purpose, datetime], consents: Mapping[Purpose, datetime]
) -> list[Write]:
    """The writes that make suppressions agree with the decisions of the account that has the addresses.

    Args:
        addresses: those of the account.
        objections: the purposes to which it objects, and since when.
        consents: the purposes to which it consents, and since when; a consent ends only what is older.
    """
    wanted = {purpose: objections[purpose] for purpose in DIRECT_MARKETING if purpose in objections}

    def corrected(before: Suppression | None) -> Suppression | None:
        if before is not None:
            lifted = {purpose for purpose, at in consents.items() if at > before.objected_at}
            before = _without(before, lifted)
        if not wanted:
            return before
        at = max(wanted.values())
        if before is None:
            return Suppression(purposes=tuple(wanted), objected_at=at)
        return _with(before, wanted, at).model_copy(update={"unowned_since": None})

    return store.revision(addresses, corrected)


class MailboxMark(str):
    """The suppression of one mailbox, named without the mailbox: by its keyed hash, under one key version."""

    __slots__ = ()


def mark_of(mailbox: str) -> MailboxMark:
    """The mark of a mailbox, under the current version of the lookup key."""
    (label,) = store.labels_of(Addresses(email=mailbox))
    return MailboxMark(label)


def suppress_mark(mark: MailboxMark, at: datetime, unowned_since: datetime | None) -> None:
    """Suppress the mailbox of a mark. May be repeated; a mark under a key that was retired changes nothing.

    Args:
        mark: names the mailbox.
        at: when its reader objected.
        unowned_since: from when the suppression ends, if the account of the reader is erased.

    Raises:
        Unavailable: Claims does not answer, or other writers came first each time.
    """

    def placed(before: Suppression | None) -> Suppression:
        if before is None:
            return Suppression(purposes=DIRECT_MARKETING, objected_at=at, unowned_since=unowned_since)
        return _with(before, DIRECT_MARKETING, at)

    if store.is_of_known_version(mark):
        commit_revised(lambda: store.revision_of_label(mark, placed))


def leave(addresses: Addresses, objected: Collection[Purpose], at: datetime) -> bool:
    """End the suppressions of an account that is erased; write those that are missing. May be repeated.

    Args:
        addresses: those of the account, before another account can have them.
        objected: the purposes of direct marketing to which the account objects.
        at: from when the 24 months count.

    Returns whether any address is suppressed now.

    Raises:
        Unavailable: other writers came first each time.
    """

    def left(before: Suppression | None) -> Suppression | None:
        if before is None:
            new = Suppression(purposes=tuple(objected), objected_at=at, unowned_since=at)
            return new if objected else None
        return _later(_with(before, objected, at), at) if objected else _ended(before, at)

    commit_revised(lambda: store.revision(addresses, left))
    return bool(suppressed(addresses))


@retry_on(SuppressionMoved, tries=5)
def commit_revised(build: Callable[[], list[Write]]) -> None:
    """Commit the writes about suppressions; build them again if another writer came first.

    Raises:
        Unavailable: other writers came first each time.
    """
    if writes := build():
        commit(*writes)


def lifting(addresses: Addresses, purposes: Collection[Purpose]) -> list[Write]:
    """The writes by which a consent ends the suppression for its purposes (Art. 7 GDPR)."""
    return store.revision(addresses, lambda before: before and _without(before, purposes))


def _without(before: Suppression, purposes: Collection[Purpose]) -> Suppression | None:
    """The suppression for its other purposes; None if there are none."""
    left = tuple(purpose for purpose in before.purposes if purpose not in purposes)
    if left == before.purposes:
        return before
    return before.model_copy(update={"purposes": left}) if left else None


def _with(before: Suppression, purposes: Collection[Purpose], at: datetime) -> Suppression:
    more = tuple(dict.fromkeys((*before.purposes, *purposes)))
    if more == before.purposes:
        return before
    return before.model_copy(update={"purposes": more, "objected_at": at})


def _ended(before: Suppression, at: datetime) -> Suppression:
    return before if before.unowned_since else before.model_copy(update={"unowned_since": at})


def _later(before: Suppression, at: datetime) -> Suppression:
    return before.model_copy(update={"unowned_since": max(at, before.unowned_since or at)})
