"""`python -m bench.peers` (`make bench-peers`): our functions beside the same ones in other frameworks.

It checks that all do the same job (`equality`), then measures warm requests and cold starts by CPU time, in
turns. `warm` or `cold` measures one of them; `smallest` shows in seconds that it runs. With `--check` it
exits with status 3 if a target is missed. `--write` puts the figures on docs/performance.md. For Linux.
"""

import argparse
import os
import sys

from rich.console import Console
from rich.markdown import Markdown

from tests.support.clouds import environment

os.environ.update(environment.variables())

from bench.peers import equality, report, runner
from bench.peers.fixture import fixture

_TURNS = {"warm": 60, "cold": 30}
_MISSED = 3


def main() -> int:
    """Measure and print; return the exit status."""
    options = _options()
    turns = _TURNS if options.part != "smallest" else dict.fromkeys(_TURNS, 2)
    parts = turns if options.part not in _TURNS else [options.part]
    setup = runner.packaged(fixture())
    results = report.Results(
        equality.check(setup),
        runner.warm(setup, turns["warm"]) if "warm" in parts else {},
        runner.cold(setup, turns["cold"]) if "cold" in parts else {},
    )
    shown = report.tables(results), report.spread(results.warm), report.spread(results.cold)
    Console(width=150).print(Markdown("\n\n".join(shown)))
    if options.write:
        report.PAGE.write_text(report.rewritten(report.PAGE.read_text(), results))
        report.draw(results, report.PICTURE)
    missed = any(row[-1] == "missed" for row in results.targets)
    return _MISSED if options.check and missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("part", nargs="?", choices=[*_TURNS, "smallest"], help="measure only this part")
    parser.add_argument("--check", action="store_true", help=f"exit with {_MISSED} if a target is missed")
    parser.add_argument("--write", action="store_true", help="put the figures on docs/performance.md")
    options = parser.parse_args()
    if options.write and options.part:
        parser.error("--write needs all parts")
    return options


if __name__ == "__main__":
    sys.exit(main())
