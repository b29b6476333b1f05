"""The job that sends profiles to Stream, run as Lambda runs it."""

from datetime import datetime, timedelta
from typing import Any

import time_machine

from chalicelib.core import clock, table
from chalicelib.core.table import Change, Key, Table
from chalicelib.privacy import unsent as marks
from chalicelib.reconciliation import unsent
from chalicelib.reconciliation.jobs import send_unsent, sync_chat_profiles
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.world.builders import a_schedule_event
from tests.support.world.world import User

LONGEST_WAIT = timedelta(minutes=16)  # between two attempts


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


def deliver(*changed: dict[str, Any]) -> None:
    """Run the job of the table's stream in a new container, as Lambda does."""
    unsent.forget()
    sync_chat_profiles({"Records": list(changed)}, None)


def sync(*users: User, sk: str = "profile") -> list[str]:
    """Run the job over records of changed rows; return the numbers of users who stay due."""
    deliver(*records(*users, sk=sk))
    due = due_accounts()
    return [str(number) for number, user in enumerate(users, 1) if user.account_id in due]


def sync_again(*users: User, sk: str = "profile") -> list[str]:
    """The same, after another change of each row that changes nothing."""
    for user in users:
        mark_changed(user, sk)
    return sync(*users, sk=sk)


def mark_changed(user: User, sk: str) -> None:
    """Mark a row as each write does that changes what Stream should have."""
    place = Key(Table.ACCOUNTS, f"A#{user.account_id}", sk)
    table.write(Change(place, put=marks.new_mark(place)))


def resync() -> int:
    """Run the job of each minute when all is due; return how many accounts and conversations stay due."""
    waits = [datetime.fromisoformat(row["due_at"]["S"]) for row in marked()]
    with time_machine.travel(max([clock.now(), *waits]) + LONGEST_WAIT, tick=False):
        send_unsent(a_schedule_event(), None)
    return len({row["pk"]["S"] for row in marked()})


def marked() -> list[dict[str, Any]]:
    """Return the rows that Stream may not have, as they are stored."""
    return [item for item in cloud.items_of("accounts") if "unsent" in item]


def due_accounts() -> set[str]:
    """Return the accounts with such rows."""
    return {item["pk"]["S"].removeprefix("A#") for item in marked()}


def at_stream(stream: Emulator, user: User) -> dict[str, Any]:
    """Return a user as the emulated Stream has it."""
    found: dict[str, Any] = stream.user(user.user_id)
    return found
