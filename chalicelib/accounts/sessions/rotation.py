"""The rule of refresh token rotation, without any I/O (ADR 9).

A session has one active refresh token, identified by its generation. Using it makes the next one active.
Responses may be lost, so the parent of the active token, sent by the session's own device, is answered with
the active token again, unless more than three responses were lost in 24 hours. A loss counts from the time of
the response, not from when the app notices it: an app may notice two old losses on one day. Any other genuine
token that is not active is treated as a stolen copy and ends the session:

- a genuine token from another device;
- a fourth repetition of the parent in 24 hours (an attacker may have copied the device id too);
- any token older than the parent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from chalicelib.core.clock import DAY

LOST_ANSWERS = 3
WITHIN = DAY


class RotationVerdict(Enum):
    """The decision about a genuine token."""

    ROTATE = auto()
    REPEAT = auto()
    END = auto()


@dataclass(frozen=True)
class Shown:
    """A presented token: its generation, and whether its device is that of the session."""

    generation: int
    same_device: bool


@dataclass(frozen=True)
class Active:
    """The session's active token: generation, time of its last response, earlier lost responses."""

    generation: int
    given_at: datetime
    lost: Sequence[datetime] = ()

    def losses(self, now: datetime) -> list[datetime]:
        """The lost responses of 24 hours, with the last one, which a repetition shows to be lost."""
        return [at for at in (*self.lost, self.given_at) if at + WITHIN > now]


def decide(active: Active, shown: Shown, now: datetime) -> RotationVerdict:
    """Decide what to do with a token whose MAC is right."""
    if not shown.same_device:
        return RotationVerdict.END
    if shown.generation == active.generation:
        return RotationVerdict.ROTATE
    if shown.generation == active.generation - 1 and len(active.losses(now)) <= LOST_ANSWERS:
        return RotationVerdict.REPEAT
    return RotationVerdict.END
