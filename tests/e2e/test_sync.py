"""Tests that the deployed table stream and function send changes of accounts to Stream."""

from __future__ import annotations

import json
from collections.abc import Callable

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
    assert {field for sent in cloud.sent_to_stream(ana.user_id) for field in sent} <= {"id", "name", "image"}
    assert cloud.stream.violations() == []


def test_account_that_stream_did_not_accept_is_sent_again_by_the_queue(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    ana = a_phone()
    ana.sign_up("Ana")
    ana.change_profile(display_name="Ana B")
    reaches_stream(cloud, ana, "Ana B")  # records are in order, so no earlier one is still on its way
    account_id = jwt.decode(ana.access_token, options={"verify_signature": False})["sub"]
    keys = {"pk": {"S": f"A#{account_id}"}, "sk": {"S": "profile"}}
    record = {
        "eventName": "MODIFY",
        "dynamodb": {"Keys": keys, "SequenceNumber": "111", "ApproximateCreationDateTime": 1_764_000_000},
    }
    cloud.stream.fault(method="POST", path="/users", times=1, status=503)
    answer = cloud.invoke("sync_chat_profiles", {"Records": [record]})
    # The queue has the account, so the stream goes on without it.
    assert json.load(answer["Payload"]) == {"batchItemFailures": []}

    def synced() -> bool:
        return any('"ChatProfileSynced"' in line for line in cloud.log_lines("resync_chat_profiles"))

    until(synced, "the queue to bring it to Stream", 60.0)
