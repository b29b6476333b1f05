"""One emulated app: everything that it holds, and what its grants allow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from infra.stream_emulator.app_settings import AppSettings
from infra.stream_emulator.channels import Channel, Channels
from infra.stream_emulator.clock import Clock
from infra.stream_emulator.errors import bad_input, bad_token, needed, not_allowed, unknown_key
from infra.stream_emulator.faults import Faults
from infra.stream_emulator.hub import Hub
from infra.stream_emulator.journal import Journal
from infra.stream_emulator.limits import Limits
from infra.stream_emulator.moderation import Moderation
from infra.stream_emulator.options import Options
from infra.stream_emulator.permissions import action
from infra.stream_emulator.tasks import TaskBoard
from infra.stream_emulator.tokens import (
    MINIMUM_SECRET,
    Principal,
    read_token,
    refuse_if_revoked,
)
from infra.stream_emulator.users import Directory, User
from infra.stream_emulator.webhooks import Webhooks
from infra.stream_emulator.wire import Json, WithCustom


@dataclass(frozen=True)
class Upload:
    """One file that a user put on the CDN."""

    url: str
    user_id: str
    cid: str
    name: str
    content: bytes
    created_at: datetime

    def rendered(self) -> Json:
        """As the emulator's state shows it."""
        return {"url": self.url, "user_id": self.user_id, "cid": self.cid, "name": self.name}


