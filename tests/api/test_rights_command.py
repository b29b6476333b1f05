"""`python -m infra.ops rights` makes signed calls of the internal API and prints results."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from typer.testing import CliRunner

from chalicelib.core.table import Table
from infra.deployment.account import AwsAccount
from infra.ops import internal_api
from infra.ops.__main__ import app
from infra.ops.internal_api import InternalApi
from tests.support import cloud
from tests.support.copies import damage
from tests.support.environment import REGION
from tests.support.world import User, World

URL = "https://api.test/api"


@dataclass
class Done:
    """The exit code and the output of a command."""

    exit_code: int
    output: str


Run = Callable[..., Done]


class _Wire:
    """The gateway between the command and the app; it identifies the caller by the access key."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[AWSPreparedRequest] = []

    def send(self, request: AWSPreparedRequest) -> Any:
        self.sent.append(request)
        signed = request.headers["Authorization"]
        name = signed.split("Credential=")[1].split("/")[0].lower()
        headers = {key.lower(): _text(value) for key, value in request.headers.items()}
        path = request.url.removeprefix(URL)
        reply = self.world.call(
            request.method,
            path,
            raw=request.body or b"",
            headers=headers,
            arn=f"arn:aws:iam::{cloud.ACCOUNT}:user/{name}",
        )
        return SimpleNamespace(
            status_code=reply.status, content=reply.text.encode(), headers={"ETag": reply.headers.get("etag")}
        )


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@pytest.fixture
def wire(world: World, monkeypatch: pytest.MonkeyPatch) -> _Wire:
    wire = _Wire(world)
    monkeypatch.setattr(internal_api, "URLLib3Session", lambda **_: wire)
    return wire


@pytest.fixture
def run(wire: _Wire, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command as a member of staff."""

    def running(name: str, *words: str) -> Done:
        api = InternalApi(AwsAccount(REGION, None, name.upper(), "a secret"), URL)
        monkeypatch.setattr(InternalApi, "of", lambda *_: api)
        done = CliRunner().invoke(app, ["rights", *words, "--stage", "staging", "--region", REGION])
        # The app runs in this process, and prints its metrics between the command's lines.
        lines = [line for line in done.output.splitlines() if not line.startswith("{")]
        return Done(done.exit_code, "\n".join(lines).strip())

    return running


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def asked(mila: User) -> str:
    return str(mila.exercises("access").json["id"])


@pytest.fixture
def text(tmp_path: Path) -> str:
    file = tmp_path / "text"
    file.write_text("This was answered last week.")
    return str(file)


REFUSE = ("--status", "refused", "--reason", "JustificationA12ManifestlyUnfounded")


@pytest.mark.promise("SEC-1")
def test_call_is_signed_and_does_not_reveal_the_secret(wire: _Wire, run: Run, asked: str) -> None:
    assert run("alice", "show", asked).exit_code == 0
    (request,) = wire.sent
    assert f"/{REGION}/execute-api/aws4_request" in request.headers["Authorization"]
    assert "a secret" not in str(request.headers) + request.url


@pytest.mark.promise("RGT-10")
def test_two_operators_decide_from_the_command_line(mila: User, run: Run, asked: str, text: str) -> None:
    proposed = run("alice", "propose", asked, *REFUSE, "--text-file", text)
    assert proposed.output.split()[:3] == [asked, "access", "awaiting_review"]
    shown = run("bob", "show", asked).output
    assert "This was answered last week." in shown
    assert "user/alice" in shown
    assert run("bob", "approve", asked, "--version", "1").exit_code == 1
    approved = run("bob", "approve", asked, "--version", "2")
    assert (approved.exit_code, approved.output.split()[2]) == (0, "refused")
    assert mila.request(asked)["decision"]["text"] == "This was answered last week."


def test_refused_command_prints_the_reason_and_exits_with_status_1(run: Run, asked: str, text: str) -> None:
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    own = run("alice", "approve", asked, "--version", "2")
    assert own.exit_code == 1
    assert own.output.startswith("refused: 403 own_proposal; Another operator must approve this; call ")
    bad = run("alice", "propose", asked, "--status", "refused", "--text-file", text)
    assert "/reason: A refusal needs one" in bad.output


def test_list_shows_the_party_that_each_open_request_waits_for(
    world: World, run: Run, asked: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.rights.operators.inspect.PAGE", 1)
    other = world.a_user()
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    entered = run(
        "alice",
        "enter",
        "--user",
        other.user_id,
        "--right",
        "erasure",
        "--by",
        "letter",
        "--on",
        "2026-11-20",
    )
    listed = run("bob", "list").output
    assert "2 open" in listed
    assert "approval" in next(line for line in listed.splitlines() if asked in line)
    assert "a decision" in next(line for line in listed.splitlines() if entered.output.split()[0] in line)
    assert "This was answered last week." not in listed


@pytest.mark.promise("RGT-11")
def test_enter_prints_the_receipt_for_the_subject(world: World, run: Run, mila: User) -> None:
    words = ("--user", mila.user_id, "--right", "access", "--by", "telephone", "--on", "2026-11-24")
    first, last = run("alice", "enter", *words).output.splitlines()
    receipt = last.removeprefix("receipt, to be given only to the subject: ")
    headers = {"Rights-Receipt": receipt}
    assert world.call("GET", f"/v1/rights-receipts/{first.split()[0]}", headers=headers).status == 200


def test_extension_identity_and_retry_have_commands(world: World, run: Run, asked: str, text: str) -> None:
    because = ("--days", "60", "--reason", "JustificationA12HighVolume")
    assert "due 2027-02-22" in run("alice", "extend", asked, *because).output
    waiting = run("alice", "ask-identity", asked).output
    assert ("awaiting_verification" in waiting, "deadline keeps running" in waiting) == (True, False)
    assert "in_progress" in run("alice", "identity-came", asked).output
    assert "deadline keeps running" in run("alice", "ask-identity", asked).output
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    for command in ("withdraw", "retry"):
        assert run("alice", command, asked).exit_code == 0


def test_malformed_id_is_not_sent(wire: _Wire, run: Run) -> None:
    assert run("alice", "show", "../../v1/health").exit_code == 2
    assert run("alice", "verify", "consent#x").exit_code == 2
    assert wire.sent == []


def test_list_shows_the_ids_of_requests_that_cannot_be_opened(
    world: World, run: Run, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.rights.operators.inspect.PAGE", 1)
    other = str(world.a_user().is_stepped_up().exercises("access").json["id"])
    damage(Table.RIGHTS, f"R#{asked}", "request", status="no such status")
    listed = run("bob", "list")
    assert (listed.exit_code, other in listed.output) == (0, True)
    assert f"{asked} cannot be read" in listed.output
