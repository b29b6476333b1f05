"""The only import of Stream's SDK, and the only door to Stream.

It takes `ChatProfile` and ids, so nothing else about a person can be sent (STR-1, STR-2). Errors are
sorted into three kinds; their texts stay behind, since they name ids and URLs.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache

import requests
from stream_chat import StreamChat
from stream_chat.base.exceptions import StreamAPIException

from chalicelib.chat.model import ChatProfile
from chalicelib.core import clock, egress, keyring
from chalicelib.core.ids import UserId
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient

# Stream's limit for one call; one bad user fails the whole batch.
MOST_AT_ONCE = 100

_NOT_FOUND_OR_DELETED = 16

# What the calls tell Stream of a person, held against the register each time.
_AN_ID = frozenset({Category.PSEUDONYM})
_A_PROFILE = _AN_ID | {Category.NAME, Category.SELF_IMAGE}


class StreamRefused(Exception):
    """Stream will not take this, now or later: a request that it finds wrong."""


class UserBurned(StreamRefused):
    """The user was deleted there; an id comes never back."""


class StreamUnavailable(Exception):
    """Not answered, limited, or broken on Stream's side; the same call may be sent again."""


def upsert(profiles: Iterable[ChatProfile]) -> None:
    """Create or fully replace up to 100 users; whatever else stood on them is dropped.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: nothing of the batch was taken.
    """
    users = [{"id": p.id, "name": p.name} | ({"image": p.image} if p.image else {}) for p in profiles]
    _ask(lambda client: client.upsert_users(users), telling=_A_PROFILE)


def revoke(before: Mapping[UserId, datetime]) -> None:
    """Revoke the tokens of up to 100 users that were issued before an instant.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: nothing of the batch was taken.
    """
    changes = [
        {"id": user_id, "set": {"revoke_tokens_issued_before": clock.to_text(instant)}}
        for user_id, instant in before.items()
    ]
    _ask(lambda client: client.update_users_partial(changes), telling=_AN_ID)


def deactivate(user_id: UserId) -> None:
    """Stop a user from connecting and sending; reversible.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: as above.
    """
    _ask(lambda client: client.deactivate_user(user_id), telling=_AN_ID)


def _ask(call: Callable[[StreamChat], object], telling: frozenset[Category]) -> None:
    client = egress.client(Recipient.STREAM, Purpose.SERVICE, telling, _client)
    try:
        call(client)
    except StreamAPIException as error:
        raise _kind_of(error) from None
    except (requests.RequestException, AttributeError):
        # The SDK stumbles with AttributeError over an error body that is not an object.
        raise StreamUnavailable from None


def _kind_of(error: StreamAPIException) -> Exception:
    if error.status_code == 429 or error.status_code >= 500:
        return StreamUnavailable()
    code = getattr(error, "error_code", None)  # missing when the body was not JSON
    return UserBurned() if code == _NOT_FOUND_OR_DELETED else StreamRefused()


@cache
def _client() -> StreamChat:
    return StreamChat(
        api_key=settings().stream_api_key,
        api_secret=keyring.stream_secret(),
        base_url=settings().stream_url,
        timeout=6.0,
    )
