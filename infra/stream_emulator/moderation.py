"""What users and moderators do to users: mutes, blocks, bans and flags."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from infra.stream_emulator.channels import Channel, UserView
from infra.stream_emulator.clock import Clock
from infra.stream_emulator.wire import Json


@dataclass(frozen=True)
class UserMute:
    """One user does not want to be notified of another; messages still arrive."""

    user_id: str
    target_id: str
    created_at: datetime
    expires: datetime | None

    def rendered(self, user: UserView) -> Json:
        """As the API shows it."""
        times = {"created_at": self.created_at, "updated_at": self.created_at}
        people = {"user": user(self.user_id), "target": user(self.target_id)}
        return people | times | _until(self.expires)


@dataclass(frozen=True)
class ChannelMute:
    """One user does not want to be notified of a channel."""

    user_id: str
    cid: str
    created_at: datetime
    expires: datetime | None

    def rendered(self, user: UserView) -> Json:
        """As the API shows it; of the channel only what names it."""
        channel_type, _, channel_id = self.cid.partition(":")
        times = {"created_at": self.created_at, "updated_at": self.created_at}
        channel = {"cid": self.cid, "type": channel_type, "id": channel_id}
        return {"user": user(self.user_id), "channel": channel} | times | _until(self.expires)


@dataclass(frozen=True)
class Block:
    """One user wants no conversation of two with another."""

    user_id: str
    blocked_id: str
    created_at: datetime

    def rendered(self, user: UserView) -> Json:
        """As the API shows it."""
        return {
            "user_id": self.user_id,
            "user": user(self.user_id),
            "blocked_user_id": self.blocked_id,
            "blocked_user": user(self.blocked_id),
            "created_at": self.created_at,
        }


@dataclass(frozen=True)
class Ban:
    """A user may not post, in the app or in one channel; a shadow ban only marks the posts."""

    target_id: str
    banned_by: str
    cid: str | None
    shadow: bool
    reason: str
    created_at: datetime
    expires: datetime | None

    def rendered(self, user: UserView, channel: object = None) -> Json:
        """As the API shows it."""
        people = {"user": user(self.target_id), "banned_by": user(self.banned_by)}
        about: Json = {"reason": self.reason, "shadow": self.shadow, "created_at": self.created_at}
        return people | about | _until(self.expires) | ({"channel": channel} if channel else {})

    def searchable(self) -> Json:
        """The fields that queries may filter and sort by."""
        return {
            "user_id": self.target_id,
            "banned_by_id": self.banned_by,
            "channel_cid": self.cid,
            "reason": self.reason,
            "created_at": self.created_at,
        }


@dataclass(frozen=True)
class Flag:
    """A report of a user, or of one message of that user."""

    reporter_id: str
    target_id: str
    message_id: str | None
    cid: str | None
    reason: str
    custom: Json
    created_at: datetime

    def rendered(self, user: UserView) -> Json:
        """As the answer to the reporter shows it."""
        shown: Json = {
            "user": user(self.reporter_id),
            "created_by_automod": False,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "reason": self.reason,
            "custom": self.custom,
        }
        if self.message_id is None:
            return shown | {"target_user": user(self.target_id)}
        about = {"target_message_id": self.message_id, "message_user_id": self.target_id}
        return shown | about | {"channel_cid": self.cid}


class Moderation:
    """All actions that were not undone. An expired one is without effect."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.mutes: dict[tuple[str, str], UserMute] = {}
        self.channel_mutes: dict[tuple[str, str], ChannelMute] = {}
        self.blocks: dict[tuple[str, str], Block] = {}
        self.bans: dict[tuple[str, str | None], Ban] = {}
        self.flags: dict[tuple[str, str, str | None], Flag] = {}

    def holds(self, action: UserMute | ChannelMute | Ban) -> bool:
        """Whether an action has not expired."""
        return action.expires is None or action.expires > self._clock.now()

    def mutes_of(self, user_id: str) -> list[UserMute]:
        """The users whom a user mutes."""
        return [mute for mute in self.mutes.values() if mute.user_id == user_id and self.holds(mute)]

    def channel_mutes_of(self, user_id: str) -> list[ChannelMute]:
        """The channels that a user mutes."""
        return [mute for mute in self.channel_mutes.values() if mute.user_id == user_id and self.holds(mute)]

    def blocks_of(self, user_id: str) -> list[Block]:
        """The users whom a user blocks."""
        return [block for block in self.blocks.values() if block.user_id == user_id]

    def has_blocked(self, user_id: str, other_id: str | None) -> bool:
        """Whether the user blocks the other one."""
        return (user_id, other_id) in self.blocks

    def hides(self, channel: Channel, user_id: str) -> bool:
        """Whether the channel is hidden from a member, who blocks the only other one."""
        others = set(channel.members) - {user_id}
        if user_id not in channel.members or len(others) != 1:
            return False
        return self.has_blocked(user_id, others.pop())

    def bans_of(self, user_id: str, cid: str) -> list[Ban]:
        """The bans that count for a user in a channel: the app's and the channel's."""
        found = [self._ban(user_id, None), self._ban(user_id, cid)]
        return [ban for ban in found if ban]

    def _ban(self, user_id: str, cid: str | None) -> Ban | None:
        ban = self.bans.get((user_id, cid))
        return ban if ban and self.holds(ban) else None

    def standing(self, user_id: str, cid: str | None = None) -> Json:
        """The fields of a user, or of a member of a channel, that show a ban."""
        ban = self._ban(user_id, cid)
        shown: Json = {"banned": bool(ban and not ban.shadow), "shadow_banned": bool(ban and ban.shadow)}
        return shown | ({"ban_expires": ban.expires} if ban and ban.expires else {})

    def forget(self, user_id: str, *, about: bool) -> None:
        """Remove a user's mutes, blocks and flags; with `about` also those and the bans against the user."""

        def concerns(*ids: str) -> bool:
            return user_id in (ids if about else ids[:1])

        self.mutes = {k: v for k, v in self.mutes.items() if not concerns(v.user_id, v.target_id)}
        self.channel_mutes = {k: v for k, v in self.channel_mutes.items() if v.user_id != user_id}
        self.blocks = {k: v for k, v in self.blocks.items() if not concerns(v.user_id, v.blocked_id)}
        self.bans = {k: v for k, v in self.bans.items() if not (about and v.target_id == user_id)}
        self.flags = {k: v for k, v in self.flags.items() if not concerns(v.reporter_id, v.target_id)}

    def stored(self) -> Json:
        """Everything, as the emulator's state shows it."""
        kinds = ("mutes", "channel_mutes", "blocks", "bans", "flags")
        return {kind: [asdict(action) for action in getattr(self, kind).values()] for kind in kinds}


def _until(expires: datetime | None) -> Json:
    return {"expires": expires} if expires else {}
