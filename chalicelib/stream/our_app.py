"""Our app as Stream knows it: its system user, and the path and events of its webhook.

The system user creates channels. It is no person, and accounts never get its id. A participant who created a
channel would own it at Stream, and could read it after leaving it.
"""

from enum import StrEnum

SYSTEM_USER = "ru4m"
SYSTEM_USER_NAME = "RU4M"


# Below the address of the API.
WEBHOOK_PATH = "/v1/hooks/stream"


class HookType(StrEnum):
    """The events of Stream that need work; the values are Stream's."""

    USER_UPDATED = "user.updated"
    USER_DELETED = "user.deleted"
    USER_DEACTIVATED = "user.deactivated"
    MESSAGE_DELETED = "message.deleted"
