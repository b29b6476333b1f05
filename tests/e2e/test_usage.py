"""Tests usage on the deployed stack: accepted by the gateway, rolled up under its own role."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.emulator import ROOT_KEY, ROOT_SECRET
from infra.local.tour import usage
from infra.local.tour.phone import Phone
from infra.local.tour.usage import an_event, batch


def submit_usage(phone: Phone, *events: dict[str, object]) -> dict[str, object]:
    answer = phone.call("POST", "/v1/usage", batch(phone, *events))
    assert answer.status == 202, answer.body
    return answer.body


@pytest.mark.promise("USE-1", "RGT-7")
def test_use_events_are_kept_with_a_consent_and_dropped_without(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    mila = a_phone()
    mila.sign_up("Mila")
    fault = an_event("app.crashed", diagnostics={"kind": "crash"})
    refused = {"accepted": 1, "dropped": {"no_consent": 1}}
    assert submit_usage(mila, an_event("meeting.joined"), fault) == refused
    mila.consent("analytics")
    assert submit_usage(mila, *(an_event("meeting.joined") for _ in range(100))) == {
        "accepted": 100,
        "dropped": {},
    }
    mila.call("PUT", "/v1/consents/analytics", {"state": "withdrawn"})
    assert submit_usage(mila, an_event("meeting.joined"), fault) == refused


@pytest.mark.proof
@pytest.mark.promise("RET-4")
def test_figure_is_published_from_ten_accounts_on(
    cloud: LocalCloud, a_phone: Callable[[], Phone], tmp_path: Path
) -> None:
    people = [a_phone() for _ in range(10)]
    for person in people:
        person.sign_up()
        person.consent("analytics")
    for number, person in enumerate(people):
        rare = [an_event("settings.opened")] if number else []
        submit_usage(person, an_event("meeting.joined", screen="lobby"), *rare)
    day = usage.move_back(cloud, people, days=6)
    cloud.run("roll_up_usage")
    (figures,) = usage.published(cloud, day)
    assert [(figure.name, figure.screen, figure.accounts, figure.events) for figure in figures.figures] == [
        ("meeting.joined", "lobby", 10, 10)
    ]
    picture = tmp_path / "usage.svg"
    options = ["--region", cloud.account.region, "--endpoint-url", cloud.state.aws_endpoint]
    subprocess.run(
        [sys.executable, "-m", "infra.ops", "plots", "--stage", "local", *options, "--to", str(picture)],
        env=os.environ | {"AWS_ACCESS_KEY_ID": ROOT_KEY, "AWS_SECRET_ACCESS_KEY": ROOT_SECRET},
        check=True,
    )
    assert "10 accounts" in picture.read_text()
    items = cloud.account.client("dynamodb").scan(TableName="ru4m-local-usage")["Items"]
    assert not any(item["sk"]["S"].startswith("partial#") for item in items)
