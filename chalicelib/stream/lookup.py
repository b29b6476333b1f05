"""Finds users of Stream by their ids."""

from chalicelib.core.ids import UserId
from chalicelib.stream import gateway
from chalicelib.stream.model import FoundUser


def find_users(user_ids: list[UserId]) -> dict[UserId, FoundUser]:
    """Those of up to 100 users that Stream has and has not deleted.

    Raises:
        StreamUnavailable, StreamRefused: it is not known.
    """
    return {user.id: user for user in gateway.find_users(user_ids) if not user.is_deleted}
