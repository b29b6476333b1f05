"""The command that writes the record of processing of a stage."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from infra.processing import __main__ as command


def test_empty_stage_is_refused_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "DOCS", tmp_path)  # `make record` without STAGE names an empty one
    app = typer.Typer()
    app.command()(command.main)
    done = CliRunner().invoke(app, ["--stage", ""])
    assert (done.exit_code, "Name it with --stage (STAGE=)" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []
