"""Tests corrections on the deployed stack: with Stream as a recipient, and by two operators (RGT-2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.privacy.recipients import Recipient
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, codes_in
from infra.local.tour.rights import answer_to, fetched
from infra.local.waiting import until
from tests.support.clouds.deployed import history

DEVICE = "session_device"
TIMEOUT = 90.0  # seconds; the step looks at Stream after five seconds at the earliest
UNFOUNDED = "JustificationA12ManifestlyUnfounded"


def rectifies(phone: Phone, **body: object) -> dict[str, Any]:
    answer = phone.call("POST", "/v1/rights-requests", {"right": "rectification", **body})
    assert answer.status == 202, answer.body
    return answer.body


def read(phone: Phone, request_id: str) -> dict[str, Any]:
    return phone.call("GET", f"/v1/rights-requests/{request_id}").body


def are_done(phone: Phone, request_id: str) -> bool:
    return all(step["status"] == "done" for step in read(phone, request_id)["steps"])


def statuses(phone: Phone, request_id: str) -> dict[str, str]:
    return {step["name"]: step["status"] for step in read(phone, request_id)["steps"]}


def decides(run: Callable[..., Any], request_id: str, *how: str) -> None:
    """Let alice propose a decision, and bob approve the version that he sees."""
    proposed = run("alice", "propose", request_id, *how)
    assert proposed.exit_code == 0, proposed.output
    assert run("alice", "approve", request_id, "--version", version(run, request_id)).exit_code == 1
    approved = run("bob", "approve", request_id, "--version", version(run, request_id))
    assert approved.exit_code == 0, approved.output


def version(run: Callable[..., Any], request_id: str) -> str:
    lines = run("bob", "show", request_id).output.splitlines()
    (row,) = (line for line in lines if "version" in line.split())
    return str(next(word for word in row.split() if word.isdecimal()))


def copied(phone: Phone) -> dict[str, Any]:
    """Order a copy, and return its data."""
    phone.step_up()
    asked = phone.call("POST", "/v1/rights-requests", {"right": "access"}).body
    until(lambda: answer_to(phone, asked["rights_request_id"]), "the copy", TIMEOUT)
    found: dict[str, Any] = json.loads(fetched(phone, asked["rights_request_id"]).read("data.json"))[
        "sections"
    ]
    return found


@pytest.mark.proof
@pytest.mark.promise("RGT-2", "STR-6")
def test_correction_by_the_subject_reaches_stream_and_is_recorded(cloud: LocalCloud, jelena: Phone) -> None:
    taken = rectifies(jelena, changes={"display_name": "Jelena R.", "country": "RS"})
    assert taken["status"] == "completed"
    profile = jelena.call("GET", "/v1/profile").body
    assert (profile["display_name"], profile["country"]) == ("Jelena R.", "RS")
    until(lambda: are_done(jelena, taken["rights_request_id"]), "the notice to Stream", TIMEOUT)
    assert cloud.stream.user(jelena.user_id)["name"] == "Jelena R."
    (notice,) = read(jelena, taken["rights_request_id"])["recipients"]
    assert (notice["name"], notice["outcome"]) == (Recipient.STREAM.label, "notified")
    assert "notified_at" in notice


@pytest.mark.proof
@pytest.mark.promise("RGT-2")
def test_reviewed_correction_is_applied_by_the_approval_and_announced(
    cloud: LocalCloud, jelena: Phone, run: Callable[..., Any], tmp_path: Path
) -> None:
    taken = rectifies(jelena, changes={DEVICE: "a tablet"}, reason="I have no phone of that model.")
    assert taken["status"] == "awaiting_review"
    (text := tmp_path / "text").write_text("We recorded that your device is a tablet.")
    decides(run, taken["rights_request_id"], "--status", "completed", "--text-file", str(text))
    decided = read(jelena, taken["rights_request_id"])
    assert decided["decision"]["outcome"] == "completed"
    assert "We recorded that your device is a tablet." in decided["decision"]["text"]
    until(lambda: are_done(jelena, taken["rights_request_id"]), "the announcement", TIMEOUT)
    assert "announce_done" in history(cloud, taken["rights_request_id"])
    (stated,) = copied(jelena)["statements"]["records"][0]["statements"]
    assert (stated["about"], stated["value"]) == (DEVICE, "a tablet")


@pytest.mark.proof
@pytest.mark.promise("RGT-2")
def test_refused_correction_changes_nothing_and_gives_the_reason(
    jelena: Phone, run: Callable[..., Any], tmp_path: Path
) -> None:
    taken = rectifies(jelena, changes={DEVICE: "none"}, reason="I own no phone.")
    (text := tmp_path / "text").write_text("Your sign-in came from that phone.")
    decides(
        run,
        taken["rights_request_id"],
        "--status",
        "refused",
        "--reason",
        UNFOUNDED,
        "--text-file",
        str(text),
    )
    decided = read(jelena, taken["rights_request_id"])
    assert (decided["decision"]["outcome"], decided["decision"]["reason_code"]) == ("refused", UNFOUNDED)
    assert copied(jelena)["statements"]["records"] == []


@pytest.mark.proof
@pytest.mark.promise("RGT-2", "ACC-1")
def test_changed_number_opens_the_account_and_its_copy_waits(
    cloud: LocalCloud, jelena: Phone, a_phone: Callable[[], Phone]
) -> None:
    successor = a_phone()
    jelena.step_up()
    asked = jelena.call("POST", "/v1/profile/phone", {"phone": successor.number})
    assert asked.status == 202, asked.body
    code = until(lambda: codes_in(cloud.texts_to(successor.number)), "the code")[-1]
    path = f"/v1/profile/phone/{asked.body['challenge_id']}/verify"
    for _ in range(2):  # as after a lost response
        changed = jelena.call("POST", path, {"code": code})
        assert (changed.status, changed.body["phone"]) == (200, successor.number)
    until(lambda: "being changed" in cloud.texts_to(jelena.number)[-1], "the notice to the old number")
    account_id = jelena.session["refresh_token"].split(".")[0]

    assert successor.sign_up().status == 200
    assert successor.user_id == jelena.user_id
    newcomer = a_phone()
    newcomer.number = jelena.number
    assert newcomer.sign_up().status == 201
    assert newcomer.user_id != jelena.user_id

    # The local cloud has no waits, so the change is dated an hour ahead.
    later = clock.to_text(clock.now() + HOUR)
    cloud.account.client("dynamodb").update_item(
        TableName="ru4m-local-accounts",
        Key={"pk": {"S": f"A#{account_id}"}, "sk": {"S": "account"}},
        UpdateExpression="SET number_changed_at = :at",
        ExpressionAttributeValues={":at": {"S": later}},
    )
    successor.step_up()
    copy = successor.call("POST", "/v1/rights-requests", {"right": "access"}).body
    until(
        lambda: statuses(successor, copy["rights_request_id"])["cool_down"] == "in_progress",
        "the wait",
        TIMEOUT,
    )
    shown = statuses(successor, copy["rights_request_id"])
    assert (shown["pin"], shown["ask_stream"]) == ("done", "waiting")
    assert (
        successor.call("GET", f"/v1/rights-requests/{copy['rights_request_id']}/export").problem
        == "not_ready"
    )


@pytest.mark.proof
@pytest.mark.promise("RGT-11")
def test_correction_by_letter_is_entered_from_a_file(
    jelena: Phone, run: Callable[..., Any], tmp_path: Path
) -> None:
    body = {
        "user_id": jelena.user_id,
        "right": "rectification",
        "received_by": "letter",
        "received_on": clock.day_of(clock.now()).isoformat(),
        "changes": {"employer": "RU4M"},
        "reason": "Copied from the letter.",
    }
    (file := tmp_path / "letter.json").write_text(json.dumps(body))
    entered = run("alice", "enter-file", str(file))
    assert entered.exit_code == 0, entered.output
    # The local cloud has no waits: the answer follows the warning at once.
    until(lambda: jelena.call("GET", "/v1/profile").body.get("employer") == "RU4M", "the correction", TIMEOUT)
    listed = run("alice", "recipients", entered.output.split()[0])
    assert listed.exit_code == 0, listed.output
