"""`python -m infra.policy STAGE`: render the privacy policy of a stage to build/, from its facts (ADR 85).

It writes `facts.json` and a page for each language and script. No page is written if a clause states what the
facts do not say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import yaml

from chalicelib.core.durations import Duration
from chalicelib.core.languages import Language
from chalicelib.core.settings import Settings, settings
from chalicelib.privacy.accountability import Accountability
from chalicelib.privacy.clauses import page
from chalicelib.privacy.clauses.policy import chapters
from chalicelib.privacy.facts import Facts, declared
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.request import declaration
from chalicelib.rights.request.deadline import LONGEST
from infra.build import BUILD, ROOT
from infra.processing.__main__ import configured_stage

PROMISES = ROOT / "docs" / "promises.yaml"


def facts_of(stage: Settings, arranged: Accountability, practices: frozenset[Practice]) -> Facts:
    """Collect the facts of a stage whose policy names these practices."""
    return declared(
        stage,
        arranged,
        practices=practices,
        rights={right.value: one.dpv for right, one in declaration.declared().items()},
        promises=kept(),
        answer=LONGEST,
    )


def kept() -> frozenset[str]:
    """The promises that are kept whole: they name code, and nothing that is missing."""
    chapters = yaml.safe_load(PROMISES.read_text()).values()
    found = {name: promise for chapter in chapters for name, promise in chapter.items()}
    return frozenset(
        name
        for name, promise in found.items()
        if promise.get("code") and not promise.keys() & {"so_far", "not_offered"}
    )


# Facts of which fewer are fine: what people read then says more than we do.
_FEWER = frozenset(
    {
        *("held", "kind", "purpose", "kept", "law", "to", "gets", "registered", "recipient", "source", "for"),
        *("practice", "automated", "period"),
    }
)
_MORE = frozenset({"right", "promise", "measure", "period"})
_LONGER_IS_FINE = ("setting/notice", "setting/idle")


def departures(stated: Facts, done: Facts) -> Iterator[str]:
    """Yield what a stage does beyond the facts of a policy, one line each.

    Less, and shorter, passes. A new field, recipient, purpose, basis, place or practice departs, as does a
    longer period, and a right, promise or measure that is missing.
    """
    for key in sorted(stated.keys() | done.keys()):
        before, after = stated.get(key), done.get(key)
        kind = key.split("/")[0]
        fewer, more = after is None and kind in _FEWER, before is None and kind in _MORE
        if before == after or fewer or more or _is_within(key, before, after):
            continue
        yield f"{key}: {before or 'not stated'} -> {after or 'missing'}"


def _is_within(key: str, before: str | None, after: str | None) -> bool:
    try:
        stated, done = Duration.parse(before or ""), Duration.parse(after or "")
    except ValueError:
        return False
    return stated <= done if key in _LONGER_IS_FINE else done <= stated


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
) -> None:
    """Write the facts and the pages of a stage's policy, or compare the stage with the facts of a version."""
    target = configured_stage(stage, named)
    facts = facts_of(settings(), target.accountability, frozenset(Practice))
    if against:
        found = list(departures(Facts(json.loads(against.read_text())), facts))
        typer.echo("\n".join(found) or "The stage does nothing beyond this version.")
        raise typer.Exit(3 if found else 0)
    folder = BUILD / f"policy-{stage}"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, facts)
    typer.echo(folder.relative_to(ROOT))


def write(folder: Path, facts: Facts) -> None:
    """Write the facts, and a page for each language."""
    pages = {f"{one.value}.html": page.of(chapters(facts), facts, one) for one in Language}
    for name, text in {"facts.json": json.dumps(facts, indent=1, ensure_ascii=False) + "\n", **pages}.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    typer.run(main)
