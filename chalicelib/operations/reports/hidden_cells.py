"""Which figures of a table stay unpublished, so that none about fewer than ten can be computed. Pure.

A table has rows, columns, and totals of both. Each cell, totals included, is a count of requests. Published
are zeros, which are about no person, and counts of ten or more. Hidden are:

1. Counts from 1 to 9.
2. In each row and column whose total is published: further cells, until the hidden ones together are about
   at least ten. Else their sum, which is the total minus the published cells, would be a small figure.
3. Further cells, until each small count has at least five possible values for a reader who knows all
   published cells, that all totals are sums, and which hidden cells are small. Rule 2 looks at one line, but
   several lines together may determine a cell.
4. All cells, zeros too, if a small count has fewer values although every other count is hidden. Of six
   requests in six cells, a reader who sees where the zeros are knows that none of the cells is above 4.

Rule 3 is checked exactly. The sums make the table a network: a row and a column are nodes, a cell is an edge,
and a table that a reader considers possible is a circulation within the bounds of the hidden cells. So the
highest and the lowest possible value of a cell are two maximum flows. If there are too few values, the cells
of the cheapest further path are hidden, which are those with the smallest counts. Each round hides a cell, so
it ends.

It does not protect from a reader who already knows some of the people in a hidden cell and subtracts them.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

SMALL = range(1, 10)  # counts that are never published
LEAST = SMALL.stop  # requests that hidden cells of a line are about
VALUES = 5  # values that each small count may have for a reader
TOTAL = "total"

Cell = tuple[str, str]  # row and column
Node = tuple[str, str]
_UNBOUNDED = 10**9


@dataclass(frozen=True)
class CountTable:
    """Counts by row and column, without their totals; a missing one is zero."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[Cell, int]

    @cached_property
    def cells(self) -> dict[Cell, int]:
        """All cells, totals included."""
        found = {
            (row, column): self.counts.get((row, column), 0) for row in self.rows for column in self.columns
        }
        for row in self.rows:
            found[row, TOTAL] = sum(found[row, column] for column in self.columns)
        for column in (*self.columns, TOTAL):
            found[TOTAL, column] = sum(found[row, column] for row in self.rows)
        return found

    def lines(self) -> Iterator[tuple[Cell, list[Cell]]]:
        """Yield each total with the cells whose sum it is."""
        rows, columns = (*self.rows, TOTAL), (*self.columns, TOTAL)
        for row in rows:
            yield (row, TOTAL), [(row, column) for column in self.columns]
        for column in columns:
            yield (TOTAL, column), [(row, column) for row in self.rows]


def published(table: CountTable) -> dict[Cell, int | None]:
    """Return each cell of a table as it may be published; None if it stays hidden."""
    cells = table.cells
    hidden = {cell for cell, count in cells.items() if count in SMALL}
    # In this order, because the path of a narrow cell mostly makes its lines large enough too.
    while more := _too_narrow(table, hidden) or _too_small_together(table, hidden):
        hidden |= more
    if any(possible_values(table, hidden, cell) < VALUES for cell in _small(table, hidden)):
        return dict.fromkeys(cells)
    return {cell: None if cell in hidden else count for cell, count in cells.items()}


def possible_values(table: CountTable, hidden: Iterable[Cell], cell: Cell) -> int:
    """Return how many values of a hidden cell are possible for a reader of the other ones."""
    known = set(hidden)
    return 1 + sum(_Network.of(table, known, cell, direction).widen() for direction in (1, -1))


def _too_small_together(table: CountTable, hidden: set[Cell]) -> set[Cell]:
    """Return a cell to hide because the hidden ones of a line are about too few; or none."""
    cells = table.cells
    for total, parts in table.lines():
        inside = [cell for cell in parts if cell in hidden]
        if inside and total not in hidden and sum(cells[cell] for cell in inside) < LEAST:
            shown = [cell for cell in parts if cells[cell] and cell not in hidden]
            return {min(shown, key=lambda cell: (cells[cell], cell), default=total)}
    return set()


def _too_narrow(table: CountTable, hidden: set[Cell]) -> set[Cell]:
    """Return cells to hide because a small one has too few possible values; or none."""
    for cell in _small(table, hidden):
        networks = [_Network.of(table, hidden, cell, direction) for direction in (1, -1)]
        if 1 + sum(network.widen() for network in networks) >= VALUES:
            continue
        for network in networks:
            if more := network.cheapest_path():
                return more
        # No path is left: the whole table is about too few.
        if rest := {one for one, count in table.cells.items() if count} - hidden:
            return rest
    return set()


