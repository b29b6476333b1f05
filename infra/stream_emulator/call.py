"""One request as a route sees it, and the table of routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.stream_emulator import house_rules
from infra.stream_emulator.app_settings import revocation
from infra.stream_emulator.channels import Channel, Message
from infra.stream_emulator.errors import as_object, bad_input, needed, not_allowed, not_found
from infra.stream_emulator.hub import Connection
from infra.stream_emulator.tokens import Principal
from infra.stream_emulator.users import MANAGED, checked_id, checked_profile
from infra.stream_emulator.wire import Json, parsed
from infra.stream_emulator.world import World

# Fields of a user that need a permission beyond writing the own profile.
_PERMISSIONS = {"role": "update-user-role", "teams": "update-user-teams"}


@dataclass(frozen=True)
class Call:
    """An authenticated request with its body parsed."""

    world: World
    operation: str
    principal: Principal
    params: dict[str, str]
    query: dict[str, str]
    body: Json
    base_url: str

    @property
    def client_id(self) -> str:
        """The id of the user whose client sent the request."""
        return needed(self.principal.user_id, bad_input("only clients may call this"))

    def payload(self) -> Json:
        """The JSON object in the query's `payload`."""
        found = as_object(parsed(self.query.get("payload", "")), "payload must be a JSON object")
        return {name: value for name, value in found.items() if value is not None}

    def demand(self, permission: str, channel: Channel | None = None, *, owner: str | None = None) -> None:
        """Refuse an action that the grants do not let the caller do; see `World.demand`."""
        self.world.demand(self.principal, permission, channel, owner=owner)

    def channel(self, permission: str, named: Mapping[str, object] | None = None) -> Channel:
        """The channel of the path, or the one of other fields, in which the caller has a permission.

        Raises:
            StreamError: 404, no such channel; 403, the permission is missing.
        """
        where = self.params if named is None else named
        channel = self.world.channels.get(f"{where.get('type')}:{where.get('id')}")
        self.demand(permission, channel)
        return channel

    def message(self, permission: str, *, of_author: bool = False) -> tuple[Channel, Message]:
        """The message of the path with its channel, in which the caller has a permission.

        Args:
            permission: the permission.
            of_author: whether a grant for own objects suffices to the message's author.

        Raises:
            StreamError: 404, no such message; 403, the permission is missing.
        """
        channel, message = self.world.channels.message(self.params["id"])
        self.demand(permission, channel, owner=message.user_id if of_author else None)
        return channel, message

    def flag(self, name: str) -> bool:
        """A boolean of the query."""
        return self.query.get(name) == "true"

    def connection(self) -> Connection | None:
        """The WebSocket that watches, if the body asks to watch, or for presence."""
        if not (self.body.get("watch") or self.body.get("presence")):
            return None
        return self.world.hub.connection(self.query.get("connection_id"), self.principal.user_id)

    def follow(self, connection: Connection | None, cids: set[str]) -> None:
        """Let a WebSocket get the events of channels, and the presence of their members, as the body asks."""
        if connection and self.body.get("watch"):
            connection.watching |= cids
        if connection and self.body.get("presence"):
            connection.presence |= cids

    def ids(self, name: str, limit: int) -> list[str]:
        """A list of ids in the body.

        Raises:
            StreamError: none, or more than the limit.
        """
        given = self.body.get(name)
        if not isinstance(given, list) or not given:
            raise bad_input(f"{name} must be a list with at least one entry")
        if len(given) > limit:
            raise bad_input(f"{name} is limited to {limit} entries")
        return [str(value) for value in given]

    def sent_fields(self, user_id: str, raw: Json, *, managed: bool = False) -> Json:
        """The fields of a user that the caller sends, those in `custom` among them.

        Args:
            user_id: whose fields they are.
            raw: the fields; v2 nests some in `custom`.
            managed: whether the house rules permit the server-managed field.

        Raises:
            StreamError: 400, a wrong type or a house rule; 403, a field that needs a permission.
        """
        fields = {name: value for name, value in raw.items() if name != "custom"}
        fields |= as_object(raw.get("custom") or {}, "custom must be an object")
        house_rules.refuse_fields(self, "user", user_id, fields, also=[MANAGED] if managed else [])
        self.demand_fields(fields)
        if MANAGED in fields:
            fields[MANAGED] = revocation(fields[MANAGED])
        return checked_profile(fields)

    def demand_fields(self, names: Iterable[str]) -> None:
        """Refuse fields of a user that the grants do not let a client write.

        Raises:
            StreamError: 403 with code 17.
        """
        if self.principal.is_server:
            return
        for name in names:
            if name == MANAGED:
                raise not_allowed(f"clients do not set {MANAGED}")
            if name in _PERMISSIONS:
                self.demand(_PERMISSIONS[name])

    def demand_in_channels(self, permission: str, cids: list[str]) -> None:
        """Refuse a client's query unless it names channels and has the permission in each.

        Raises:
            StreamError: 400, no channel is named; 403, the permission is missing; 404, no such channel.
        """
        if self.principal.is_server:
            return
        if not cids:
            raise bad_input("clients have to filter by channel_cid")
        for cid in cids:
            self.demand(permission, self.world.channels.get(cid))

    def named_user(self, raw: object) -> str:
        """The id of a user whom a body names by id or by an object."""
        if not isinstance(raw, dict):
            return checked_id(raw)
        user_id = checked_id(raw.get("id"))
        self.sent_fields(user_id, raw)
        return user_id

    def author(self, raw: Json) -> str:
        """The user whom the caller acts as: a client as itself, the server as the named user."""
        if self.principal.user_id is not None:
            return self.principal.user_id
        named = raw.get("user", raw.get("user_id"))
        if named is None:
            raise bad_input("either user or user_id must be provided when using server side auth")
        return self.world.active(self.named_user(named)).id

    def another_user(self, actor_id: str, target: object) -> str:
        """The id of an existing user other than the actor.

        Raises:
            StreamError: 400, no id or the actor's own (see Options); 404, no such user.
        """
        if not isinstance(target, str) or not target:
            raise bad_input("the target must be the id of a user")
        if target == actor_id and self.world.options.action_on_oneself == "refused":
            raise bad_input("users can't do this to themselves")
        return self.world.users.living(target).id

    def end_of(self, name: str, unit: timedelta) -> datetime | None:
        """When an action ends, by a field of the body that counts units; None if it lasts.

        Raises:
            StreamError: 400; no positive whole number.
        """
        wanted = self.body.get(name)
        if wanted is None:
            return None
        if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
            raise bad_input(f"{name} must be a positive number")
        return self.world.clock.now() + wanted * unit

    def refuse_absent(self, *, is_there: bool) -> None:
        """Refuse to undo what was not done, if the options say so.

        Raises:
            StreamError: 404 with code 16.
        """
        if not is_there and self.world.options.undo_of_nothing == "not_found":
            raise not_found("there is nothing to undo")


@dataclass(frozen=True)
class Endpoint:
    """A route: its path, Stream's name of it, and its permitted callers."""

    method: str
    path: str
    operation: str
    handler: Callable[[Call], Json]
    for_clients: bool
    in_chat: bool


class Table:
    """The routes that lie under one path of v2."""

    def __init__(self, *, in_chat: bool) -> None:
        """`in_chat` routes lie under /api/v2/chat instead of /api/v2."""
        self._in_chat = in_chat
        self.endpoints: list[Endpoint] = []

    def on(
        self, method: str, path: str, operation: str, *, for_clients: bool = False
    ) -> Callable[[Callable[[Call], Json]], Callable[[Call], Json]]:
        """Register a handler; clients get 403 unless `for_clients`."""

        def register(handler: Callable[[Call], Json]) -> Callable[[Call], Json]:
            self.endpoints.append(Endpoint(method, path, operation, handler, for_clients, self._in_chat))
            return handler

        return register


TOP, CHAT = Table(in_chat=False), Table(in_chat=True)
