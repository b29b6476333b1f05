"""Batches: bounded, in order, and read only when they are asked for."""

import itertools

from chalicelib.core.batches import batched


def test_items_come_in_order_in_bounded_batches() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched((), 2)) == []


def test_no_batch_is_read_before_it_is_asked_for() -> None:
    rest = itertools.count()
    assert next(batched(rest, 3)) == [0, 1, 2]
    assert next(rest) == 3
