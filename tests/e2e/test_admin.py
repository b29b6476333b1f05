"""Operators on the deployed API: access control, and a decision from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.ops.internal_api import CallRefused, InternalApi
from tests.support.world.builders import an_invoice


@pytest.fixture
def user_id(mila: Phone) -> str:
    return str(mila.call("GET", "/v1/profile").body["user_id"])


@pytest.mark.promise("SEC-1")
def test_caller_without_a_signature_or_a_policy_is_refused(
    cloud: LocalCloud, staff: dict[str, AwsAccount], mila: Phone
) -> None:
    url, root = cloud.state.api_url, cloud.account
    forged = AwsAccount(root.region, root.endpoint, staff["alice"].access_key, "another secret")
    assert requests.get(f"{url}/admin/v1/rights-requests", timeout=30).status_code == 404
    assert mila.call("GET", "/admin/v1/rights-requests").problem == "not_found"
    # A policy that allows the call is not enough: the account's root is no individual person.
    for who in (staff["carol"], forged, root):
        with pytest.raises(CallRefused, match=r"^403"):
            InternalApi(who, lambda: url).call("GET", "/rights-requests")
    assert "items" in InternalApi(staff["alice"], lambda: url).call("GET", "/rights-requests")


@pytest.mark.promise("RGT-10", "RGT-11")
def test_letter_is_entered_and_decided_by_two_operators_on_the_command_line(
    run: Callable[..., Any], user_id: str, mila: Phone, tmp_path: Path
) -> None:
    (text := tmp_path / "text").write_text("This was answered last week.")
    what = {"changes": {"session_device": "none"}, "reason": "I own no phone."}
    letter = {"user_id": user_id, "right": "rectification", "received_by": "letter", **what}
    today = clock.day_of(clock.now()).isoformat()
    (file := tmp_path / "letter").write_text(json.dumps({**letter, "received_on": today}))
    entered = run("alice", "enter-file", str(file))
    assert entered.exit_code == 0, entered.output
    request_id = entered.output.split()[0]
    refusing = ("--status", "refused", "--reason", "JustificationA12ManifestlyExcessive")
    assert run("alice", "propose", request_id, *refusing, "--text-file", str(text)).exit_code == 0
    assert run("alice", "approve", request_id, "--version", "2").exit_code == 1
    approved = run("bob", "approve", request_id, "--version", "2")
    assert approved.exit_code == 0, approved.output
    decision = mila.call("GET", f"/v1/rights-requests/{request_id}").body["decision"]
    assert "This was answered last week." in decision["text"]
    shown = run("bob", "show", request_id).output
    assert ("user/alice" in shown, "user/bob" in shown) == (True, True)
    # Whether a checkpoint exists depends on the other tests of this cloud; the entries are consistent.
    verified = run("root", "verify", request_id).output
    assert f"rights#{request_id}: covered up to " in verified
    assert not any(word in verified for word in ("Tampered", "Forked", "Missing", "RolledBack"))


@pytest.mark.proof
@pytest.mark.promise("USE-7")
def test_invoice_is_recorded_once_and_listed_by_the_deployed_function(
    cloud: LocalCloud, staff: dict[str, AwsAccount], user_id: str
) -> None:
    alice, invoice = InternalApi(staff["alice"], lambda: cloud.state.api_url), an_invoice(user_id=user_id)
    recorded = [alice.call("POST", "/invoices", invoice) for _ in range(2)]
    assert recorded[0] == recorded[1]
    assert alice.call("GET", f"/invoices?user_id={user_id}")["items"] == [recorded[0]]
    with pytest.raises(CallRefused, match=r"^409 invoice_number_used"):
        alice.call("POST", "/invoices", invoice | {"amount_minor": 1})
