"""Small figures of a table are hidden, and cannot be computed from what is published (ADR 53)."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.operations.reports.hidden_cells import (
    LEAST,
    SMALL,
    TOTAL,
    VALUES,
    Cell,
    CountTable,
    possible_values,
    published,
)

ROWS, COLUMNS = ("access", "erasure", "objection"), ("complied", "denied", "open")


def a_table(*lines: tuple[int, ...]) -> CountTable:
    rows, columns = ROWS[: len(lines)], COLUMNS[: len(lines[0])]
    counts = {(row, column): lines[i][j] for i, row in enumerate(rows) for j, column in enumerate(columns)}
    return CountTable(rows, columns, counts)


def values_by_trial(table: CountTable, hidden: set[Cell]) -> dict[Cell, set[int]]:
    """The values of each cell in all tables that a reader considers possible, found by trying tables."""

    def candidates(one: Cell) -> range:
        count = table.cells[one]
        if one not in hidden:
            return range(count, count + 1)
        return SMALL if count in SMALL else range(max(LEAST, count - 9), count + 10)

    inner = list(product(table.rows, table.columns))
    allowed = {one: candidates(one) for one in table.cells}
    found: dict[Cell, set[int]] = {one: set() for one in table.cells}
    for values in product(*(allowed[one] for one in inner)):
        other = CountTable(table.rows, table.columns, dict(zip(inner, values, strict=True))).cells
        if all(count in allowed[one] for one, count in other.items()):
            for one, count in other.items():
                found[one].add(count)
    return found


def test_zeros_and_counts_of_ten_and_more_are_published_where_none_is_small() -> None:
    table = a_table((25, 0, 10), (40, 12, 0), (0, 0, 0))
    assert published(table) == table.cells


def test_single_small_count_is_not_the_difference_to_a_total() -> None:
    shown = published(a_table((25, 3, 30), (40, 12, 50), (11, 20, 60)))
    assert shown["access", "denied"] is None
    line = [shown["access", column] for column in COLUMNS]
    column = [shown[row, "denied"] for row in ROWS]
    assert line.count(None) > 1
    assert column.count(None) > 1
    assert shown[TOTAL, TOTAL] == 251


def test_hidden_counts_of_a_line_together_are_about_at_least_ten() -> None:
    table = a_table((25, 3, 4), (40, 3, 4), (90, 3, 4))
    shown = published(table)
    for total, parts in table.lines():
        if shown[total] is not None and (inside := [one for one in parts if shown[one] is None]):
            assert sum(table.cells[one] for one in inside) >= LEAST


def test_smallest_count_is_hidden_with_small_ones_that_are_too_few_together() -> None:
    columns = ("complied", "in_part", "denied", "withdrawn", "open")
    lines = {"access": (60, 25, 3, 0, 4), "erasure": (70, 90, 3, 0, 4), "objection": (80, 95, 90, 0, 90)}
    counts = {(row, column): lines[row][i] for row in lines for i, column in enumerate(columns)}
    shown = published(CountTable(tuple(lines), columns, counts))
    assert [shown["access", column] for column in columns] == [60, None, None, 0, None]


def test_small_counts_at_their_bounds_get_further_possible_values() -> None:
    # Without rule 3 all four would have to be 9, the highest small count, since they are 18 by line.
    table = a_table((9, 9), (9, 9))
    small = {one for one, count in table.cells.items() if count in SMALL}
    assert possible_values(table, small, ("access", "complied")) == 1
    hidden = {one for one, count in published(table).items() if count is None}
    assert possible_values(table, hidden, ("access", "complied")) >= VALUES


def test_table_about_very_few_requests_shows_zeros_only() -> None:
    assert set(published(a_table((1, 0), (0, 0))).values()) == {0, None}
    assert set(published(a_table((0, 0), (0, 0))).values()) == {0}


def test_nothing_is_published_where_hiding_every_count_leaves_too_few_values() -> None:
    # A reader of the zeros knows six counts of at least 1, whose total is at most 9: none is more than 4.
    table = a_table((1, 1, 1), (1, 1, 1), (0, 0, 0))
    hidden = {one for one, count in table.cells.items() if count}
    assert possible_values(table, hidden, ("access", "complied")) == 4
    assert set(published(table).values()) == {None}


COUNTS = st.one_of(st.integers(0, 13), st.integers(0, 3), st.just(9))
SMALL_TABLES = st.tuples(st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS))


@settings(max_examples=15)
@given(lines=SMALL_TABLES)
def test_reader_who_tries_every_table_finds_no_small_count(lines: tuple[tuple[int, ...], ...]) -> None:
    table = a_table(*lines)
    hidden = {one for one, count in published(table).items() if count is None}
    tried = values_by_trial(table, hidden)
    for cell in (one for one, count in table.cells.items() if count in SMALL):
        assert len(tried[cell]) >= VALUES
        assert len(tried[cell]) == possible_values(table, hidden, cell)


LARGE_TABLES = st.lists(
    st.tuples(*[st.one_of(st.integers(0, 12), st.integers(0, 10_000))] * 3), min_size=3, max_size=3
)


@settings(max_examples=100)
@given(lines=LARGE_TABLES)
def test_each_small_count_is_hidden_and_protected(lines: list[tuple[int, ...]]) -> None:
    table = a_table(*lines)
    shown = published(table)
    hidden = {one for one, count in shown.items() if count is None}
    if hidden == table.cells.keys():  # then a reader knows nothing
        nonzero = {one for one, count in table.cells.items() if count}
        small = nonzero & {one for one, count in table.cells.items() if count in SMALL}
        assert nonzero == hidden or any(possible_values(table, nonzero, one) < VALUES for one in small)
        return
    for cell, count in table.cells.items():
        assert shown[cell] in {None, count}
        if count in SMALL:
            assert shown[cell] is None
            assert possible_values(table, hidden, cell) >= VALUES
        if count == 0:
            assert shown[cell] == 0


def test_most_figures_of_a_usual_year_are_published() -> None:
    table = a_table((1200, 30, 12), (800, 3, 25), (90, 11, 40))
    shown = published(table)
    assert sum(count is None for count in shown.values()) == 4
    assert all(shown[TOTAL, column] is not None for column in (*COLUMNS, TOTAL))
