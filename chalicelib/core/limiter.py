"""Limits as atomic counters: one item per subject and limiter, one write per hit, never in a transaction.

A limiter has one or more windows (5 in 30 minutes and 10 a day). They are counters of the same item:
one for each window's current slot, counted up together by one conditional update, so parallel hits
can't slip through between a read and a write. A refused hit counts nothing.

Each limiter says what happens when its table can't be reached: refuse (`Unavailable`) where a hit
costs money or guards a secret. Subjects stand in the key as keyed hashes only.
What is kept is declared in `chalicelib/limits`.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import and_

from chalicelib.core import clock, keyring, table
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.settings import Secret
from chalicelib.core.table import Attr, Change, Conflict, Key, Table


@dataclass(frozen=True)
class Window:
    """At most `most` hits in each slot of this length (seconds of UTC, aligned to 1970)."""

    length: timedelta
    most: Callable[[], int]

    @property
    def seconds(self) -> int:
        """The slot's length."""
        return int(self.length.total_seconds())

    def slot(self, at: int) -> str:
        """The counter's attribute at an instant; its name changes with the slot, so it starts at 0."""
        return f"n{self.seconds}_{at // self.seconds}"

    def left(self, at: int) -> int:
        """Seconds until the slot ends."""
        return self.seconds - at % self.seconds


@dataclass(frozen=True)
class Limiter:
    """A named limit over subjects of one kind; over it, `problem` with `limit` and `retry_after`."""

    name: str
    windows: tuple[Window, ...]
    problem: type[TooMany]

    def hit(self, subject: str) -> None:
        """Count one use.

        Raises:
            TooMany: a window is full; the class is the limiter's `problem`.
            Unavailable: the counter can't be reached; the use is refused, not let through.
        """
        at = clock.to_epoch(clock.now())
        room = (
            Attr(window.slot(at)).not_exists() | Attr(window.slot(at)).lt(window.most())
            for window in self.windows
        )
        longest = max(self.windows, key=lambda window: window.seconds)
        gone = at + longest.left(at)
        began = clock.to_text(clock.from_epoch(gone - longest.seconds))
        try:
            table.write(
                Change(
                    self._key(subject, longest.slot(at)),
                    put={"kind": "limit", "began_at": began, "expires_at": gone, "delete_at": gone},
                    add={window.slot(at): 1 for window in self.windows},
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
                    self._key(subject, longest.slot(at)),
                    add=dict.fromkeys(slots, -1),
                    only_if=reduce(and_, (Attr(slot).gt(0) for slot in slots)),
                )
            )

    def _key(self, subject: str, slot: str) -> Key:
        """One item per slot of the longest window: it ends with the slot and can't grow for ever."""
        digest = keyring.mac_keys(Secret.LOOKUP).digest("limit", self.name, subject).hex()
        return Key(Table.CHALLENGES, f"limit#{self.name}#{digest}#{slot}")
