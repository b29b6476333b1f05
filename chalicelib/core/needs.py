"""One consistent BatchGetItem for everything that has to be known about an account at one moment.

A concept publishes a `Need`: where its item is for the owner of a token, and how to read it. A route
lists the needs beyond those of its caller's type. All of them are read together, consistently, so a
logout or a restriction bites on the next request, and a request costs one read whatever it asks.
Views of other accounts and jobs read several accounts the same way.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.table import Item, Key

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Claims:
    """What a proven access token says.

    `stepped_up_until` is in seconds since 1970; 0 in tokens that are not stepped up.
    """

    account_id: AccountId
    session_id: SessionId
    stepped_up_until: int = 0


class Wanted(Protocol[T_co]):
    """What a route or a job may list among its needs."""

    def keys(self, claims: Claims) -> tuple[Key, ...]:
        """Where the items are for the owner of a token."""

    def read_from(self, items: Mapping[Key, Item], found: "Found") -> T_co:
        """What they say."""


@dataclass(frozen=True, eq=False)
class Need(Generic[T_co]):
    """An item that a request needs: its key from the token's claims, and its reading (None: absent).

    Reading may ask for another need of the same request: a sealed record asks for its data key.
    """

    key: Callable[[Claims], Key]
    read: Callable[[Item | None, "Found"], T_co]

    def keys(self, claims: Claims) -> tuple[Key, ...]:
        """The one key."""
        return (self.key(claims),)

    def read_from(self, items: Mapping[Key, Item], found: "Found") -> T_co:
        """The item, read."""
        return self.read(items.get(self.key(found.claims)), found)


@dataclass(frozen=True, eq=False)
class Several(Generic[T_co]):
    """Items that only say something together; their keys are the same throughout a request."""

    places: Callable[[AccountId], tuple[Key, ...]]
    read: Callable[[AccountId, Mapping[Key, Item]], T_co]

    def keys(self, claims: Claims) -> tuple[Key, ...]:
        """All of them."""
        return self.places(claims.account_id)

    def read_from(self, items: Mapping[Key, Item], found: "Found") -> T_co:
        """Those that are there, read together."""
        return self.read(found.claims.account_id, items)


class NotAskedFor(LookupError):
    """A view reads something that its route does not list among its needs; a bug."""


class Found:
    """The items of one request, each read by its need when asked for.

    `read_at` is an instant before the read: what was committed up to then is in it.
    """

    def __init__(
        self, claims: Claims, keys: frozenset[Key], items: dict[Key, Item], read_at: datetime
    ) -> None:
        self.claims = claims
        self.read_at = read_at
        self._keys = keys
        self._items = items

    def __getitem__(self, need: Wanted[T]) -> T:
        """What a need found.

        Raises:
            NotAskedFor: the need was not part of this read; to call it absent would be a lie.
        """
        if missing := [key for key in need.keys(self.claims) if key not in self._keys]:
            raise NotAskedFor(missing[0].table, missing[0].sk)
        return need.read_from(self._items, self)


# Stands in claims that were not made from a token; needs of a session find nothing under it.
NO_SESSION = SessionId("")


def read_batch(claims: Claims, needs: Iterable[Wanted[Any]]) -> Found:
    """Read all needs of a request in one consistent call."""
    keys, read_at = frozenset(key for need in needs for key in need.keys(claims)), clock.now()
    return Found(claims, keys, table.batch_get(keys), read_at)


def read_accounts(account_ids: Iterable[AccountId], needs: tuple[Wanted[Any], ...]) -> list[Found]:
    """Read the same needs for several accounts in one consistent call of at most 100 keys."""
    claims = [Claims(account_id, NO_SESSION) for account_id in account_ids]
    keys = frozenset(key for claim in claims for need in needs for key in need.keys(claim))
    read_at = clock.now()
    items = table.batch_get(keys)
    return [Found(claim, keys, items, read_at) for claim in claims]
