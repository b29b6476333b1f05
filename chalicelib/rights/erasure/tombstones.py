"""Tombstones: the marks of an erasure, which survive a restore of any table.

A table that is restored from a backup contains accounts that were erased after the backup, and a restored
Ledger lacks the later entries. So each erasure leaves its mark in two places: a chain in the Ledger, and
objects in the locked bucket, which no restore changes. After a restore the marks name the erasures that have
to be repeated.

    capture           commit(..., pending_write(tombstone))  in the transaction of the point of no return
    record_tombstone  keep(tombstone)                        before anything is deleted
    certify           commit(..., final_write(tombstone))    in the transaction that closes the request
    forget            keep_final(tombstone, erased_at)

Invariants:

- An object is written only after the capture is committed. An object of a cancelled erasure would condemn a
  live account at the next restore, and it could not be deleted.
- A mark contains random ids and instants only. The account and the user no longer exist when it is needed.
- `keep` and `keep_final` write the same bytes each time, so they may be killed at any point and called again.
"""

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core import chain, clock
from chalicelib.core.canonical import canonical
from chalicelib.core.chain import Chain, NewEntry, locked
from chalicelib.core.ids import AccountId, RightsRequestId, TombstoneId, UserId
from chalicelib.core.transactions import Write
from chalicelib.privacy.periods import Period

PENDING, ERASED = "pending", "erased"

_FORMAT = "ru4m.tombstone.v1"


@dataclass(frozen=True)
class Tombstone:
    """The mark of one erasure. Its fields are fixed when the erasure is captured."""

    tombstone_id: TombstoneId
    account_id: AccountId = field(repr=False)
    user_id: UserId = field(repr=False)
    request_id: RightsRequestId
    captured_at: datetime

    @property
    def chain(self) -> Chain:
        """The chain of this erasure in the Ledger."""
        return Chain("tombstone", self.tombstone_id)

    @property
    def ids(self) -> dict[str, str]:
        """The ids by which the erasure can be repeated."""
        return {"account_id": self.account_id, "user_id": self.user_id, "request_id": self.request_id}


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
