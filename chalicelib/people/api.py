"""Routes of blocks: a user blocks another one, lifts a block, and lists the blocked users."""

from chalice.app import Blueprint

from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.model import BlockedUserList, BlockLimitReached
from chalicelib.accounts.blocks.service import BLOCKS, PEER, require_peer
from chalicelib.accounts.sessions.caller import Caller
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import Unavailable
from chalicelib.core.http import Cursor, DailyLimit, NoContent, PageSize, Unlimited, route
from chalicelib.core.ids import UserId
from chalicelib.core.settings import settings
from chalicelib.people import service

separation = Blueprint(__name__)

_BLOCKS = DailyLimit(LimitName.BLOCKS, lambda: settings().limits.blocks_day)


@route(
    separation,
    "PUT",
    "/v1/blocks/{user_id}",
    needs=PEER,
    limit=_BLOCKS,
    problems=(BlockLimitReached, Unavailable),
)
def block_user(caller: Caller, user_id: UserId) -> NoContent:
    """Block a user, also under a new account with the same number.

    It ends the contact and both invitations, and hides the profiles of both from each other.
    """
    service.block(require_peer(caller.found), user_id)
    return NoContent()


@route(
    separation,
    "DELETE",
    "/v1/blocks/{user_id}",
    needs=PEER,
    limit=Unlimited("It lifts a block, and blocks are limited"),
    problems=(Unavailable,),
)
def lift_block(caller: Caller, user_id: UserId) -> NoContent:
    """Lift the block of a user. The contact does not come back."""
    service.lift(require_peer(caller.found), user_id)
    return NoContent()


@route(separation, "GET", "/v1/blocks", needs=PEER)
def list_blocks(caller: Caller, cursor: Cursor | None, size: PageSize) -> BlockedUserList:
    """List the users whom the caller blocks, newest first.

    A blocked user who deleted their account is listed under an id that no user has.
    """
    return blocks.listed(caller[BLOCKS], cursor, size)
