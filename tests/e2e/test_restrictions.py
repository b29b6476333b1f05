"""Restrictions and objections on the deployed stack: the next request, job, token and user at Stream obey."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.tour.usage import an_event, batch
from infra.local.waiting import until
from infra.ops import scheduled
from infra.ops.internal_api import InternalApi

pytestmark = pytest.mark.proof

TIMEOUT = 90.0  # seconds for all steps; each is a message
COMPELLING = "A21CompellingGrounds"


class Versions:
    """The versions of requests that an operator sees."""

    def __init__(self, cloud: LocalCloud, who: AwsAccount) -> None:
        self.api = InternalApi(who, lambda: cloud.state.api_url)

    def __getitem__(self, request_id: str) -> str:
        return str(self.api.call("GET", f"/rights-requests/{request_id}")["version"])


@pytest.fixture
def versions(cloud: LocalCloud, staff: dict[str, AwsAccount]) -> Versions:
    return Versions(cloud, staff["bob"])


def user_id(phone: Phone) -> str:
    return str(phone.call("GET", "/v1/profile").body["user_id"])


def asks(phone: Phone, right: str, **more: Any) -> str:
    answer = phone.call("POST", "/v1/rights-requests", {"right": right, **more})
    assert answer.status == 202, answer.body
    return str(answer.body["rights_request_id"])


def shown(phone: Phone, request_id: str) -> dict[str, Any]:
    return phone.call("GET", f"/v1/rights-requests/{request_id}").body


def waits(phone: Phone, request_id: str, step: str, status: str) -> None:
    """Wait until a step of a request has a status."""

    def reached() -> bool:
        return (step, status) in {(one["name"], one["status"]) for one in shown(phone, request_id)["steps"]}

    until(reached, f"{step} {status}", TIMEOUT)


@pytest.mark.night
@pytest.mark.promise("RGT-4", "STR-3")
def test_restriction_of_all_stops_everything_until_its_subject_ends_it(
    cloud: LocalCloud, jelena: Phone, mila: Phone
) -> None:
    jelena.consent("analytics")
    known = user_id(jelena)
    jelena.chat_token()
    until(lambda: known in cloud.stream.state()["users"], "the user at Stream", TIMEOUT)
    request_id = asks(jelena, "restriction", ground="b")
    assert jelena.call("GET", "/v1/profile").problem == "restricted"
    assert jelena.call("POST", "/v1/chat/token").problem == "restricted"
    assert jelena.call("POST", "/v1/usage", batch(jelena, an_event("home.shown"))).problem == "restricted"
    assert mila.call("GET", f"/v1/users/{known}").status == 404
    waits(jelena, request_id, "announce", "done")
    assert shown(jelena, request_id)["status"] == "completed"
    assert cloud.stream.user(known)["state"] == "deactivated"
    cloud.invoke("reconcile_chat", scheduled.event())
    assert cloud.stream.user(known)["state"] == "deactivated"
    ended = jelena.call("POST", f"/v1/rights-requests/{request_id}/lift")
    assert ended.status == 200
    waits(jelena, request_id, "discard_preserved", "done")
    assert cloud.stream.user(known)["state"] == "active"
    assert jelena.call("GET", "/v1/profile").status == 200
    jelena.chat_token()


@pytest.mark.promise("RGT-5")
def test_objection_drops_the_next_batch_until_two_operators_resume(
    run: Callable[..., Any], versions: Versions, jelena: Phone, tmp_path: Path
) -> None:
    fault = {"kind": "crash", "error": "SIGSEGV"}
    sent = batch(jelena, an_event("app.crashed", diagnostics=fault))
    assert jelena.call("POST", "/v1/usage", sent).body["accepted"] == 1
    request_id = asks(jelena, "objection", purposes=["diagnostics"])
    dropped = {"accepted": 0, "dropped": {"objected": 1}}
    assert jelena.call("POST", "/v1/usage", sent).body == dropped
    (text := tmp_path / "text").write_text("Without it we cannot find the fault that deletes messages.")
    refusing = ("--status", "refused", "--reason", COMPELLING, "--text-file", str(text))
    proposed = run("alice", "propose", request_id, *refusing)
    assert proposed.exit_code == 0, proposed.output
    assert run("alice", "approve", request_id, "--version", versions[request_id]).exit_code == 1
    assert jelena.call("POST", "/v1/usage", sent).body == dropped
    approved = run("bob", "approve", request_id, "--version", versions[request_id])
    assert approved.exit_code == 0, approved.output
    waits(jelena, request_id, "end_restraint", "done")
    assert jelena.call("POST", "/v1/usage", sent).body["accepted"] == 1


@pytest.mark.promise("RGT-4")
def test_two_operators_end_a_restriction_by_command(
    run: Callable[..., Any], versions: Versions, jelena: Phone, tmp_path: Path
) -> None:
    request_id = asks(jelena, "restriction", ground="a")
    waits(jelena, request_id, "uphold", "in_progress")
    (text := tmp_path / "text").write_text("We corrected the name.")
    proposed = run("alice", "propose-lifting", request_id, "--text-file", str(text))
    assert proposed.exit_code == 0, proposed.output
    approved = run("bob", "approve-lifting", request_id, "--version", versions[request_id])
    assert approved.exit_code == 0, approved.output
    waits(jelena, request_id, "uphold", "done")
    assert jelena.call("GET", "/v1/profile").status == 200


@pytest.mark.promise("RGT-11")
def test_freeze_for_a_caller_holds_against_the_session_until_a_step_up(
    cloud: LocalCloud, run: Callable[..., Any], jelena: Phone, tmp_path: Path
) -> None:
    known = user_id(jelena)
    jelena.chat_token()
    until(lambda: known in cloud.stream.state()["users"], "the user at Stream", TIMEOUT)
    body = {"phone": jelena.number, "right": "restriction", "ground": "b", "without_access": True}
    today = clock.day_of(clock.now()).isoformat()
    received = {"received_by": "telephone", "received_on": today}
    (file := tmp_path / "call.json").write_text(json.dumps({**body, **received}))
    entered = run("alice", "enter-file", str(file))
    assert entered.exit_code == 0, entered.output
    request_id = entered.output.split()[0]
    assert jelena.call("GET", "/v1/profile").problem == "restricted"
    lift = f"/v1/rights-requests/{request_id}/lift"
    assert jelena.call("POST", lift).problem == "step_up_required"
    waits(jelena, request_id, "restrict_at_stream", "done")
    assert cloud.stream.user(known)["state"] == "deactivated"
    challenge = jelena.ask_to_step_up().body["challenge_id"]
    assert jelena.give_step_up_code(challenge, jelena.read_code()).status == 200
    assert jelena.call("POST", lift).status == 200
    assert jelena.call("GET", "/v1/profile").status == 200