class World:
    """The state behind all routes. Only the emulator's event loop touches it."""

    def __init__(self, api_key: str, secret: str, options: Options | None = None) -> None:
        if len(secret.encode()) < MINIMUM_SECRET:
            raise ValueError(f"the secret needs at least {MINIMUM_SECRET} bytes")
        self.api_key = api_key
        self.secret = secret
        self._initial = options or Options()
        self.options = self._initial
        self.clock = Clock()
        self.webhooks = Webhooks(api_key, secret, lambda: self.app)
        self.hub = Hub(self._is_deaf, self.webhooks.send)
        self.journal = Journal(self.options.journal_size)
        self.faults = Faults()
        self.limits = Limits(self.clock, lambda: self.options)
        self.tasks = TaskBoard(self.clock, lambda: self.options)
        self._start_over()

    def _start_over(self) -> None:
        self.users = Directory(self.clock)
        self.channels = Channels(self.clock)
        self.moderation = Moderation(self.clock)
        self.uploads: dict[str, Upload] = {}
        self.planted: dict[str, Json] = {}
        hardened = self.options.grants == "hardened"
        self.app = AppSettings(self.clock.now(), hardened=hardened)

    def reset(self) -> None:
        """Forget everything, settings and options too; open sockets stay open."""
        self.options = self._initial
        self.clock.clear()
        self.tasks.clear()
        self.faults.clear()
        self.limits.clear()
        self.journal.clear()
        self.hub.clear()
        self.webhooks.clear()
        self._start_over()

    def choose(self, changes: Json) -> None:
        """Change options from now on.

        Raises:
            StreamError: there is no such option.
        """
        try:
            chosen = replace(self.options, **changes)
        except TypeError as error:
            raise bad_input(str(error)) from None
        self.options = replace(chosen, limits=self.options.limits | changes.get("limits", {}))

    def plant(self, planted: Json) -> None:
        """Add data to a user's exports: fields of `user`, fields of each `message`, `calls`.

        Raises:
            StreamError: no such user.
        """
        user_id = self.users.living(str(planted.get("user_id"))).id
        self.planted[user_id] = self.planted.get(user_id, {}) | planted

    def calls_of(self, user_id: str) -> list[Json]:
        """The planted calls of a user."""
        return list(self.planted.get(user_id, {}).get("calls", []))

    def delete_calls(self, user_id: str, *, hard: bool) -> None:
        """Hide or remove the user's calls of two; a planted call without `members` is one."""
        deleted_at = self.clock.now().isoformat()
        kept = [
            one if _has_more_than_two(one) else one | {"deleted_at": deleted_at}
            for one in self.calls_of(user_id)
            if _has_more_than_two(one) or not hard
        ]
        if user_id in self.planted:
            self.planted[user_id] = self.planted[user_id] | {"calls": kept}

    def forget_planted(self, user_id: str) -> None:
        """Drop what a test planted about a user, but not the calls, which have a mode of their own."""
        if user_id in self.planted:
            self.planted[user_id] = {"calls": self.calls_of(user_id)}

    def principal(self, api_key: str | None, token: str | None, auth_type: str | None) -> Principal:
        """The principal of a request, if the key and the token are valid.

        Raises:
            StreamError: 401; or 403 or 404 for a user who can't act.
        """
        if api_key != self.api_key:
            raise unknown_key()
        if auth_type != "jwt" or not token:
            raise bad_token(5, "stream-auth-type must be jwt")
        unchecked = bool(self.app.values["disable_auth_checks"])
        claims = read_token(token, self.secret, self.clock.seconds(), development=unchecked)
        if claims.user_id is not None:
            user = self.users.known(claims.user_id)
            revoked = user.revoked_before if user else None
            refuse_if_revoked(claims, revoked, self.app.revoked_before)
        return Principal(claims.user_id)

    def active(self, user_id: str) -> User:
        """A user who may act.

        Raises:
            StreamError: 404 with code 16 (unknown, deleted) or 403 with code 17 (deactivated).
        """
        user = self.users.living(user_id)
        if user.deactivated_at:
            raise not_allowed(f"user {user_id} is deactivated")
        return user

    def view(self, user_id: str) -> WithCustom:
        """A user as others see them.

        Raises:
            StreamError: 400; the id is unknown.
        """
        user = needed(self.users.known(user_id), bad_input(f"user {user_id} doesn't exist"))
        shown = user.rendered()
        fields = shown.fields | self.moderation.standing(user_id)
        if user.invisible and self.options.hidden_last_active == "omitted":
            fields.pop("last_active", None)
        return replace(shown, fields=fields)

    def view_in_hooks(self, user_id: str) -> WithCustom:
        """A user as the members of a hook show them."""
        shown, user = self.view(user_id), self.users.known(user_id)
        is_online = bool(user and user.online and self.options.hooks_show_hidden)
        return replace(shown, fields=shown.fields | {"online": shown.fields["online"] or is_online})

    def may(
        self,
        principal: Principal,
        permission: str,
        channel: Channel | None = None,
        *,
        channel_type: str | None = None,
        owner: str | None = None,
    ) -> bool:
        """Whether the grants of all the principal's roles hold a permission.

        Without a channel or channel type the app's grants count. `owner` owns the object itself (a message);
        without it, the channel's creator counts as the owner.
        """
        if principal.user_id is None or self.app.values["disable_permissions_checks"]:
            return True
        channel_type = channel.type if channel else channel_type
        grants = self.app.channel_type(channel_type).grants if channel_type else self.app.grants
        roles = self._roles(principal.user_id, channel)
        granted = {permission for role in roles for permission in grants.get(role, [])}
        owner = owner or (channel.created_by if channel else None)
        owns = owner == principal.user_id
        return permission in granted or (owns and f"{permission}-owner" in granted)

    def _roles(self, user_id: str, channel: Channel | None) -> list[str]:
        user = self.users.known(user_id)
        member = channel.members.get(user_id) if channel else None
        return [user.role if user else "user", *([member.role] if member else [])]

    def demand(
        self, principal: Principal, permission: str, channel: Channel | None = None, **scope: str | None
    ) -> None:
        """Refuse an action that the grants do not permit; the arguments are those of `may`.

        Raises:
            StreamError: 403 with code 17.
        """
        if not self.may(principal, permission, channel, **scope):
            where = channel.type if channel else scope.get("channel_type") or ".app"
            roles = self._roles(str(principal.user_id), channel)
            who = f"User '{principal.user_id}' with roles {roles}"
            raise not_allowed(
                f"{who} is not allowed to perform action {action(permission)} in scope '{where}'"
            )

    def _is_deaf(self, listener: str, channel: Channel, actor: str | None) -> bool:
        """Whether a listener blocks the actor of an event in a conversation of two."""
        return self.moderation.hides(channel, listener) and self.moderation.has_blocked(listener, actor)

    def neighbours(self, user_id: str) -> set[str]:
        """The user and all who share a channel with them."""
        shared = [channel.members for channel in self.channels.of_member(user_id)]
        return {user_id}.union(*shared)

    def announce(self, kind: str, user: User) -> None:
        """Send an event about a changed user to all who share a channel with them, and to webhooks."""
        event = self.report(kind, user)
        self.hub.send_to_users(event, self.neighbours(user.id))
        self.show_presence(user)

    def show_presence(self, user: User) -> None:
        """Send whether a user is seen online, if that changed, to those who asked in a shared channel."""
        if user.is_seen_online == user.was_seen_online:
            return
        user.was_seen_online = user.is_seen_online
        event = {"type": "user.presence.changed", "user": self.view(user.id), "created_at": self.clock.now()}
        shared = {
            channel.cid
            for channel in self.channels.of_member(user.id)
            if self.app.channel_type(channel.type).values["connect_events"]
        }
        self.hub.send_presence(event, shared)

    def report(self, kind: str, user: User, **more: object) -> Json:
        """Send an event about a user to webhooks only; returns it."""
        event = {"type": kind, "user": self.view(user.id), "created_at": self.clock.now(), **more}
        self.webhooks.send(event)
        return event


def _has_more_than_two(call: Json) -> bool:
    return len(call.get("members", ())) > 2
