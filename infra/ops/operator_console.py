"""The console of the operators' commands: what they print, ask, and show while they wait."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable

import typer
from rich.console import Console, RenderableType
from rich.table import Table

from infra.ops.refused import CommandRefused

# A pipe has no width, and ids must not be cut.
WIDTH = 160
console = Console(soft_wrap=True, markup=False, highlight=False, width=None if sys.stdout.isatty() else WIDTH)
complain = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)


class NotConfirmed(CommandRefused):
    """The operator did not confirm."""


class _Chosen:
    """How this run of the program prints what it found."""

    as_json = False


def choose_format(*, as_json: bool) -> None:
    """Set whether commands print what they found as JSON, as an option of the call says."""
    _Chosen.as_json = as_json


def emit(found: object, *rendered: RenderableType) -> None:
    """Print what a command found: as JSON, or as `rendered`, a part per line."""
    if _Chosen.as_json:
        sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return
    for part in rendered:
        if isinstance(part, Table):
            _keep_whole(part)
        console.print(part)


def emit_pages(pages: Iterable[str]) -> None:
    """Print the line of each page of a long command; the last one is its result."""
    last = ""
    for last in pages:
        note(last)
    emit({"result": last})


def _keep_whole(table: Table) -> None:
    """Let long words, such as ARNs, go on in the next line: a narrow terminal would cut them."""
    for column in table.columns:
        if not column.no_wrap:
            column.overflow = "fold"


def note(line: str, style: str | None = None) -> None:
    """Print a remark: on stderr if a program reads the output."""
    (complain if _Chosen.as_json else console).print(line, style=style)


def ask(question: str) -> str:
    """Ask the operator for a value, which no shell keeps; it can be piped in."""
    if answer := _answer_to(f"{question}: "):
        return answer
    raise typer.BadParameter(f"nothing was typed as {question}")


def _answer_to(question: str) -> str:
    """Ask on stderr, because programs read stdout; "" if nothing is typed, as in a script."""
    complain.print(question, end="")
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        complain.print()
    return line.strip()


def confirm_unless(yes: bool, question: str, option: str = "--yes") -> None:  # noqa: FBT001 - an option
    """Ask the operator, unless the call has the option that answers yes.

    Raises:
        NotConfirmed: the answer is no, or there is none.
    """
    if not yes and _answer_to(f"{question} [y/N]: ").lower() not in {"y", "yes"}:
        raise NotConfirmed(f"not confirmed, so nothing was changed; {option} skips the question")


_REPORTED = 30  # seconds between two lines, if the output is no terminal


def in_words(seconds: int) -> str:
    """Return a length, such as `14 min 30 s`."""
    return f"{seconds // 60} min {seconds % 60:02} s"


def count_down(
    seconds: int,
    reason: str,
    sleep: Callable[[float], object] = time.sleep,
    say: Callable[[str], object] = note,
) -> None:
    """Wait, and show the time that is left: in one line of a terminal, else in a line now and then.

    Args:
        seconds: how long; nothing happens if it is not positive.
        reason: what is waited for, as a sentence.
        sleep: waits for some seconds.
        say: prints a line.
    """
    if seconds <= 0:
        return
    say(reason)
    if complain.is_terminal:
        with complain.status("") as shown:
            for left in range(seconds, 0, -1):
                shown.update(f"{in_words(left)} left to wait")
                sleep(1)
        return
    for left in range(seconds, 0, -_REPORTED):
        say(f"{in_words(left)} left to wait")
        sleep(min(left, _REPORTED))
