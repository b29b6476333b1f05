"""All DynamoDB access of links: one item per link, at its id."""

from datetime import datetime

from chalicelib.accounts.challenges.model import Opened
from chalicelib.accounts.links.model import ATTEMPTS_MOST, LinkExpired, SessionLink
from chalicelib.core import clock, table
from chalicelib.core.ids import LinkId, SessionId
from chalicelib.core.table import Attr, Change, Conflict, Create, Key, Table, visible
from chalicelib.privacy import codec


class LinkConfirmed(Conflict):
    """Another call confirmed the link first."""


def _key(link_id: LinkId) -> Key:
    return Key(Table.CHALLENGES, f"session_link#{link_id}")


def create(link: SessionLink) -> None:
    """Store a new link."""
    key = _key(link.link_id)
    table.write(Create(key, codec.to_item(link, key)))


def get(link_id: LinkId) -> SessionLink | None:
    """A link, also one that is over; None if there is none."""
    return codec.read(SessionLink, _key(link_id))


def count_attempt(link_id: LinkId) -> SessionLink:
    """Count a call with a secret, before the secret is compared; returns the link after it.

    Raises:
        LinkExpired: the link is over, or does not exist.
    """
    is_open = Attr("ends_at").gt(clock.to_text(clock.now())) & Attr("attempts").lt(ATTEMPTS_MOST)
    counting = Change(_key(link_id), add={"attempts": 1}, only_if=visible() & is_open)
    try:
        return codec.opened(SessionLink, table.write(counting))
    except Conflict:
        raise LinkExpired from None


def confirmation(link_id: LinkId, opened: Opened, by: SessionId, until: datetime) -> Change:
    """The write that confirms a link, for the transaction of its session; it removes the device.

    Its conflict is LinkConfirmed. `until`: the new end of the link.
    """
    return Change(
        _key(link_id),
        put={"opened": opened.model_dump(mode="json"), "confirmed_by": by, "ends_at": clock.to_text(until)},
        drop=("sealed",),
        only_if=visible() & Attr("opened").not_exists(),
        conflict=LinkConfirmed,
    )
