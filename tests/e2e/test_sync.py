"""Tests that the deployed table stream and function send changes of accounts to Stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until


def reaches_stream(cloud: LocalCloud, phone: Phone, name: str) -> None:
    def sent() -> bool:
        return any(user.get("name") == name for user in cloud.sent_to_stream(phone.user_id))

    until(sent, f"{name!r} at Stream", seconds=20)


@pytest.mark.promise("STR-1")
def test_only_new_users_and_new_names_reach_stream(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> None:
    ana = a_phone()
    ana.sign_up("Ana")
    reaches_stream(cloud, ana, "Ana")
    ana.change_profile(display_name="Ana B")
    reaches_stream(cloud, ana, "Ana B")
    assert {field for sent in cloud.sent_to_stream(ana.user_id) for field in sent} <= {
        "id",
        "name",
        "image",
        "invisible",
    }
    assert cloud.stream.violations() == []


@pytest.mark.promise("STR-3")
def test_account_that_stream_did_not_accept_is_sent_by_the_job_of_each_minute(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    ana = a_phone()
    ana.sign_up("Ana")
    reaches_stream(cloud, ana, "Ana")
    cloud.stream.fault(method="POST", path="/users", times=1, status=503)
    ana.change_profile(display_name="Ana B")

    def is_postponed() -> bool:
        found = _row(cloud, ana).get("unsent", {}).get("M", {})
        return bool(found.get("tries") == {"N": "1"})

    until(is_postponed, "the failed attempt to be noted", 20.0)

    def is_sent() -> bool:
        cloud.run("send_unsent")
        return "unsent" not in _row(cloud, ana)

    until(is_sent, "the job to bring it to Stream", 60.0)
    reaches_stream(cloud, ana, "Ana B")


def _row(cloud: LocalCloud, phone: Phone) -> dict[str, Any]:
    account_id = jwt.decode(phone.access_token, options={"verify_signature": False})["sub"]
    key = {"pk": {"S": f"A#{account_id}"}, "sk": {"S": "profile"}}
    found: dict[str, Any] = cloud.account.client("dynamodb").get_item(
        TableName="ru4m-local-accounts", Key=key, ConsistentRead=True
    )["Item"]
    return found
