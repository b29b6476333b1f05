"""`python -m bench.peers` (`make bench-peers`): our functions beside the same ones in other frameworks.

It checks that all do the same job (`equality`), then measures warm requests and cold starts by CPU time, in
turns. `warm` or `cold` measures one of them; `smallest` shows in seconds that it runs. With `--check` it
exits with status 3 if a target is missed. `--write` puts the figures on docs/performance.md. For Linux.
"""

import argparse
import os
import sys

from rich.console import Console

from tests.support.clouds import environment

os.environ.update(environment.variables())

from bench.peers import cold, equality, picture, report, warm
from bench.peers.fixture import fixture
from bench.peers.report import Results
from bench.peers.setup import Failed, packaged

_TURNS = {"warm": 60, "cold": 30}
_MISSED = 3


def main() -> int:
    """Measure and print; return the exit status."""
    options = _options()
    parts = _TURNS if options.part in {None, "smallest"} else {options.part: _TURNS[options.part]}
    turns = dict.fromkeys(parts, 2) if options.part == "smallest" else parts
    try:
        with packaged(fixture()) as setup:
            results = Results(
                equality.check(setup),
                warm.measure(setup, turns["warm"]) if "warm" in turns else {},
                cold.measure(setup, turns["cold"]) if "cold" in turns else {},
            )
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    report.show(results, Console(width=150))
    if options.write:
        report.PAGE.write_text(report.rewritten(report.PAGE.read_text(), results))
        report.PICTURE.write_text(picture.as_svg(results.warm, results.cold))
    missed = not all(target.is_met for target in results.targets)
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
