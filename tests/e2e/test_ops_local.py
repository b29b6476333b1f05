"""The commands of operators with `--local`, on a running local cloud."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from typer.testing import CliRunner, Result

from chalicelib.consents.notices.versions import FROZEN
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from infra.deployment.account import AwsAccount
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.ops import profiles
from infra.ops.__main__ import app
from infra.ops.desk.desk import Desk
from infra.ops.internal_api import InternalApi


@pytest.fixture
def state(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the addresses of the cloud where `make run` writes them."""
    file = tmp_path / "state.json"
    file.write_text(json.dumps(asdict(cloud.state)))
    monkeypatch.setattr(profiles, "_LOCAL", file)


def ops(*words: str, typed: str | None = None) -> Result:
    # boto3 keeps the access key that it read first, and each command gets a new one.
    with patch.dict(os.environ), patch.object(boto3, "DEFAULT_SESSION", None):
        return CliRunner().invoke(app, ["--local", *words], input=typed)


def as_json(operator: str, *words: str, typed: str | None = None) -> Any:
    """Run a command as an operator, and return what it prints."""
    done = ops("--as", operator, "--json", *words, typed=typed)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_local_operators_are_created_at_first_use_and_kept(state: None, cloud: LocalCloud) -> None:
    for _ in range(3):  # IAM allows two access keys, so earlier ones are replaced
        assert json.loads(ops("--as", "ana", "--json", "rights", "list").stdout)["items"] is not None
    assert ops("--as", "marko", "erasures", "list").exit_code == 0
    assert as_json("marko", "logs", "admin")["items"]
    users = {one["UserName"] for one in cloud.account.client("iam").list_users()["Users"]}
    assert {"ana", "marko"} <= users


@pytest.mark.promise("RGT-10", "RGT-11")
def test_letter_with_a_number_is_entered_and_decided_by_two_operators(
    state: None, mila: Phone, tmp_path: Path
) -> None:
    """Play the first case of docs/operations.md."""
    found = as_json("ana", "subjects", "find", "--phone", typed=f"{mila.number}\n")
    today = clock.day_of(clock.now()).isoformat()
    letter = ("--right", "objection", "--purpose", "security", "--by", "letter", "--on", today)
    entered = as_json("ana", "rights", "enter", "--contact", "phone", *letter, typed=f"{mila.number}\n")
    assert (entered["user_id"], entered["status"]) == (found["user_id"], "received")
    request_id = entered["rights_request_id"]
    shown = as_json("ana", "subjects", "show", found["user_id"])
    assert request_id in {one["rights_request_id"] for one in shown["open_requests"]}

    (text := tmp_path / "text").write_text("Someone tries to open your account. We stop that by counting.")
    decision = ("--status", "refused", "--reason", "A21CompellingGrounds", "--text-file", str(text))
    assert ops("--as", "ana", "rights", "propose", request_id, *decision).exit_code == 0
    version = str(as_json("marko", "rights", "show", request_id)["version"])
    own = ops("--as", "ana", "rights", "approve", request_id, "--version", version)
    assert (own.exit_code, "another operator has to do this" in own.stderr) == (1, True)
    stale = ops("--as", "marko", "rights", "approve", request_id, "--version", "999")
    assert (stale.exit_code, "the version that it prints" in stale.stderr) == (1, True)
    assert as_json("marko", "rights", "approve", request_id, "--version", version)["status"] == "refused"
    answer = mila.call("GET", f"/v1/rights-requests/{request_id}").body["decision"]
    assert "We stop that by counting." in answer["text"]


@pytest.mark.promise("SEC-1")
def test_operator_with_one_role_has_no_other(state: None) -> None:
    place = ("--as", "ana", "--role", "on-call")
    assert "hooks-dead" in ops(*place, "queues", "list").stdout
    assert ops(*place, "rights", "list").stderr.startswith("refused: 403")
    assert ops("--as", "ana", "rights", "list").exit_code == 0


def test_notices_and_the_last_purge_are_shown_by_the_deployed_function(
    state: None, cloud: LocalCloud
) -> None:
    versions = {one["version"] for one in as_json("ana", "notices", "list")["items"]}
    assert {one.version for one in FROZEN} <= versions
    cloud.run("purge_expired")
    assert as_json("ana", "purge", "status")["chain"].startswith("purge#")


