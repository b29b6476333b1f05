"""What a refresh token is worth: the rule, without any I/O (ADR 9).

A session has one active refresh token, its generation. Using it makes the next one active. Answers get
lost, so the parent of the active token, sent by the session's own device, is answered with the active
token again, as long as no more than three answers were lost in 24 hours. A loss counts from when the
answer was given, not from when it is noticed: an app may notice two old losses on one day. Whatever
else is genuine but not active is a copy in wrong hands, and ends the session:

- a genuine token from another device, at once;
- a fourth repetition of the parent in 24 hours (a thief who copied the device id as well);
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
    """What to do with a genuine token."""

    ROTATE = auto()
    REPEAT = auto()
    END = auto()


@dataclass(frozen=True)
class Shown:
    """What a client shows: the token's generation, and whether its device is the session's."""

    generation: int
    same_device: bool


@dataclass(frozen=True)
class Active:
    """The session's active token: its generation, when it was last given, and the answers lost before."""

    generation: int
    given_at: datetime
    lost: Sequence[datetime] = ()

    def losses(self, now: datetime) -> list[datetime]:
        """Those that count, if the last answer is lost too: that is what a repetition says."""
        return [at for at in (*self.lost, self.given_at) if at + WITHIN > now]


def judge(active: Active, shown: Shown, now: datetime) -> RotationVerdict:
    """The worth of a token whose MAC is right."""
    if not shown.same_device:
        return RotationVerdict.END
    if shown.generation == active.generation:
        return RotationVerdict.ROTATE
    if shown.generation == active.generation - 1 and len(active.losses(now)) <= LOST_ANSWERS:
        return RotationVerdict.REPEAT
    return RotationVerdict.END
