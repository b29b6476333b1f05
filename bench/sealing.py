"""What sealing costs a request: its share of the function's CPU time, and the bytes that it adds.

The share is a ratio of two times of one run, so it says something on any machine. The emulated AWS runs
in the same process; its time is taken off, for in the cloud the function waits there instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from chalice.app import Chalice
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib.core.sealing import SealingKeys

Function = Callable[..., Any]


@dataclass
class Cost:
    """Seconds of CPU, and bytes, of one request or of several added up."""

    function: float = 0
    aws: float = 0
    sealing: float = 0
    added: int = 0
    _inside: bool = False

    @property
    def share(self) -> float:
        """Sealing, opening and unwrapping keys, of all that the function does itself."""
        return self.sealing / (self.function - self.aws)

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.function + other.function,
            self.aws + other.aws,
            self.sealing + other.sealing,
            self.added + other.added,
        )

    def timed(self, part: str, do: Function) -> Function:
        """A method whose CPU time is added to a part."""

        def measured(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever the method takes
            started = time.process_time()
            try:
                return do(*args, **more)
            finally:
                setattr(self, part, getattr(self, part) + time.process_time() - started)

        return measured

    def outermost(self, do: Function) -> Function:
        """Time of sealing; opening a record may unwrap its key first, which must not count twice."""
        timed = self.timed("sealing", do)

        def measured(*args: Any) -> Any:  # noqa: ANN401 - as above
            if self._inside:
                return do(*args)
            self._inside = True
            try:
                return timed(*args)
            finally:
                self._inside = False

        return measured

    def weighed(self, seal: Function) -> Function:
        """Count what a blob has more than what is in it."""

        def measured(keys: SealingKeys, plain: bytes, *place: Any) -> bytes:  # noqa: ANN401 - as above
            blob: bytes = seal(keys, plain, *place)
            self.added += len(blob) - len(plain)
            return blob

        return measured


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the requests of this block."""
    cost = Cost()
    seal, unseal = SealingKeys.seal, SealingKeys.open
    with (
        mock.patch.object(Chalice, "__call__", cost.timed("function", Chalice.__call__)),
        mock.patch.object(BotocoreStubber, "__call__", cost.timed("aws", BotocoreStubber.__call__)),
        mock.patch.object(SealingKeys, "seal", cost.weighed(cost.outermost(seal))),
        mock.patch.object(SealingKeys, "open", cost.outermost(unseal)),
    ):
        yield cost
