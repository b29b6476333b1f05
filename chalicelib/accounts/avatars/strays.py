"""The files of avatars that nothing needs. It is loaded by the purge, which needs no rule of accounts."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

from chalicelib.accounts.avatars import files
from chalicelib.accounts.avatars.model import is_needed
from chalicelib.accounts.avatars.store import AVATAR
from chalicelib.core import clock, needs
from chalicelib.core.batches import batched
from chalicelib.core.clock import DAY
from chalicelib.core.ids import ALPHABET, AccountId, HeldId

_READ_AT_ONCE = 100  # items of a batched read
_BETWEEN_RUNS = 15 * 60  # seconds between two runs of the purge


def find(by: datetime, is_held: Callable[[HeldId], bool]) -> Iterator[str]:
    """Yield the keys of files that nothing needs: superseded, removed, or of an erased account.

    Each run of the purge looks at all uploads, at what holds keep, and at the pictures of one account in 32
    (ADR 103). The workers delete what they replace, so this finds only what a killed one left. An upload is
    recorded before it can arrive.

    Args:
        by: an instant of the run; it chooses the accounts.
        is_held: whether a hold still keeps an avatar under an id.

    Raises:
        Unavailable: S3 or a table does not answer.
    """
    letter = ALPHABET[clock.to_epoch(by) // _BETWEEN_RUNS % len(ALPHABET)]
    keys = chain(files.listed("incoming/"), files.listed(f"{files.OWNERS}/{AccountId.prefix}_{letter}"))
    for some in batched(keys, _READ_AT_ONCE):
        owners = {key: AccountId(key.split("/")[1]) for key in some}
        rows = needs.read_accounts(dict.fromkeys(owners.values()), (AVATAR,))
        found = {row.claims.account_id: row[AVATAR] for row in rows}
        yield from (key for key, owner in owners.items() if not is_needed(found[owner], key))
    yield from (key for key in files.held_before(by - DAY) if not is_held(HeldId(key.split("/")[1])))


def delete(key: str) -> None:
    """Delete an object that `find` yields, and what it marks; as `files.discard`."""
    files.discard_all_of(key)