def _small(table: CountTable, hidden: set[Cell]) -> list[Cell]:
    """Return the small cells, all of which are hidden, in a fixed order."""
    return sorted(cell for cell in hidden if table.cells[cell] in SMALL)


@dataclass
class _Network:
    """What a reader may shift in a table, to raise (or lower) one cell.

    `room`: by how much the flow from one node to another can grow, over hidden cells. `cheap`: the same over
    published cells, if they were hidden, with their counts.
    """

    begin: Node
    end: Node
    limit: int
    room: dict[Node, dict[Node, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    cheap: dict[Node, list[tuple[Node, int, Cell]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, table: CountTable, hidden: set[Cell], cell: Cell, direction: int) -> "_Network":
        """Build the network without the cell itself, whose flow returns through all others."""
        begin, end = _edge(cell)
        up, down = _bounds(table.cells[cell])
        made = cls(end, begin, up) if direction > 0 else cls(begin, end, down)
        for other, count in table.cells.items():
            if other == cell or not count:
                continue
            start, stop = _edge(other)
            up, down = _bounds(count)
            if other in hidden:
                made.room[start][stop] += up
                made.room[stop][start] += down
            else:
                made.cheap[start].append((stop, count, other))
                if down:
                    made.cheap[stop].append((start, count, other))
        return made

    def widen(self) -> int:
        """Send as much as possible from begin to end, at most `limit`; return how much it was."""
        sent = 0
        while sent < self.limit and (path := self._shortest_path()):
            amount = min(self.limit - sent, *(self.room[a][b] for a, b in path))
            for a, b in path:
                self.room[a][b] -= amount
                self.room[b][a] += amount
            sent += amount
        return sent

    def cheapest_path(self) -> set[Cell]:
        """Return the published cells of the cheapest path over all cells; none if there is no path."""
        best: dict[Node, tuple[int, int, Node | None, Cell | None]] = {self.begin: (0, 0, None, None)}
        queue = [(0, 0, self.begin)]
        while self.limit and queue:
            cost, steps, node = heapq.heappop(queue)
            if node == self.end or (cost, steps) > best[node][:2]:
                continue
            ways: list[tuple[Node, int, Cell | None]] = [
                (to, 0, None) for to, n in self.room[node].items() if n
            ]
            for to, price, cell in (*ways, *self.cheap[node]):
                if to not in best or (cost + price, steps + 1) < best[to][:2]:
                    best[to] = (cost + price, steps + 1, node, cell)
                    heapq.heappush(queue, (cost + price, steps + 1, to))
        return set(self._cells_to(best))

    def _cells_to(self, best: Mapping[Node, tuple[int, int, Node | None, Cell | None]]) -> Iterator[Cell]:
        node: Node | None = self.end if self.end in best else None
        while node is not None:
            _, _, before, cell = best[node]
            if cell is not None:
                yield cell
            node = before

    def _shortest_path(self) -> list[tuple[Node, Node]]:
        """Return the steps of a path with room from begin to end; none if there is no such path."""
        before: dict[Node, Node] = {}
        queue = deque([self.begin])
        while queue and self.end not in before:
            node = queue.popleft()
            for to, room in self.room[node].items():
                if room and to != self.begin and to not in before:
                    before[to] = node
                    queue.append(to)
        steps, node = list[tuple[Node, Node]](), self.end
        while node in before:
            steps.append((before[node], node))
            node = before[node]
        return steps


def _edge(cell: Cell) -> tuple[Node, Node]:
    """Return the nodes of a cell: cells flow from their row to their column, and totals back."""
    row, column = ("row", cell[0]), ("column", cell[1])
    is_sum = (cell[0] == TOTAL) != (cell[1] == TOTAL)
    return (column, row) if is_sum else (row, column)


def _bounds(count: int) -> tuple[int, int]:
    """By how much a hidden count may be higher or lower for a reader who knows whether it is small."""
    return (SMALL.stop - 1 - count, count - SMALL.start) if count in SMALL else (_UNBOUNDED, count - LEAST)
