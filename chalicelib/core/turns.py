"""Turns: at most one worker at a time does something for one subject.

A turn is one item that its holder creates and deletes, and that expires by itself, so a worker that is
killed blocks its subject no longer than its lease. The holder may take its own turn again at once: the
worker that takes over from a killed one must not wait for it.

A turn spreads the work of one subject over time. It guards nothing: what must not happen twice needs a
condition of its own. So when the table does not answer, the worker does not go on (`Unavailable`), and
a turn that could not be given back simply expires.

Items stand beside the counters of limits, under a keyed hash of their subject (`limits/model.Limit`).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.core import clock, keyring, table
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import Secret
from chalicelib.core.table import Attr, Conflict, Create, Delete, Key, Table


class TurnTaken(Conflict):
    """Another holder has the turn."""


@dataclass(frozen=True)
class Turns:
    """The turns of one kind of work, one for each subject."""

    name: str

    def acquire(self, subject: str, holder: str, length: timedelta) -> bool:
        """Take the turn of a subject for a time; False while another holder has it.

        Raises:
            Unavailable: the table does not answer; nothing may be done.
        """
        now = clock.now()
        ends = clock.to_epoch(now + length)
        item = {
            "kind": "limit",
            "began_at": clock.to_text(now),
            "holder": holder,
            "expires_at": ends,
            "delete_at": ends,
        }
        ours = Attr("holder").eq(holder)
        try:
            table.write(Create(self._key(subject), item, conflict=TurnTaken, or_over=ours))
        except TurnTaken:
            return False
        return True

    def release(self, subject: str, holder: str) -> None:
        """Give the turn back; nothing happens if it is another's by now, or cannot be given back."""
        with suppress(Conflict, Unavailable):
            table.write(Delete(self._key(subject), only_if=Attr("holder").eq(holder)))

    def _key(self, subject: str) -> Key:
        digest = keyring.mac_keys(Secret.LOOKUP).digest("turn", self.name, subject).hex()
        return Key(Table.CHALLENGES, f"turn#{self.name}#{digest}")
