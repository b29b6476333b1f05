"""The entries of a chain: their content, their hash, and how they are stored."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from chalicelib.core import clock, shards
from chalicelib.core.canonical import canonical
from chalicelib.core.table import Item, Key, Table
from chalicelib.core.table_names import END_NAMES

GENESIS = "0" * 64  # the previous hash of the first entry
FIRST_PREVIOUS_DELETE_AT = clock.from_epoch(0)
SHARDS = shards.names(16)  # of the index `touched`; each accepts about a thousand appends a second
MAX_PAYLOAD_BYTES = 16 * 1024

_DOMAIN = "ru4m.ledger.entry.v1"
_DIGITS = 12
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_PSEUDONYM = re.compile(r"[^#\s]{1,200}")


class Unreadable(ValueError):
    """A stored item is not an entry that this code wrote; the message quotes nothing of it."""


def digest(domain: str, value: object) -> str:
    """Return SHA-256 of a domain and a canonical text, in hex; domains share no preimage."""
    return hashlib.sha256(f"{domain}\0{canonical(value)}".encode()).hexdigest()


@dataclass(frozen=True)
class Chain:
    """The name of a chain: a kind and a random pseudonym, without personal data."""

    kind: str
    pseudonym: str

    def __post_init__(self) -> None:
        if not _WORD.fullmatch(self.kind) or not _PSEUDONYM.fullmatch(self.pseudonym):
            raise ValueError("not the name of a chain")

    @property
    def name(self) -> str:
        """`<kind>#<pseudonym>`, the partition key of its entries."""
        return f"{self.kind}#{self.pseudonym}"

    @classmethod
    def parse(cls, name: str) -> Self:
        """Parse the name of a chain.

        Raises:
            ValueError: it is not the name of a chain.
        """
        kind, _, pseudonym = name.partition("#")
        return cls(kind, pseudonym)

    def key(self, seq: int) -> Key:
        """The key of an entry."""
        return Key(Table.LEDGER, self.name, entry_sort_key(seq))

    @property
    def shard(self) -> str:
        """The chain's shard of the index `touched`."""
        return shards.shard_of(self.name, SHARDS)


def entry_sort_key(seq: int) -> str:
    """Return the sort key of the entry with a sequence number."""
    return f"{seq:0{_DIGITS}d}"


def sequence_number(sk: object) -> int:
    """Parse the sequence number from a sort key; 0 if it is not the sort key of an entry."""
    text = str(sk)
    return int(text) if len(text) == _DIGITS and text.isascii() and text.isdecimal() else 0


def touched_key(day: datetime, shard: str) -> str:
    """Return the partition key of the index `touched` for a UTC day and a shard."""
    return f"{day:%Y-%m-%d}#{shard}"


@dataclass(frozen=True)
class NewEntry:
    """An event that a caller puts on record.

    The caller must put no personal data into `payload`, only pseudonyms, fixed words and numbers: it cannot
    be removed before `delete_at`. The chain may set a later `delete_at`, never an earlier one.
    """

    event: str
    payload: Mapping[str, object]
    delete_at: datetime


@dataclass(frozen=True)
class ChainEntry:
    """One entry of a chain."""

    chain: Chain
    seq: int
    at: datetime  # time of creation by the writer's clock
    event: str
    payload: str  # canonical JSON
    salt: str  # random, so that the payload cannot be guessed from the hash
    previous: str  # hash of the previous entry
    previous_delete_at: datetime  # `delete_at` of the previous entry
    delete_at: datetime

    @classmethod
    def following(cls, chain: Chain, previous: "ChainEntry | None", new: NewEntry) -> Self:
        """The entry that follows `previous`, with the current time.

        Raises:
            ValueError: the event is not a word, the payload is too large, or `delete_at` has passed.
            TypeError: the payload has no canonical text.
        """
        at, payload = clock.now(), canonical(dict(new.payload))
        before = previous.delete_at if previous else FIRST_PREVIOUS_DELETE_AT
        delete_at = max(before, new.delete_at.replace(microsecond=0))
        if not _WORD.fullmatch(new.event) or len(payload.encode()) > MAX_PAYLOAD_BYTES or delete_at <= at:
            raise ValueError("the event, the payload or `delete_at` of a new entry is invalid")
        return cls(
            chain=chain,
            seq=previous.seq + 1 if previous else 1,
            at=at,
            event=new.event,
            payload=payload,
            salt=secrets.token_hex(16),
            previous=previous.hash if previous else GENESIS,
            previous_delete_at=before,
            delete_at=delete_at,
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 over all fields of the entry: chain name, number, content, salt, times."""
        times = [clock.to_epoch(t) for t in (self.at, self.previous_delete_at, self.delete_at)]
        said = [self.chain.name, self.seq, self.event, self.payload, self.salt, self.previous]
        return digest(_DOMAIN, [*said, *times])

    @property
    def data(self) -> dict[str, Any]:
        """The parsed payload."""
        data: dict[str, Any] = json.loads(self.payload)
        return data

    def item(self) -> Item:
        """Build the stored item. `touched` and `at` are the keys of the index of entries to sign."""
        return {
            **self.chain.key(self.seq).attributes(),
            "seq": self.seq,
            "at": clock.to_epoch(self.at),
            "event": self.event,
            "payload": self.payload,
            "salt": self.salt,
            "previous": self.previous,
            "previous_delete_at": clock.to_epoch(self.previous_delete_at),
            "hash": self.hash,
            "touched": touched_key(self.at, self.chain.shard),
            "expires_at": clock.to_epoch(self.delete_at),
            "delete_at": clock.to_epoch(self.delete_at),
        }

    @classmethod
    def read(cls, item: Item) -> Self:
        """Parse a stored item, and verify its hash and the attributes of the index `touched`.

        Those of the index `ends` are not evidence: they decide only when the purge reports the entry.

        Raises:
            Unreadable: an attribute is missing, altered or unknown.
        """
        try:
            entry = cls(
                chain=Chain.parse(item["pk"]),
                seq=item["seq"],
                at=clock.from_epoch(item["at"]),
                event=item["event"],
                payload=item["payload"],
                salt=item["salt"],
                previous=item["previous"],
                previous_delete_at=clock.from_epoch(item["previous_delete_at"]),
                delete_at=clock.from_epoch(item["delete_at"]),
            )
            if entry.item() == {name: value for name, value in item.items() if name not in END_NAMES}:
                return entry
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
            pass
        raise Unreadable("an entry of the Ledger")
