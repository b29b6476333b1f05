"""The job that sends profiles to Stream, run as Lambda runs it."""

import json
from typing import Any

from chalicelib.core import clock, queues
from chalicelib.core.settings import settings
from chalicelib.people.conversations.jobs import sync_chat_profiles
from chalicelib.stream.users.jobs import resync_chat_profiles
from infra.stream_emulator import Emulator
from tests.support.clouds.cloud import take_messages
from tests.support.jobs.events import messages
from tests.support.world.world import User


def records(*users: User, sk: str = "profile") -> list[dict[str, Any]]:
    """Return stream records as DynamoDB delivers them with KEYS_ONLY, in order."""
    return [a_record(f"A#{user.account_id}", sk, str(number)) for number, user in enumerate(users, 1)]


def a_record(pk: str, sk: str, sequence: str) -> dict[str, Any]:
    return {
        "eventID": sequence,
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
            "SequenceNumber": sequence,
            "ApproximateCreationDateTime": clock.to_epoch(clock.now()),
            "StreamViewType": "KEYS_ONLY",
        },
    }


def sync(*users: User, sk: str = "profile") -> list[str]:
    """Run the job as Lambda does; returns the sequence numbers to deliver again."""
    answer = sync_chat_profiles({"Records": records(*users, sk=sk)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def unsent(*users: User, sk: str = "profile") -> list[str]:
    """Run the job as Lambda does; returns the sequence numbers of users who went to the queue instead."""
    assert sync(*users, sk=sk) == []
    ids = {json.loads(body)["account_id"] for body in take_messages("resync")}
    return [str(number) for number, user in enumerate(users, 1) if user.account_id in ids]


def resync(*bodies: str) -> int:
    """Let the worker work on messages, or on all that wait; returns how many failed, which wait again."""
    taken = bodies or tuple(take_messages("resync"))
    failed = resync_chat_profiles(messages(*taken), None)["batchItemFailures"]
    again = [taken[int(one["itemIdentifier"].removeprefix("message-"))] for one in failed]
    queues.send_all(settings().queue("resync"), again)
    return len(again)


def at_stream(stream: Emulator, user: User) -> dict[str, Any]:
    """Return a user as the emulated Stream has it."""
    found: dict[str, Any] = stream.user(user.user_id)
    return found
