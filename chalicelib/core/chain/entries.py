"""A chain's entries: what they hold, how they are hashed, how they stand in the table."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

import rfc8785

from chalicelib.core import clock
from chalicelib.core.table import Item, Key, Table

GENESIS = "0" * 64  # what the first entry names as the hash before it
NEVER = clock.from_epoch(0)  # when what is before the first entry lapsed
SHARDS = 16  # of the index `touched`; each takes about a thousand appends a second
MOST_BYTES = 16 * 1024  # of a payload

_DOMAIN = "ru4m.ledger.entry.v1"
_DIGITS = 12
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_PSEUDONYM = re.compile(r"[^#\s]{1,200}")


class Unreadable(ValueError):
    """What is stored is not what this code writes; the text names the place, never the content."""


def canonical(value: object) -> str:
    """The one JSON text of a value, as RFC 8785 makes it.

    Raises:
        TypeError: it holds something that has none there (a date, a key that is no text, a whole
            number beyond 2^53).
    """
    try:
        return rfc8785.dumps(value).decode()  # type: ignore[arg-type]  # it judges the value itself
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):  # whose text quotes values
        raise TypeError("a value has no canonical text") from None


def digest(domain: str, value: object) -> str:
    """SHA-256 of a value's canonical text, in hex; no two domains share a preimage."""
    return hashlib.sha256(f"{domain}\0{canonical(value)}".encode()).hexdigest()


@dataclass(frozen=True)
class Chain:
    """Whose history: a kind of ours and a random pseudonym, never anything about a person."""

    kind: str
    pseudonym: str

    def __post_init__(self) -> None:
        if not _WORD.fullmatch(self.kind) or not _PSEUDONYM.fullmatch(self.pseudonym):
            raise ValueError("not the name of a chain")

    @property
    def name(self) -> str:
        """`<kind>#<pseudonym>`, the partition of its entries."""
        return f"{self.kind}#{self.pseudonym}"

    @classmethod
    def parse(cls, name: str) -> Self:
        """The chain of a name.

        Raises:
            ValueError: it is none.
        """
        kind, _, pseudonym = name.partition("#")
        return cls(kind, pseudonym)

    def key(self, seq: int) -> Key:
        """Where an entry is."""
        return Key(Table.LEDGER, self.name, place(seq))

    @property
    def shard(self) -> int:
        """Of the index `touched`."""
        return hashlib.sha256(self.name.encode()).digest()[0] % SHARDS


def place(seq: int) -> str:
    """A number as a sort key."""
    return f"{seq:0{_DIGITS}d}"


def numbered(sk: object) -> int:
    """The number that a sort key spells; 0 if it is none of ours."""
    text = str(sk)
    return int(text) if len(text) == _DIGITS and text.isascii() and text.isdecimal() else 0


def touched(day: datetime, shard: int) -> str:
    """The partition of the index `touched` for a day (UTC) and a shard."""
    return f"{day:%Y-%m-%d}#{shard:02d}"


@dataclass(frozen=True)
class NewEntry:
    """What a caller wants on record.

    `payload` is the caller's duty: pseudonyms, words and numbers of ours, nothing about a person; it can't
    be taken back before `delete_at`, which the chain may move further ahead but never nearer.
    """

    event: str
    payload: Mapping[str, object]
    delete_at: datetime


@dataclass(frozen=True)
class ChainEntry:
    """One entry as it stands in its chain."""

    chain: Chain
    seq: int
    at: datetime  # when it was made, by the writer's clock
    event: str
    payload: str  # canonical JSON
    salt: str  # random, so that the hash can't be guessed back into the payload
    previous: str  # hash of the entry before it
    previous_delete_at: datetime  # when that one may lapse
    delete_at: datetime

    @classmethod
    def following(cls, chain: Chain, previous: "ChainEntry | None", new: NewEntry) -> Self:
        """The entry that comes after `previous`, made now.

        Raises:
            ValueError: the event is no word, the payload too large, or its time has passed already.
            TypeError: the payload has no canonical text.
        """
        at, payload = clock.now(), canonical(dict(new.payload))
        before = previous.delete_at if previous else NEVER
        delete_at = max(before, new.delete_at.replace(microsecond=0))
        if not _WORD.fullmatch(new.event) or len(payload.encode()) > MOST_BYTES or delete_at <= at:
            raise ValueError("not an entry")
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
        """Over everything that the entry says, its place and its salt."""
        times = [clock.to_epoch(t) for t in (self.at, self.previous_delete_at, self.delete_at)]
        said = [self.chain.name, self.seq, self.event, self.payload, self.salt, self.previous]
        return digest(_DOMAIN, [*said, *times])

    @property
    def data(self) -> dict[str, Any]:
        """The payload, read."""
        data: dict[str, Any] = json.loads(self.payload)
        return data

    def item(self) -> Item:
        """As it is stored. `touched` and `at` are the index of what is to be signed."""
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
            "touched": touched(self.at, self.chain.shard),
            "expires_at": clock.to_epoch(self.delete_at),
            "delete_at": clock.to_epoch(self.delete_at),
        }

    @classmethod
    def read(cls, item: Item) -> Self:
        """The entry that an item holds; whoever reads one knows that its hash and index are right.

        Raises:
            Unreadable: an attribute is missing, altered or too many.
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
            if entry.item() == item:
                return entry
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
            pass
        raise Unreadable("an entry of the Ledger")
