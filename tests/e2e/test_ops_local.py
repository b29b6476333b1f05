"""The commands of operators with `--local`, on a running local cloud."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner, Result

from infra.local.cloud import LocalCloud
from infra.ops import profiles
from infra.ops.__main__ import app


@pytest.fixture
def state(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the addresses of the cloud where `make run` writes them."""
    file = tmp_path / "state.json"
    file.write_text(json.dumps(asdict(cloud.state)))
    monkeypatch.setattr(profiles, "_LOCAL", file)


def ops(*words: str) -> Result:
    with patch.dict(os.environ):
        return CliRunner().invoke(app, ["--local", *words])


def test_local_operators_are_created_at_first_use_and_kept(state: None, cloud: LocalCloud) -> None:
    for _ in range(3):  # IAM allows two access keys, so earlier ones are replaced
        assert json.loads(ops("--as", "ana", "--json", "rights", "list").stdout)["items"] is not None
    assert ops("--as", "marko", "erasures", "list").exit_code == 0
    users = {one["UserName"] for one in cloud.account.client("iam").list_users()["Users"]}
    assert {"ana", "marko"} <= users


def test_unknown_request_ends_in_one_line(state: None) -> None:
    done = ops("rights", "show", "r_" + "0" * 26)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("refused: 404")
    assert done.stderr.count("\n") == 1
