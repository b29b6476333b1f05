"""Finds users of Stream by their ids."""

from chalicelib.chat import gateway
from chalicelib.chat.model import FoundUser
from chalicelib.core.ids import UserId


def find_users(user_ids: list[UserId]) -> dict[UserId, FoundUser]:
    """Those of up to 100 users that Stream has and has not deleted.

    Raises:
        StreamUnavailable, StreamRefused: it is not known.
    """
    return {user.id: user for user in gateway.find_users(user_ids) if not user.is_deleted}
