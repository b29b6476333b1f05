"""What a test or a tour may choose about the emulator's behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TaskProgress = Literal["poll", "clock", "hold", "instant"]

# Requests per minute and platform. Published figures; see UNPUBLISHED for the rest.
_PUBLISHED = {
    10_000: ("Connect", "GetOrCreateChannel", "QueryChannels", "GetApp", "MarkRead"),
    1_000: ("QueryUsers", "SendMessage", "CreateGuest", "UploadFile"),
    300: ("UpdateUsers", "UpdateUsersPartial", "UpdateChannel", "QueryMembers", "CreateDevice"),
    60: (
        "DeleteUser",
        "DeactivateUser",
        "ReactivateUser",
        "ExportUser",
        "ExportChannels",
        "DeleteChannel",
        "GetChannelType",
        "ListChannelTypes",
        "UpdateChannelType",
        "UpdateApp",
        "ListDevices",
    ),
}

# Stream doesn't publish these; the low ones keep a caller from counting on more.
UNPUBLISHED = 60
POLLED = 300


def _published() -> dict[str, int]:
    limits = {name: limit for limit, names in _PUBLISHED.items() for name in names}
    return limits | {"GetTask": POLLED}


@dataclass(frozen=True)
class Options:
    """Behaviour that Stream leaves open, or that a test sets.

    Where Stream documents nothing, the default is what is worse for the backend.
    """

    task_progress: TaskProgress = "poll"
    """What moves a task one state on: each GET of it, or `task_seconds` of the clock."""
    task_seconds: float = 1.0
    limits: dict[str, int] = field(default_factory=_published)
    """Requests per minute by endpoint name; others have UNPUBLISHED for the server."""
    client_limit: int = 60
    """Requests per minute, endpoint and user, for clients."""
    upsert_clears_revocation: bool = True
    """Whether the full replace of POST /users also drops revoke_tokens_issued_before."""
    repeated_delete: Literal["not_found", "task_error", "task_ok"] = "task_error"
    """What deleting a deleted user brings."""
    repeated_deactivate: Literal["ok", "bad_input"] = "bad_input"
    """What deactivating a deactivated user brings."""
    most_exported: int = 10_000
    """How many messages, and how many reactions, of one user an export holds."""
    over_most_exported: Literal["cut", "task_failed", "refused"] = "cut"
    """What comes of an export by task of a user who has more."""
    user_details: Literal["ignored", "refused"] = "ignored"
    """What becomes of a profile in a client's connect if the grants forbid it to write one."""
    journal_size: int = 10_000
    """How many requests are kept."""
    grants: Literal["hardened", "stock"] = "hardened"
    """What the app starts with: our baseline, or Stream's own defaults."""
