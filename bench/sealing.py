"""Measures sealing: its share of the CPU time of a request, and the bytes that it adds.

The share is a ratio of two times of one run, so it is comparable between machines. The emulated AWS runs in
the same process. Its time is subtracted, because a deployed function waits for AWS without using its CPU.
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
        """Return the share of sealing, opening and unwrapping keys in the function's own CPU time."""
        return self.sealing / (self.function - self.aws)

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.function + other.function,
            self.aws + other.aws,
            self.sealing + other.sealing,
            self.added + other.added,
        )

    def timed(self, part: str, do: Function) -> Function:
        """Return a method that adds its CPU time to a part."""

        def measured(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - the arguments of the method
            started = time.process_time()
            try:
                return do(*args, **more)
            finally:
                setattr(self, part, getattr(self, part) + time.process_time() - started)

        return measured

    def outermost(self, do: Function) -> Function:
        """Return a method that adds its CPU time to `sealing`, without counting nested calls twice."""
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

    def count_added_bytes(self, seal: Function) -> Function:
        """Return a `seal` that counts the bytes by which a blob is longer than its plain text."""

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
        mock.patch.object(SealingKeys, "seal", cost.count_added_bytes(cost.outermost(seal))),
        mock.patch.object(SealingKeys, "open", cost.outermost(unseal)),
    ):
        yield cost