def test_unknown_request_ends_in_one_line(state: None) -> None:
    done = ops("rights", "show", "r_" + "0" * 26)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("refused: 404")
    assert done.stderr.count("\n") == 1


@pytest.mark.promise("RGT-10")
def test_pack_of_the_local_cloud_is_verified_and_an_altered_byte_is_found(
    state: None, mila: Phone, tmp_path: Path
) -> None:
    today = clock.day_of(clock.now()).isoformat()
    letter = {
        "user_id": mila.call("GET", "/v1/profile").body["user_id"],
        "right": "portability",
        "received_by": "letter",
        "received_on": today,
    }
    (file := tmp_path / "letter").write_text(json.dumps(letter))
    entered = ops("--as", "ana", "--json", "rights", "enter-file", str(file))
    assert entered.exit_code == 0, entered.stderr
    last = clock.day_of(clock.now()).isoformat()  # another day than that of the letter at midnight
    pack, period = tmp_path / "pack.zip", ("--from", today, "--to", last)
    made = ops("--as", "ana", "--json", "report", "pack", *period, "--out", str(pack))
    assert made.exit_code == 0, made.stderr
    said = json.loads(made.stdout)
    with zipfile.ZipFile(pack) as archive:
        log = archive.read("rights-log.csv").decode()
        manifest = json.loads(archive.read("manifest.json"))
    request_id = json.loads(entered.stdout)["rights_request_id"]
    assert f"{request_id},portability,letter,{today}" in log
    assert {one["path"] for one in manifest["files"]} >= {"ledger.json", "record-of-processing.json"}
    assert (manifest["stage"], manifest["report"]) == ("local", said["report"])
    checked = CliRunner().invoke(app, ["report", "verify", str(pack)])
    assert checked.exit_code == 0, checked.output
    assert str(said["manifest_sha256"]) in checked.stdout
    assert f"rights#{request_id}: covered up to" in ops("--as", "ana", "rights", "verify", request_id).stdout
    place = (written := pack.read_bytes()).index(request_id.encode())
    pack.write_bytes(written[:place] + b"x" + written[place + 1 :])
    altered = CliRunner().invoke(app, ["report", "verify", str(pack)])
    assert (altered.exit_code, altered.stdout.split(":")[0]) == (3, "rights-log.csv")


@pytest.mark.promise("SEC-1")
def test_pack_needs_the_policy_of_reports(
    cloud: LocalCloud, staff: dict[str, AwsAccount], run: Callable[..., Result], tmp_path: Path
) -> None:
    period = ("--from", "2026-11-24", "--to", "2026-11-24")
    done = run("bob", "pack", *period, "--out", str(tmp_path / "pack.zip"), group="report")
    assert done.exit_code == 1
    assert "needs the policy that the output ReportPolicyArn" in done.stderr
    assert not list(tmp_path.iterdir())


def desk_of(cloud: LocalCloud, operator: str) -> Desk:
    """Return the desk of an operator, whose calls their own key signs."""
    key, secret = profiles.sign_in(cloud.account, operator)
    return Desk(
        InternalApi.of(AwsAccount(cloud.state.region, cloud.state.aws_endpoint, key, secret), "local")
    )


@pytest.mark.promise("RET-3", "RGT-10")
def test_hold_is_placed_and_confirmed_on_two_desks_and_reported_in_between(
    cloud: LocalCloud, mila: Phone
) -> None:
    ana, marko = desk_of(cloud, "ana"), desk_of(cloud, "marko")
    user = mila.call("GET", "/v1/profile").body["user_id"]
    end = (clock.now() + 60 * DAY).strftime("%Y-%m-%dT%H:%M")
    said = {"ground": "legal_obligation", "law": "Art. 286 ZKP", "authority": "A court", "reason": "K 12/26"}
    hold = {"method": "POST", "user_id": user, "kinds": "usage_event", "until": end, **said}
    placed = ana.act("/holds", hold)
    assert placed.status == 303, placed.html
    (path,) = set(re.findall(r'href="(/holds/h_[0-9a-z]+)"', ana.open(placed.location, {}).html))
    assert path in marko.open("/inbox", {}).html
    assert cloud.run("report_inbox")["waiting"] > 0
    assert "another operator has to do this" in ana.act(f"{path}/confirmation", {"method": "POST"}).html
    assert marko.act(f"{path}/confirmation", {"method": "POST"}).status == 303
    assert path not in marko.open("/inbox", {}).html
