"""Turns: leases by which at most one worker at a time works for one subject.

A turn is one item that its holder creates and deletes. It expires, so a killed worker blocks its subject only
until the turn ends. A holder may acquire its own turn again at once: a worker that takes over from a
killed one, under the same holder name, need not wait.

A turn only serialises the work of one subject. It does not make a write safe: a write that must not happen
twice needs a condition of its own. If the table does not answer, the worker stops (`Unavailable`). A turn
that could not be released expires.

The items are in the table of challenges, beside the counters of limits, under a keyed hash of their subject
(`accounts/limits/model.Limit`).
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
    """The turns of one kind of work; each subject has one."""

    name: str

    def acquire(self, subject: str, holder: str, length: timedelta) -> bool:
        """Acquire the turn of a subject for a time; False while another holder has it.

        Raises:
            Unavailable: the table does not answer; the caller must not start the work.
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
        """Release the turn if it is still this holder's; if the table does not answer, it expires."""
        with suppress(Conflict, Unavailable):
            table.write(Delete(self._key(subject), only_if=Attr("holder").eq(holder)))

    def _key(self, subject: str) -> Key:
        digest = keyring.mac_keys(Secret.LOOKUP).digest("turn", self.name, subject).hex()
        return Key(Table.CHALLENGES, f"turn#{self.name}#{digest}")
