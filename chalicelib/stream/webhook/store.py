"""All DynamoDB access of received hooks.

hook#<hash of the body>    in Challenges
"""

from chalicelib.core import clock, table
from chalicelib.core.table import Attr, Create, Key, Table
from chalicelib.privacy import codec
from chalicelib.stream.webhook.model import StreamHook


def is_known(digest: str) -> bool:
    """Whether a hook with this hash was received before.

    Raises:
        Unavailable: the table does not answer.
    """
    return table.get(_key(digest)) is not None


def put(digest: str) -> None:
    """Store that a hook was received.

    Raises:
        Unavailable: the table does not answer.
    """
    place = _key(digest)
    item = codec.to_item(StreamHook(received_at=clock.now()), place)
    table.write(Create(place, item, or_over=Attr("pk").exists()))


def _key(digest: str) -> Key:
    return Key(Table.CHALLENGES, f"hook#{digest}")
