"""Limits as atomic counters: one item per subject and limiter, one write per hit, never in a transaction.

A limiter has one or more windows (5 in 30 minutes and 10 a day). They are counters of the same item:
one for each window's current slot, counted up together by one conditional update, so parallel hits
can't slip through between a read and a write. A refused hit counts nothing.

Each limiter declares what happens when its counter can't be reached (throttled, timed out, the table
is down): REFUSE where a hit costs money or guards a secret, ALLOW where a stranger's outage must not
become everybody's. Subjects stand in the key as hashes only.
What is kept is declared in `chalicelib/limits`.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from functools import reduce
from operator import and_

from chalicelib.core import clock, keyring, metrics, table
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.ids import Id
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import Secret
from chalicelib.core.table import Attr, Change, Conflict, Item, Key, Table


class WhenUnreachable(Enum):
    """What a limit answers while nobody can count."""

    REFUSE = auto()
    ALLOW = auto()

    def answer(self, outage: Unavailable) -> None:
        """Refuse by raising the outage, or let the use through uncounted, which operations see."""
        if self is WhenUnreachable.REFUSE:
            raise outage
        metrics.count(Metric.USE_NOT_COUNTED)


@dataclass(frozen=True)
class Window:
    """At most `most` hits in each slot of this length (seconds of UTC, aligned to 1970).

    With `part`, a letter and hexadecimal digits, it counts the hits of that part of the subject alone.
    """

    length: Callable[[], timedelta]
    most: Callable[[], int]
    part: str = ""

    @property
    def seconds(self) -> int:
        """The slot's length."""
        return int(self.length().total_seconds())

    def slot(self, at: int) -> str:
        """The counter's attribute at an instant; its name changes with the slot, so it starts at 0."""
        return f"n{self.part}{'_' if self.part else ''}{self.span(at)}"

    def span(self, at: int) -> str:
        """The slot at an instant, whatever counts in it."""
        return f"{self.seconds}_{at // self.seconds}"

    def left(self, at: int) -> int:
        """Seconds until the slot ends."""
        return self.seconds - at % self.seconds


@dataclass(frozen=True)
class Limiter:
    """A named limit over subjects of one kind; over it, `problem` with `limit` and `retry_after`."""

    name: str
    windows: tuple[Window, ...]
    problem: type[TooMany]
    when_unreachable: WhenUnreachable

    def hit(self, subject: str) -> None:
        """Count one use.

        Raises:
            TooMany: a window is full; the class is the limiter's `problem`.
            Unavailable: the counter can't be reached, and the limiter refuses then.
        """
        self._admit(subject, 1)

    def check(self, subject: str) -> None:
        """Refuse as a hit would, and count nothing.

        It is the same write as a hit: among parallel ones it has its place in the order of all, and
        takes as long, so nobody can tell the two apart or come in between.

        Raises:
            TooMany, Unavailable: as for a hit.
        """
        self._admit(subject, 0)

    def _admit(self, subject: str, uses: int) -> None:
        at = clock.to_epoch(clock.now())
        room = (
            Attr(window.slot(at)).not_exists() | Attr(window.slot(at)).lt(window.most())
            for window in self.windows
        )
        longest = max(self.windows, key=lambda window: window.seconds)
        try:
            table.write(
                Change(
                    counter(self.name, subject, longest.span(at)),
                    put=until_end_of_slot(at, longest.seconds),
                    add={window.slot(at): uses for window in self.windows},
                    only_if=reduce(and_, room),
                )
            )
        except Conflict as full:
            found = full.found or {}
            wait = max(
                (w.left(at) for w in self.windows if found.get(w.slot(at), 0) >= w.most()),
                default=1,
            )
            raise self.problem(limit=self.name, retry_after=wait) from None
        except Unavailable as outage:
            self.when_unreachable.answer(outage)

    def give_back(self, subject: str) -> None:
        """Uncount one use that came to nothing, in the slots of now.

        What can't be given back (the counter is out of reach, or its slot is over) stays counted: that
        errs on the strict side, and whoever gives back has something else to say.
        """
        at = clock.to_epoch(clock.now())
        slots = [window.slot(at) for window in self.windows]
        longest = max(self.windows, key=lambda window: window.seconds)
        with suppress(Conflict, Unavailable):
            table.write(
                Change(
                    counter(self.name, subject, longest.span(at)),
                    add=dict.fromkeys(slots, -1),
                    only_if=reduce(and_, (Attr(slot).gt(0) for slot in slots)),
                )
            )


def counter(name: str, subject: str, slot: str) -> Key:
    """A counter's place: one item per slot, so it ends with the slot and can't grow for ever."""
    return Key(Table.CHALLENGES, f"limit#{name}#{_hash(name, subject)}#{slot}")


def _hash(name: str, subject: str) -> str:
    """Whose uses they are, as nobody who sees the counter can tell.

    An id of ours is random, so nobody finds it by trying and its hash needs no key: functions that only limit
    accounts do without the lookup key, which opens every number. All else can be guessed.
    """
    if isinstance(subject, Id):
        return hashlib.sha256(f"limit#{name}#{subject}".encode()).hexdigest()
    return keyring.mac_keys(Secret.LOOKUP).digest("limit", name, subject).hex()


def until_end_of_slot(at: int, seconds: int) -> Item:
    """What stands on a counter beside its counts, as `limits.model.Limit` declares it."""
    began = at - at % seconds
    gone = began + seconds
    return {
        "kind": "limit",
        "began_at": clock.to_text(clock.from_epoch(began)),
        "expires_at": gone,
        "delete_at": gone,
    }
