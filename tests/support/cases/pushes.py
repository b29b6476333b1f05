"""Phones with push tokens, providers that record what they get, and the workers of pushes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.accounts.model import Platform
from chalicelib.accounts.push_tokens import store
from chalicelib.accounts.push_tokens.model import PushDevices, PushEnvironment, PushToken
from chalicelib.core import clock, needs, table
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.table import ALWAYS, Change
from chalicelib.people.conversations.push_ids import push_id
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.push.jobs import push_changes, push_messages
from chalicelib.push.model import Push, PushKind, PushOutcome
from chalicelib.push.providers import service as providers
from tests.support import patches
from tests.support.clouds import cloud
from tests.support.jobs.events import Context, messages
from tests.support.jobs.profile_sync import a_record
from tests.support.roles.judge import calls_of
from tests.support.stream.hooks import an_event, sends_hook
from tests.support.world.world import User, World


@dataclass
class Providers:
    """Apple and Google, who take every push unless a test chooses another outcome."""

    taken: list[tuple[str, Push]] = field(default_factory=list)  # token, push
    outcome: PushOutcome = PushOutcome.TAKEN
    closed: bool = False
    dies_at: int | None = None  # the number of the call in which the worker is killed
    takes: timedelta = timedelta()  # the time of each call
    world: World | None = None

    def deliver(self, push: Push, tokens: Sequence[PushToken]) -> list[PushOutcome]:
        if self.dies_at is not None and len(self.taken) == self.dies_at:
            self.dies_at = None
            raise WorkerKilled
        if self.takes and self.world:
            self.world.advance(self.takes)
        if self.outcome is PushOutcome.TAKEN:
            self.taken += [(one.token, push) for one in tokens]
        return [self.outcome for _ in tokens]

    def is_open(self, _: PushToken) -> bool:
        return not self.closed

    @property
    def tokens(self) -> list[str]:
        """The tokens to which something was sent, in this order."""
        return [token for token, _ in self.taken]

    def kinds_to(self, user: User) -> list[PushKind]:
        """Return the kinds of what was pushed to a user's phone."""
        return [push.kind for token, push in self.taken if token == token_of(user)]


class WorkerKilled(BaseException):
    """The process of a worker ends here."""


def fake_providers() -> Providers:
    """Let Apple and Google be recorded in this test."""
    fake = Providers()
    patches.current().setattr(providers, "deliver", fake.deliver)
    patches.current().setattr(providers, "is_open", fake.is_open)
    return fake


def token_of(user: User) -> str:
    return f"token of {user.user_id}"


@calls_of(None)
def give_phones(*users: User) -> None:
    """Let each user's session have a push token."""
    for user in users:
        account_id, now = AccountId(user.account_id), clock.now()
        session_id = SessionId(user.session["session_id"])
        token = PushToken(
            session_id=session_id,
            platform=Platform.IOS,
            environment=PushEnvironment.PRODUCTION,
            token=token_of(user),
            checked_at=now,
            seen_at=now,
        )
        (found,) = needs.read_accounts([account_id], (DATA_KEY,))
        place = store.devices_key(account_id)
        devices = PushDevices(
            account_id=account_id,
            version=1,
            seen_at=now,
            claims={session_id: f"push_token#1#{user.user_id}"},
            tokens=(token,),
        )
        table.write(Change(place, put=codec.to_item(devices, place, found[DATA_KEY]), only_if=ALWAYS))


def a_conversation(*members: User) -> dict[str, Any]:
    """Open a conversation of the first member with the others, who are contacts."""
    first, *others = members
    body = {"members": [one.user_id for one in others]}
    reply = first.calls("POST", "/v1/conversations", body=body)
    assert reply.status in {200, 201}, reply.text
    found: dict[str, Any] = reply.json
    return found


def message_new(
    sender: User,
    talk: dict[str, Any],
    *,
    online: Sequence[User] = (),
    at: datetime | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return the event of a new message, with the members as Stream lists them."""
    listed = [
        {"user_id": one, "user": {"id": one, "name": "Vera", "online": one in {u.user_id for u in online}}}
        for one in talk["members"]
    ]
    message = {"id": "m-1", "text": "Dinner at eight?", "type": "regular", "silent": False, **more}
    user = {"id": sender.user_id, "name": "Mila", "online": True}
    return an_event("message.new", at, cid=talk["cid"], message=message, user=user, members=listed)


def writes(world: World, sender: User, talk: dict[str, Any], **of_event: Any) -> list[str]:
    """Let Stream report a new message, and the worker push it; return what is to be delivered again."""
    assert sends_hook(world, message_new(sender, talk, **of_event)).status == 204
    return work()


def work(*bodies: str, seconds: int = 45) -> list[str]:
    """Let the worker work on messages, or on all that wait; return those to deliver again."""
    taken = bodies or tuple(cloud.take_messages("pushes"))
    again: list[str] = []
    for body in taken:
        again += [body] if push_messages(messages(body), Context(seconds))["batchItemFailures"] else []
    return again


def asked(user: User, *sort_keys: str, event: str = "INSERT") -> list[str]:
    """Run the consumer of the stream of Accounts over records of a user's rows; return what it asked for."""
    records = [
        {**a_record(f"A#{user.account_id}", sort_key, str(number)), "eventName": event}
        for number, sort_key in enumerate(sort_keys, 1)
    ]
    cloud.take_messages("pushes")
    push_changes({"Records": records}, None)
    return cloud.take_messages("pushes")


def deliver_changes(event: str, user: User, *sort_keys: str) -> None:
    """Run the consumer of the stream, and the worker after it."""
    if bodies := asked(user, *sort_keys, event=event):
        work(*bodies)


def sort_keys_of(user: User, prefix: str) -> list[str]:
    """Return the sort keys of a user's rows that begin with a prefix."""
    mine = (one for one in cloud.items_of("accounts") if one["pk"]["S"] == f"A#{user.account_id}")
    return sorted(one["sk"]["S"] for one in mine if one["sk"]["S"].startswith(prefix))


def id_for(user: User, talk: dict[str, Any]) -> str:
    """Return the id of a conversation in the pushes to one member."""
    return push_id(AccountId(user.account_id), talk["conversation_id"])


SECOND = timedelta(seconds=1)
