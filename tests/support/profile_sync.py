"""The job that sends profiles to Stream, run as Lambda runs it."""

from typing import Any

from chalicelib.chat.jobs import sync_chat_profiles
from tests.support.world import User


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
            "StreamViewType": "KEYS_ONLY",
        },
    }


def sync(*users: User, sk: str = "profile") -> list[str]:
    """Run the job as Lambda does; returns the sequence numbers to deliver again."""
    answer = sync_chat_profiles({"Records": records(*users, sk=sk)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
