"""Our webhook as Stream knows it: its path, and the events that it needs."""

from enum import StrEnum

# Below the address of the API.
WEBHOOK_PATH = "/v1/hooks/stream"


class HookType(StrEnum):
    """The events of Stream that need work; the values are Stream's."""

    USER_UPDATED = "user.updated"
    USER_DELETED = "user.deleted"
    USER_DEACTIVATED = "user.deactivated"
    MESSAGE_DELETED = "message.deleted"
