"""Options of the emulator's behaviour, for tests and the tour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TaskProgress = Literal["poll", "clock", "hold", "instant"]

# Requests per minute and platform. Published figures; see UNPUBLISHED for the rest.
_PUBLISHED = {
    10000: (
        "Connect", "GetOrCreateChannel", "QueryChannels", "GetApp", "MarkRead",
    ),
    1000: (
        "QueryUsers", "SendMessage", "CreateGuest", "UploadFile", "GetMessage", "DeleteMessage",
    ),
    300: (
        "UpdateUsers", "UpdateUsersPartial", "UpdateChannel", "QueryMembers", "CreateDevice", "Mute",
        "Unmute", "Ban", "Unban", "Flag", "Unflag", "BlockUsers",
    ),
    60: (
        "DeleteUser", "DeactivateUser", "ReactivateUser", "ExportUser", "ExportChannels",
        "DeleteChannel", "GetChannelType", "ListChannelTypes", "UpdateChannelType", "UpdateApp",
        "ListDevices",
    ),
}  # fmt: skip

# Stream does not publish these. They are low, so that no caller relies on more.
UNPUBLISHED = 60
POLLED = 300


def _published() -> dict[str, int]:
    limits = {name: limit for limit, names in _PUBLISHED.items() for name in names}
    return limits | {"GetTask": POLLED}


@dataclass(frozen=True)
class Options:
    """Behaviour that Stream does not document, or that a test sets.

    If Stream documents nothing, the default is the worse case for the backend.
    """

    task_progress: TaskProgress = "poll"
    """What advances a task by one state: each GET of it, or `task_seconds` of the clock."""
    task_seconds: float = 1.0
    limits: dict[str, int] = field(default_factory=_published)
    """Requests per minute by endpoint name; others have UNPUBLISHED for the server."""
    client_limit: int = 60
    """Requests per minute, endpoint and user, for clients; a lower limit of the endpoint applies instead."""
    upsert_clears_revocation: bool = True
    """Whether the full replace of POST /users also drops revoke_tokens_issued_before."""
    unknown_settings: Literal["refused", "ignored"] = "refused"
    """The result of a setting of the app or of a channel type that Stream does not document."""
    upsert_resets_role: bool = True
    """Whether the full replace of POST /users also gives the user the role `user` again."""
    upsert_shows_user: bool = True
    """Whether the full replace of POST /users without `invisible` shows a hidden user again."""
    connect_writes_status: bool = True
    """Whether a client's connect may change `invisible` without the grant to write its user."""
    hooks_show_hidden: bool = False
    """Whether the members of a hook show that a hidden user is online."""
    hidden_last_active: Literal["shown", "omitted"] = "shown"
    """Whether others see when a hidden user was last active."""
    repeated_delete: Literal["not_found", "bad_input", "task_error", "task_ok"] = "task_error"
    """The result of deleting a deleted user."""
    unfinished_delete: Literal["as_deleted", "finished"] = "as_deleted"
    """The result of deleting a user again whose data an earlier task left: as that of a deleted user, or the
    new task deletes the data."""
    unknown_delete: Literal["not_found", "bad_input", "task_error", "task_ok"] = "not_found"
    """The result of deleting a user who never existed."""
    deleted_in_queries: Literal["hidden", "shown"] = "hidden"
    """Whether a query for users shows deleted ones, with deleted_at."""
    task_retention: float | None = None
    """Seconds after its last change at which a task that has ended is forgotten; None: never."""
    repeated_deactivate: Literal["ok", "bad_input"] = "bad_input"
    """The result of deactivating a deactivated user."""
    repeated_reactivate: Literal["ok", "bad_input"] = "bad_input"
    """The result of reactivating an active user."""
    deactivated_update: Literal["ok", "bad_input"] = "bad_input"
    """The result of a partial update of a deactivated user by the server."""
    most_exported: int = 10_000
    """How many messages, and how many reactions, of one user an export holds."""
    over_most_exported: Literal["cut", "task_failed", "refused"] = "cut"
    """The result of a task that exports a user with more."""
    action_on_oneself: Literal["refused", "ok"] = "refused"
    """The result of muting, blocking, banning or flagging oneself."""
    undo_of_nothing: Literal["not_found", "ok"] = "not_found"
    """The result of undoing a mute, block, ban or flag that does not exist."""
    repeated_flag: Literal["bad_input", "ok"] = "bad_input"
    """The result of flagging the same target again."""
    server_sends_for_banned: Literal["refused", "ok"] = "refused"
    """The result of a message that the server sends as a banned user."""
    deletion_removes: Literal["own", "all"] = "own"
    """What a hard or pruning deletion of a user removes: mutes, blocks and flags by the user, or also mutes,
    blocks, flags and bans against the user. Bans by the user stay."""
    user_details: Literal["ignored", "refused"] = "ignored"
    """The effect of a profile in a client's connect if the grants do not permit writing it."""
    journal_size: int = 10_000
    """How many requests the journal stores."""
    house_rules: bool = True
    """Whether RU4M's own rules apply besides Stream's (see house_rules)."""
    grants: Literal["hardened", "stock"] = "hardened"
    """The initial settings of the app: hardened ones for tests, or Stream's own defaults."""
