"""The manifest of the record of processing passes the package that defines manifests."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from infra.processing import __main__ as command
from infra.processing.__main__ import DOCS
from infra.processing.fides_check import findings

MANIFEST = DOCS / "record-of-processing.fides.yml"


@pytest.mark.proof
def test_fideslang_accepts_every_key_of_the_manifest() -> None:
    assert findings(MANIFEST) == []


@pytest.mark.proof
def test_key_outside_the_taxonomy_is_reported(tmp_path: Path) -> None:
    changed = tmp_path / "manifest.yml"
    changed.write_text(MANIFEST.read_text().replace("- user.job_title", "- user.job"))
    assert findings(changed) == ["data_category: user.job is not in the taxonomy"]


def test_empty_stage_is_refused_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "DOCS", tmp_path)  # `make record` without STAGE names an empty one
    app = typer.Typer()
    app.command()(command.main)
    done = CliRunner().invoke(app, ["--stage", ""])
    assert (done.exit_code, "Name it with --stage (STAGE=)" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []
