"""Deletes the push tokens that an app registered at Stream (STR-2). Push through Stream is off."""

from collections.abc import Iterable

from chalicelib.core import metrics
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.privacy.purposes import Category
from chalicelib.stream import gateway
from chalicelib.stream.refusals import UserBurned

# A call returns a token to Stream, which has it already; otherwise it names the user only.
_AN_ID = frozenset({Category.PSEUDONYM})


def delete(user_id: UserId, tokens: Iterable[str]) -> None:
    """Delete push tokens of a user, of whom Stream has at most 25. It may be repeated.

    Raises:
        StreamRefused, StreamUnavailable: the tokens that were not deleted are still there.
    """
    for token in tokens:
        try:
            _delete(user_id, token)
        except UserBurned:  # deleted meanwhile, or the user was
            continue
        metrics.count(Metric.STREAM_PUSH_TOKEN_DELETED)


def _delete(user_id: UserId, token: str) -> None:
    gateway.ask(lambda client: client.delete_device(token, user_id), sending=_AN_ID)
