"""Tests that a message which no worker can read is counted, and kept in the dead queue with its reason."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest import mock

import pytest
from chalice.app import SQSEventConfig

from app import app
from chalicelib.accounts.avatars.jobs import clean_avatars
from chalicelib.consents.jobs import announce_to_shard
from chalicelib.core import aws
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.operations.breaches.jobs import notify_of_breaches
from chalicelib.push.jobs import push_messages
from chalicelib.reconciliation.jobs import work_on_hooks
from chalicelib.retention.consent_jobs import renew_shard
from chalicelib.rights.jobs import erase_accounts, transfer_copies, work_rights
from chalicelib.rights.papers.jobs import clean_images
from tests.support.jobs.events import QUEUE_ARN, Context, messages
from tests.support.world.world import World

WORKERS: dict[str, Any] = {
    "announce_to_shard": announce_to_shard,
    "clean_avatars": clean_avatars,
    "clean_images": clean_images,
    "erase_accounts": erase_accounts,
    "notify_of_breaches": notify_of_breaches,
    "push_messages": push_messages,
    "renew_shard": renew_shard,
    "transfer_copies": transfer_copies,
    "work_on_hooks": work_on_hooks,
    "work_rights": work_rights,
}


def kept() -> list[tuple[str, dict[str, str]]]:
    """Take the messages of the dead queue, each with its attributes."""
    answer = aws.client("sqs").receive_message(
        QueueUrl=settings().queue("dead"), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        (one["Body"], {name: value["StringValue"] for name, value in one["MessageAttributes"].items()})
        for one in answer["Messages"]
    ]


def test_every_worker_of_a_queue_is_tried() -> None:
    assert WORKERS.keys() == {one.name for one in app.event_sources if isinstance(one, SQSEventConfig)}


@pytest.mark.parametrize("name", WORKERS)
def test_malformed_message_is_kept_with_its_reason_and_its_queue(
    world: World, counts: Counter[Metric], name: str
) -> None:
    reasons = {"nonsense": "not_json", "{}": "other_fields"}
    assert WORKERS[name](messages(*reasons), Context()) == {"batchItemFailures": []}
    assert kept() == [(body, {"reason": why, "source": QUEUE_ARN}) for body, why in reasons.items()]
    assert counts[Metric.MESSAGE_SET_ASIDE] == 2


def test_malformed_message_is_delivered_again_if_the_dead_queue_does_not_answer(
    world: World, counts: Counter[Metric]
) -> None:
    with mock.patch.object(aws, "ask", side_effect=Unavailable):
        assert work_on_hooks(messages("nonsense"), Context()) == {
            "batchItemFailures": [{"itemIdentifier": "message-0"}]
        }
    assert counts[Metric.MESSAGE_SET_ASIDE] == 0
    assert work_on_hooks(messages("nonsense"), Context()) == {"batchItemFailures": []}
    assert [body for body, _ in kept()] == ["nonsense"]
