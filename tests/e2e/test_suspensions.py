"""Tests a suspension on the deployed stack, from a report to the appeal (SAF-1, ADR 115)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until

pytestmark = pytest.mark.promise("SAF-1")

SECONDS = 60.0
DECISION = """
rule = "harassment"
measures = ["suspend"]
days = 30
facts = "You threatened another user."
withheld = []
"""

Command = Callable[..., Any]


def is_deactivated(cloud: LocalCloud, phone: Phone) -> bool:
    return bool(cloud.stream.state()["users"][phone.user_id].get("deactivated_at"))


def succeeds(run: Command, name: str, *words: str) -> str:
    """Run a command about reports as an operator; return the id that its output begins with."""
    done = run(name, *words, group="abuse")
    assert done.exit_code == 0, done.output
    return str(done.output.split()[0])


def test_two_operators_suspend_and_a_third_one_lifts_it(
    cloud: LocalCloud, a_phone: Callable[[], Phone], run: Command, tmp_path: Path
) -> None:
    mila, jovan = a_phone(), a_phone()
    for phone in (mila, jovan):
        phone.sign_up()
        until(partial(cloud.sent_to_stream, phone.user_id), "the user at Stream", SECONDS)
    jovan.chat_token()
    body = {"user_id": jovan.user_id, "reason": "harassment", "text": "Threats on the phone."}
    report = mila.call("POST", "/v1/reports", body).body["abuse_report_id"]
    (decided := tmp_path / "decision.toml").write_text(DECISION)
    (answer := tmp_path / "answer.txt").write_text("We looked again.")

    decision = succeeds(run, "alice", "decide", "--report", report, "--text-file", str(decided))
    assert jovan.call("GET", "/v1/profile").status == 200
    assert run("alice", "approve", decision, "--version", "1", group="abuse").exit_code != 0
    succeeds(run, "bob", "approve", decision, "--version", "1")
    assert jovan.call("GET", "/v1/profile").problem == "account_suspended"
    until(partial(is_deactivated, cloud, jovan), "the end of chat", SECONDS)

    jovan.sign_up()
    assert jovan.session["scope"] == "rights"
    appeal = jovan.call("POST", f"/v1/safety-decisions/{decision}/appeal", {"text": "It was not me."})
    assert appeal.status == 200, appeal.body
    upholds = ("answer", decision, "--appeal", "upheld", "--text-file", str(answer))
    assert run("bob", *upholds, group="abuse").exit_code != 0
    succeeds(run, "dana", *upholds)
    cloud.run("work_on_reports")
    until(lambda: not is_deactivated(cloud, jovan), "chat again", SECONDS)
    jovan.sign_up()
    assert jovan.call("GET", "/v1/profile").status == 200
