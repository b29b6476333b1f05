"""The results as tables on the terminal, and as the part of docs/performance.md that is generated."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.peers.cold import Cold
from bench.peers.contestants import FRAMEWORKS, JOBS, OURS, POWERTOOLS, REFERENCE
from bench.peers.equality import Calls
from bench.peers.targets import Target, targets
from bench.peers.warm import Warm

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PICTURE = DOCS / "performance.md", DOCS / "img" / "peers.svg"
_BEGIN, _END = "<!-- written by bench.peers: begin -->", "<!-- written by bench.peers: end -->"


@dataclass(frozen=True)
class Results:
    """What a run found; `warm` or `cold` is empty if it was not measured."""

    calls: dict[str, dict[str, Calls]]
    warm: Warm
    cold: Cold

    @property
    def targets(self) -> list[Target]:
        """The goals of what was measured."""
        return targets(self.warm, self.cold)


def show(results: Results, console: Console) -> None:
    """Print the tables."""
    console.print(_calls(results))
    if results.warm:
        console.print(_warm(results.warm))
    if results.cold:
        console.print(_cold(results.cold))
    shown = Table("ratio of this project", "at most", "measured", "", title="Targets")
    for one in results.targets:
        shown.add_row(one.what, f"{one.limit:.2f}", f"{one.measured:.2f}", "met" if one.is_met else "MISSED")
    console.print(shown)


def _calls(results: Results) -> Table:
    shown = Table(
        "job", "calls of each function", "items that we read", "that the others read", title="Calls to AWS"
    )
    for row in _rows_of_calls(results):
        shown.add_row(*row)
    return shown


def _rows_of_calls(results: Results) -> Iterator[tuple[str, ...]]:
    for job, by_framework in results.calls.items():
        ours = by_framework[OURS]
        others = {calls.items_read for framework, calls in by_framework.items() if framework != OURS}
        yield job, _operations(ours), str(ours.items_read), ", ".join(map(str, sorted(others)))


def _operations(calls: Calls) -> str:
    return ", ".join(name if number == 1 else f"{number} {name}" for name, number in calls.operations)


def _warm(warm: Warm) -> Table:
    title = f"Warm: CPU time of a request, {POWERTOOLS} = 1 (middle half of the turns), and microseconds"
    shown = Table("job", *FRAMEWORKS, title=title)
    for job, by_framework in warm.items():
        one = by_framework[POWERTOOLS]
        cells = []
        for framework in FRAMEWORKS:
            own = by_framework[framework]
            low, high = own.quartiles_to(one)
            spread = "" if own is one else f" ({low:.2f}-{high:.2f})"
            cells.append(f"{own.ratio_to(one):.2f}{spread}\n{own.median * 1e6:,.0f} us")
        shown.add_row(job, *cells)
    return shown


def _cold(cold: Cold) -> Table:
    title = f"Cold: CPU time from the start of Python to the first response, {REFERENCE.framework} = 1"
    shown = Table("function", "framework", "ratio", "middle half", "ms", "modules", title=title)
    for one, own in cold.items():
        low, high = own.quartiles_to(cold[REFERENCE])
        figures = f"{own.ratio_to(cold[REFERENCE]):.2f}", f"{low:.2f}-{high:.2f}", f"{own.median * 1e3:.0f}"
        shown.add_row(one.job, one.framework, *figures, str(own.modules))
    return shown


def rewritten(page: str, results: Results) -> str:
    """The page with the tables of a run.

    Raises:
        ValueError: the page has no place for them.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError("the page has no place for the tables")
    return "\n".join((before + _BEGIN, "", *_lines(results), "", _END + after))


def _lines(results: Results) -> Iterator[str]:
    yield _row("warm", *FRAMEWORKS)
    yield _row(*["---"] * (len(FRAMEWORKS) + 1))
    for job in JOBS:
        of = results.warm[job]
        yield _row(job, *(f"{of[framework].ratio_to(of[POWERTOOLS]):.2f}" for framework in FRAMEWORKS))
    yield ""
    yield _row("cold", "framework", f"CPU, {REFERENCE.framework} = 1", "modules in memory")
    yield _row(*["---"] * 4)
    for one, own in results.cold.items():
        yield _row(one.job, one.framework, f"{own.ratio_to(results.cold[REFERENCE]):.2f}", str(own.modules))
    yield ""
    yield _row("ratio of this project", "goal: at most", "measured", "")
    yield _row(*["---"] * 4)
    for target in results.targets:
        verdict = "met" if target.is_met else "missed"
        yield _row(target.what, f"{target.limit:.2f}", f"{target.measured:.2f}", verdict)
    yield ""
    yield _row("job", "calls of each function", "items that we read", "that the others read")
    yield _row(*["---"] * 4)
    for row in _rows_of_calls(results):
        yield _row(*row)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
