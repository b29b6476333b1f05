"""Reads everything that a request must know about an account, in one consistent BatchGetItem.

A concept publishes a `Need`: the key of its item for the owner of a token, and how to read the item. A route
lists its needs; those of its caller's type are added. All of them are read in one consistent call, so a
logout or a restriction takes effect on the next request, and every request costs one read. Views that show
other accounts, and jobs, read several accounts in the same way.

Every route knows this module. A function without callers must not load boto3, so the table is imported by the
reads.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from chalicelib.core import clock
from chalicelib.core.ids import AccountId, SessionId

if TYPE_CHECKING:
    from chalicelib.core.table import Item, Key

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Claims:
    """The claims of a verified access token.

    `stepped_up_until` is in seconds since 1970; 0 if the token is not stepped up.
    """

    account_id: AccountId
    session_id: SessionId
    stepped_up_until: int = 0


class Wanted(Protocol[T_co]):
    """The interface of everything that a route or a job may list as a need."""

    def keys(self, claims: Claims) -> "tuple[Key, ...]":
        """The keys of its items for the owner of a token."""

    def read_from(self, items: "tuple[Item | None, ...]", found: "Found") -> T_co:
        """Read its value from the items at its keys, None where there is no item."""


@dataclass(frozen=True, eq=False)
class Need(Generic[T_co]):
    """One item: its key by the token's claims, and how it is read (None: no such item).

    That function may use other needs of the same request: reading a sealed record uses its data key.
    """

    key: "Callable[[Claims], Key]"
    read: "Callable[[Item | None, Found], T_co]"

    def keys(self, claims: Claims) -> "tuple[Key, ...]":
        """Return the only key of the need."""
        return (self.key(claims),)

    def read_from(self, items: "tuple[Item | None, ...]", found: "Found") -> T_co:
        """The value of the item."""
        return self.read(items[0], found)


@dataclass(frozen=True, eq=False)
class Several(Generic[T_co]):
    """Several items that give one value together; `read` gets them in the order of their keys."""

    places: "Callable[[AccountId], tuple[Key, ...]]"
    read: "Callable[[tuple[Item | None, ...]], T_co]"

    def keys(self, claims: Claims) -> "tuple[Key, ...]":
        """The keys of all its items."""
        return self.places(claims.account_id)

    def read_from(self, items: "tuple[Item | None, ...]", found: "Found") -> T_co:  # noqa: ARG002 - the signature of every need
        """The value of those items that exist."""
        return self.read(items)


class NotAskedFor(LookupError):
    """A view uses a need that its route does not list. This is a bug of ours."""


class Found:
    """The items of one batch; a need's value is computed when it is used first.

    `read_at` is an instant before the read: it contains everything that was committed until then.
    """

    def __init__(
        self,
        claims: Claims,
        keys: "Mapping[Wanted[Any], tuple[Key, ...]]",
        items: "Mapping[Key, Item]",
        read_at: datetime,
    ) -> None:
        self.claims = claims
        self.read_at = read_at
        self._keys = keys
        self._items = items
        self._values: dict[Wanted[Any], Any] = {}

    def __getitem__(self, need: Wanted[T]) -> T:
        """The value of a need.

        Raises:
            NotAskedFor: the need was not part of this read, so whether its item exists is unknown.
        """
        if need not in self._values:
            keys = self._keys.get(need) or self._read_for_another(need)
            self._values[need] = need.read_from(tuple(map(self._items.get, keys)), self)
        value: T = self._values[need]
        return value

    def _read_for_another(self, need: Wanted[Any]) -> "tuple[Key, ...]":
        """The keys of a need that is not listed; needs that are listed have the same keys."""
        keys, read = need.keys(self.claims), set(chain.from_iterable(self._keys.values()))
        if missing := [key for key in keys if key not in read]:
            raise NotAskedFor(missing[0].table, missing[0].sk)
        return keys


# Used in claims that do not come from a token; a need of a session finds no item under it.
NO_SESSION = SessionId("")
# Used for needs of rows that belong to no account.
NO_CLAIMS = Claims(AccountId(""), NO_SESSION)


def read_batch(claims: Claims, needs: Iterable[Wanted[Any]]) -> Found:
    """Read all needs of one request in one consistent call."""
    from chalicelib.core import table

    keys = {need: need.keys(claims) for need in needs}
    read_at = clock.now()
    return Found(claims, keys, table.batch_get(chain.from_iterable(keys.values())), read_at)


def read_accounts(account_ids: Iterable[AccountId], needs: tuple[Wanted[Any], ...]) -> list[Found]:
    """Read the same needs for several accounts in one consistent call of at most 100 keys."""
    return read_each((Claims(account_id, NO_SESSION), needs) for account_id in account_ids)


def read_each(wanted: "Iterable[tuple[Claims, Iterable[Wanted[Any]]]]") -> list[Found]:
    """Read the needs of several owners in one consistent call of at most 100 keys."""
    from chalicelib.core import table

    keys = [(claims, {need: need.keys(claims) for need in needs}) for claims, needs in wanted]
    read_at = clock.now()
    items = table.batch_get(key for _, own in keys for places in own.values() for key in places)
    return [Found(claims, own, items, read_at) for claims, own in keys]
