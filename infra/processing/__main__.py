"""`python -m infra.processing`: write the record of processing; part of `make generate`.

With `--stage production` (`make record STAGE=production`) it writes the record of a stage to build/, with the
periods of its settings, and with what the privacy officer arranged for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.privacy.accountability import Accountability
from chalicelib.privacy.processing import Row, rows
from infra.build import BUILD
from infra.deployment.options import settings_of
from infra.deployment.target import DeploymentTarget
from infra.ops.refused import CommandRefused
from infra.packaging.groups import PLACEHOLDERS
from infra.processing import picture, texts

DOCS = Path(__file__).parent.parent.parent / "docs"

# The forms that name what a stage arranged.
STAGE_FORMS: dict[str, Callable[[Sequence[Row], Accountability | None], str]] = {
    "record-of-processing.md": texts.as_markdown,
    "record-of-processing.json": texts.as_json,
    "record-of-processing.csv": texts.as_csv,
}
FORMS: dict[str, Callable[..., str]] = {**STAGE_FORMS, "data-map.svg": picture.as_svg}


def main(
    stage: Annotated[str | None, typer.Option(help="write the record of this stage to build/")] = None,
    settings: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="default: stages/<stage>.toml")
    ] = None,
) -> None:
    """Write every form, with the periods of the environment (RU4M_PERIODS), of a stage, or the defaults."""
    if stage is not None:  # an empty name is a mistake, which is refused
        _write_of_stage(stage, settings)
        return
    _configure({})
    for name, form in FORMS.items():
        (DOCS / name).write_text(form(rows()))


def configured_stage(stage: str, named: Path | None) -> DeploymentTarget:
    """Read the settings of a stage, and set the variables that the declarations read.

    Raises:
        typer.Exit: the settings are refused; the reason is printed.
    """
    try:
        target = settings_of(stage, named, {}).target(stage, None)
    except CommandRefused as refused:  # settings and receivers that are refused
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    os.environ.pop("RU4M_PERIODS", None)
    _configure({"RU4M_PERIODS": target.periods, "RU4M_CONTACT_EMAIL": target.contact_email})
    return target


def _write_of_stage(stage: str, named: Path | None) -> None:
    target = configured_stage(stage, named)
    folder = BUILD / f"record-{stage}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, form in STAGE_FORMS.items():
        (folder / name).write_text(form(rows(), target.accountability))
    (folder / "data-map.svg").write_text(picture.as_svg(rows()))


def _configure(variables: dict[str, str]) -> None:
    for name, value in (PLACEHOLDERS | variables).items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":
    typer.run(main)
