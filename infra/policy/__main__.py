"""`python -m infra.policy STAGE`: the privacy policy and the terms of a stage, from its facts (ADR 85, 90).

It writes the facts and a page for each language and script to build/, or freezes them as a version that is
announced and served. No page is written if a clause states what the facts do not say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.consents.notices import frozen
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.privacy.clauses.binding import Untrue
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.purposes import Practice
from infra.build import BUILD, ROOT
from infra.ops.refused import FAILED, CommandRefused
from infra.policy.facts import departures, of_target
from infra.policy.pages import bindings, files_of, freeze
from infra.processing.__main__ import configured_stage


def main(
    stage: Annotated[str, typer.Argument(help="a stage")],
    named: Annotated[
        Path | None,
        typer.Option("--settings", exists=True, dir_okay=False, help="default: stages/<stage>.toml"),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="compare with the facts.json of a version"),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--freeze", help="a version, by the day of its effect: privacy-2027-03-01"),
    ] = None,
) -> None:
    """Write the pages of a stage, freeze a version, or compare the stage with the facts of a version."""
    facts = of_target(configured_stage(stage, named), frozenset(Practice))
    if against:
        found = list(departures(Facts(json.loads(against.read_text())), facts))
        typer.echo("\n".join(found) or "The stage does nothing beyond this version.")
        raise typer.Exit(3 if found else 0)
    if version is not None:
        folder = _frozen(version, facts)
        typer.echo(f"{folder.relative_to(ROOT)}: digest {frozen.digest(folder)}")
        return
    for kind in NoticeKind:
        typer.echo(_written(kind, stage, facts).relative_to(ROOT))
    for fact, bound, number in bindings(facts):
        typer.echo(f"{fact}: clauses bind {bound} of {number}")


@contextmanager
def _refusing() -> Iterator[None]:
    """Print why pages are not made, in one line."""
    try:
        yield
    except (CommandRefused, Untrue) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(FAILED) from None


@_refusing()
def _written(kind: NoticeKind, stage: str, facts: Facts) -> Path:
    folder = BUILD / f"{kind}-{stage}"
    files = files_of(kind, facts, None)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@_refusing()
def _frozen(name: str, facts: Facts) -> Path:
    version = NoticeVersion.parse(name)
    if version is None or not version.day:
        typer.echo(f"{name} is no version: write privacy-2027-03-01 or terms-2027-03-01", err=True)
        raise typer.Exit(2)
    return freeze(version, facts)


if __name__ == "__main__":
    typer.run(main)
