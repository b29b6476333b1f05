"""What a conversation is here and at Stream, for tests."""

from typing import Any

from chalicelib.core.clock import MINUTE
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.jobs import profile_sync
from tests.support.jobs.profile_sync import a_record, marked, sync
from tests.support.world.world import User, World


def some_contacts(world: World, number: int) -> list[User]:
    """Return users who are at Stream, the first of whom is a contact of the others."""
    users = []
    for count in range(1, number + 1):
        users.append(world.a_user())
        if count % 20 == 0:
            world.advance(6 * MINUTE)  # one network requests 25 codes in five minutes
    first, *others = users
    first.meets(*others)
    assert sync(*users[:99]) == []
    return users


def shared(conversation: dict[str, Any]) -> dict[str, Any]:
    """Return what all members see alike: the id in pushes is each one's own."""
    return {name: value for name, value in conversation.items() if name != "push_id"}


def at_stream(stream: Emulator, conversation: dict[str, Any]) -> list[str] | None:
    """Return the members of the channel at Stream, sorted; None if there is none."""
    channel = stream.state()["channels"].get(conversation["cid"])
    return sorted(channel["members"]) if channel else None


def ids(*users: User) -> list[str]:
    return sorted(user.user_id for user in users)


def members_here(conversation: dict[str, Any]) -> list[str]:
    """Return the user ids in the conversation's row, sorted, after checking it against the memberships."""
    conversation_id = conversation["conversation_id"]
    rows = [one for one in cloud.items_of("accounts") if one["pk"]["S"] == f"C#{conversation_id}"]
    listed = [member["M"] for row in rows for member in row["members"]["L"]]
    reverse = {
        one["pk"]["S"] for one in cloud.records("membership") if one["sk"]["S"].endswith(conversation_id)
    }
    assert {f"A#{one['account_id']['S']}" for one in listed} == reverse
    return sorted(one["user_id"]["S"] for one in listed)


def differences(stream: Emulator) -> dict[str, tuple[object, object]]:
    """Return users and channels at Stream that are not as our rows say: what is there, and what should be."""
    state, rows = stream.state(), cloud.items_of("accounts")
    accounts = {row["user_id"]["S"]: row["state"]["S"] for row in rows if row["sk"]["S"] == "account"}
    talks = {
        f"messaging:{row['conversation_id']['S']}": sorted(one["M"]["user_id"]["S"] for one in members)
        for row in cloud.records("conversation")
        if (members := row["members"]["L"])
    }
    users = {one: _state_of(found) for one, found in state["users"].items() if one.startswith("u_")}
    channels = {cid: sorted(found["members"]) for cid, found in state["channels"].items()}
    there: dict[str, object] = {**users, **channels}
    wanted: dict[str, object] = {**{one: _STATES[accounts.get(one, "erasing")] for one in users}, **talks}
    return {
        one: (there.get(one), wanted.get(one))
        for one in sorted({*there, *wanted})
        if there.get(one) != wanted.get(one)
    }


_STATES = {"active": "active", "frozen": "deactivated", "restricted": "deactivated", "erasing": "deleted"}


def user_at_stream(stream: Emulator, user: User) -> str:
    """Return whether a user is active, deactivated or deleted at Stream."""
    return _state_of(stream.user(user.user_id))


def _state_of(user: dict[str, Any]) -> str:
    return "deleted" if "deleted_at" in user else str(user["state"])


def deliver(*conversations: dict[str, Any]) -> list[str]:
    """Run the job over records of changed conversations; return the ids of those that stay due."""
    records = [
        a_record(f"C#{one['conversation_id']}", "conversation", str(number))
        for number, one in enumerate(conversations, 1)
    ]
    profile_sync.deliver(*records)
    left = {row["pk"]["S"] for row in marked()}
    return [one["conversation_id"] for one in conversations if f"C#{one['conversation_id']}" in left]


def operations(stream: Emulator) -> list[str]:
    """Return the calls that Stream got since the last ones were cleared."""
    return [request["operation"] for request in stream.requests()]
