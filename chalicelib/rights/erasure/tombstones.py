"""Tombstones: the marks of an erasure, which survive a restore of any table.

A table that is restored from a backup contains accounts that were erased after the backup, and a restored
Ledger lacks the later entries. So each erasure leaves its mark in two places: a chain in the Ledger, and
objects in the locked bucket, which no restore changes. After a restore the marks name the erasures that have
to be repeated.

    capture           commit(..., pending_write(tombstone))  in the transaction of the point of no return
    record_tombstone  keep(tombstone)                        before anything is deleted
    certify           commit(..., final_write(tombstone))    in the transaction that closes the request
    forget            keep_final(tombstone, erased_at)

After a restore, `operations/restore/marks` lists the objects, and `read` reads them.

Invariants:

- An object is written only after the capture is committed. An object of a cancelled erasure would condemn a
  live account at the next restore, and it could not be deleted.
- A mark contains random ids and instants only. The account and the user no longer exist when it is needed.
- `keep` and `keep_final` write the same bytes each time, so they may be killed at any point and called again.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ValidationError

from chalicelib.core import chain, clock
from chalicelib.core.canonical import canonical
from chalicelib.core.chain import Chain, NewEntry, Unreadable, entries, locked
from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId, HeldId, RightsRequestId, TombstoneId, UserId
from chalicelib.core.transactions import Write
from chalicelib.privacy.periods import Period

PENDING, ERASED = "pending", "erased"
PREFIX = "tombstones/"

_FORMAT = "ru4m.tombstone.v1"
CHAIN = "tombstone"  # the kind of the chains


@dataclass(frozen=True)
class Tombstone:
    """The mark of one erasure. Its fields are fixed when the erasure is captured."""

    tombstone_id: TombstoneId
    account_id: AccountId = field(repr=False)
    user_id: UserId = field(repr=False)
    request_id: RightsRequestId
    captured_at: datetime
    held_id: HeldId | None = None  # names what a law or a hold keeps of the account

    @property
    def chain(self) -> Chain:
        """The chain of this erasure in the Ledger."""
        return Chain(CHAIN, self.tombstone_id)

    @property
    def ids(self) -> dict[str, str]:
        """The ids by which the erasure can be repeated."""
        held = {"held_id": str(self.held_id)} if self.held_id else {}
        return {
            "account_id": self.account_id,
            "user_id": self.user_id,
            "request_id": self.request_id,
            **held,
        }


class UnreadableMark(Exception):
    """A document or an entry is no mark that this code wrote; the message quotes nothing of it."""


class _Document(BaseModel, frozen=True, extra="forbid"):
    """A mark as it is stored."""

    format: Literal["ru4m.tombstone.v1"]
    state: Literal["pending", "erased"]
    tombstone_id: TombstoneId
    account_id: AccountId
    user_id: UserId
    request_id: RightsRequestId
    captured_at: Instant
    held_id: HeldId | None = None
    erased_at: Instant | None = None

    @property
    def tombstone(self) -> Tombstone:
        return Tombstone(**{one.name: getattr(self, one.name) for one in fields(Tombstone)})


@dataclass(frozen=True)
class Mark:
    """A tombstone as it was found. `erased_at`: when the erasure was complete; None in a pending mark."""

    tombstone: Tombstone
    erased_at: datetime | None = None


def pending_write(tombstone: Tombstone) -> Write:
    """Return the entry that records the erasure as begun.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    return _entry(tombstone, PENDING)


def final_write(tombstone: Tombstone) -> Write:
    """Return the entry that records the erasure as done.

    It follows the chain's newest entry, so after a commit a second call returns a second entry. Commit it
    with a change of the request that is made only once.

    Raises:
        Unavailable: the Ledger does not answer.
        Unreadable: the chain's newest entry was altered.
    """
    return _entry(tombstone, ERASED)


def keep(tombstone: Tombstone) -> None:
    """Write the mark of a captured erasure to the locked bucket.

    Raises:
        ObjectDiffers: the bucket has another mark under this id.
        Unavailable: S3 does not answer.
        AwsBug: S3 refuses.
    """
    locked.ensure(pending_key(tombstone.tombstone_id), _document(tombstone, PENDING))


def keep_final(tombstone: Tombstone, erased_at: datetime) -> None:
    """Write the mark of a completed erasure to the locked bucket.

    Args:
        tombstone: the erasure.
        erased_at: when it was complete. It must be stored before, so that each call has the same.

    Raises:
        ObjectDiffers: the bucket has another mark under this id, such as one with another instant.
        Unavailable: S3 does not answer.
        AwsBug: S3 refuses.
    """
    document = _document(tombstone, ERASED, erased_at=clock.to_text(erased_at))
    locked.ensure(final_key(tombstone.tombstone_id), document)


def read(key: str, document: bytes) -> Mark:
    """Parse a mark, and verify that it belongs to the key of its object.

    Raises:
        UnreadableMark: the document is malformed, or belongs to another key.
    """
    try:
        said = _Document.model_validate_json(document)
    except ValidationError:  # its text quotes the document
        raise UnreadableMark from None
    key_of, state = (pending_key, PENDING) if said.erased_at is None else (final_key, ERASED)
    if said.state != state or key != key_of(said.tombstone_id):
        raise UnreadableMark
    return Mark(said.tombstone, said.erased_at)


def recorded(chain: Chain) -> Tombstone:
    """The tombstone that the Ledger has under a chain.

    Its instant is that of the entry, which is the instant of the capture or a moment later.

    Raises:
        UnreadableMark: the chain is not that of a tombstone, or its first entry was altered or has expired.
        Unavailable: the Ledger does not answer.
    """
    try:
        first = next(entries(chain), None)
    except Unreadable:
        first = None
    if first is None or chain.kind != CHAIN:
        raise UnreadableMark
    known = {"format": _FORMAT, "state": first.event, "captured_at": first.at}
    try:
        found = _Document.model_validate({**first.data, **known, "tombstone_id": chain.pseudonym})
    except ValidationError:  # its text quotes the entry
        raise UnreadableMark from None
    return found.tombstone


def pending_key(tombstone_id: TombstoneId) -> str:
    """The S3 key of the mark of a captured erasure."""
    return f"tombstones/{tombstone_id}/pending.json"


def final_key(tombstone_id: TombstoneId) -> str:
    """The S3 key of the mark of a completed erasure."""
    return f"tombstones/{tombstone_id}/final.json"


def _entry(tombstone: Tombstone, event: str) -> Write:
    kept_until = Period.RIGHTS_EVIDENCE.ends(clock.now())
    return chain.append_write(tombstone.chain, NewEntry(event, tombstone.ids, delete_at=kept_until))


def _document(tombstone: Tombstone, state: str, **more: str) -> bytes:
    said = {
        "format": _FORMAT,
        "state": state,
        "tombstone_id": tombstone.tombstone_id,
        "captured_at": clock.to_text(tombstone.captured_at),
        **tombstone.ids,
        **more,
    }
    return canonical(said).encode()
