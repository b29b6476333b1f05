"""Lists the users of Stream in the order of their ids."""

from chalicelib.chat import gateway
from chalicelib.chat.model import ListedUser


def users_after(user_id: str) -> tuple[ListedUser, ...]:
    """The next users whose ids follow an id (empty text: from the first); none at the end.

    Raises:
        StreamUnavailable: no answer, or one in another order; nothing is known.
        StreamRefused: Stream refuses the query.
    """
    return gateway.list_users(user_id)
