"""The results as tables and a picture, for the terminal and docs/performance.md, and the targets."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from bench.peers import runner
from bench.peers.equality import Calls
from bench.peers.runner import FRAMEWORKS, JOBS, OURS, POWERTOOLS, REFERENCE, Figures, Function

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PICTURE = DOCS / "performance.md", DOCS / "img" / "peers.svg"
_COLD = "cold", "framework", f"CPU, {REFERENCE.framework} = 1", "modules in memory"
_CALLS = "job", "calls of each function", "items that we read", "that the others read"
_BEGIN, _END = "<!-- written by bench.peers: begin -->", "<!-- written by bench.peers: end -->"

# At most this ratio to Powertools' resolver with validation.
WARM_LIMITS = {Function(OURS, job): limit for job, limit in zip(JOBS, (0.70, 0.80, 0.85, 0.75), strict=True)}
# At most this ratio to the least function of the stack.
COLD_LIMITS = {Function(OURS, runner.CHAT): 1.20, runner.OUR_AUTHORIZER: 0.45}


class Results(NamedTuple):
    """What a run found; `warm` or `cold` is empty if it was not measured."""

    calls: dict[Function, Calls]
    warm: Figures
    cold: Figures

    @property
    def targets(self) -> Iterator[tuple[str, ...]]:
        """The ratios that must not be exceeded, of what was measured, as rows of the table."""
        for one, limit in WARM_LIMITS.items() if self.warm else ():
            to_plain = self.warm[one].ratios_to(self.warm[Function(runner.CHALICE, one.job)])
            yield _target(f"{one.job}, to Powertools", limit, ratio(self.warm, one))
            yield _target(f"{one.job}, to plain Chalice", 0.99, median(to_plain))  # below it
        for one, limit in COLD_LIMITS.items() if self.cold else ():
            yield _target(f"{one.job}, cold, to {REFERENCE.framework}", limit, ratio(self.cold, one))


def _target(what: str, limit: float, measured: float) -> tuple[str, ...]:
    verdict = "met" if round(measured, 2) <= limit else "missed"  # as it is printed
    return what, f"{limit:.2f}", f"{measured:.2f}", verdict


def ratio(figures: Figures, one: Function) -> float:
    """The median ratio to Powertools of a warm request, to the least function of a cold start."""
    return median(_ratios(figures, one))


def _ratios(figures: Figures, one: Function) -> list[float]:
    return figures[one].ratios_to(figures.get(REFERENCE) or figures[Function(POWERTOOLS, one.job)])


def tables(results: Results) -> str:
    """The tables of docs/performance.md, in Markdown."""
    parts = (
        _table(_warm(results.warm), "warm", *FRAMEWORKS) if results.warm else "",
        _table(_cold(results.cold), *_COLD) if results.cold else "",
        _table(results.targets, "ratio of this project", "goal: at most", "measured", ""),
        _table(_calls(results), *_CALLS),
    )
    return "\n\n".join(filter(None, parts))


def spread(figures: Figures) -> str:
    """The middle half of the ratios, and the median times, as a table in Markdown."""
    rows = []
    for one, own in figures.items():
        low, _, high = quantiles(_ratios(figures, one), n=4)
        rows.append((one.job, one.framework, f"{low:.2f}-{high:.2f}", f"{median(own.seconds) * 1e3:,.2f}"))
    return _table(rows, "job", "framework", "middle half of the ratios", "CPU, ms")


def _warm(warm: Figures) -> Iterator[tuple[str, ...]]:
    for job in JOBS:
        yield job, *(f"{ratio(warm, Function(framework, job)):.2f}" for framework in FRAMEWORKS)


def _cold(cold: Figures) -> Iterator[tuple[str, ...]]:
    for one, own in cold.items():
        yield one.job, one.framework, f"{ratio(cold, one):.2f}", str(own.modules)


def _calls(results: Results) -> Iterator[tuple[str, ...]]:
    for job in JOBS:
        ours, *others = (calls for function, calls in results.calls.items() if function.job == job)
        read = sorted({str(calls.items_read) for calls in others})
        yield job, ours.operations, str(ours.items_read), ", ".join(read)


def _table(rows: Iterable[tuple[str, ...]], *header: str) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows))


def rewritten(page: str, results: Results) -> str:
    """The page with the tables of a run.

    Raises:
        ValueError: the page has no place for them.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError("the page has no place for the tables")
    return f"{before}{begin}\n\n{tables(results)}\n\n{end}{after}"


def draw(results: Results, to: Path) -> None:
    """Write an SVG with a bar for each function. Equal results give equal bytes."""
    import matplotlib as mpl  # late: importing it writes below the home folder
    from matplotlib.figure import Figure

    warm, cold = results.warm, results.cold
    bars = [(f"{one.job}, {one.framework}", ratio(warm, one), WARM_LIMITS.get(one)) for one in warm]
    bars += [(f"cold: {one.job}, {one.framework}", ratio(cold, one), COLD_LIMITS.get(one)) for one in cold]
    names, ratios, limits = zip(*bars, strict=True)
    labels = [f"{name}: {measured:.2f}" for name, measured in zip(names, ratios, strict=True)]
    figure = Figure(figsize=(9, 9), layout="constrained")
    axes = figure.subplots()
    drawn = axes.barh(labels, ratios, color=["#1f6f8b" if OURS in name else "#b8c4ce" for name in names])
    axes.axvline(1, color="#5a6673", linestyle="dashed", linewidth=1)
    for bar, limit in zip(drawn, limits, strict=True):
        if limit:
            axes.vlines(limit, bar.get_y(), bar.get_y() + bar.get_height(), colors="#c0392b", linewidth=3)
    figure.suptitle(f"CPU, {POWERTOOLS} = 1; cold: {REFERENCE.framework} = 1; red: the goal", size=10)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    with mpl.rc_context({"svg.hashsalt": "peers", "svg.fonttype": "none"}):
        figure.savefig(to, format="svg", metadata={"Date": None})
