"""Routes of chat."""

from chalice.app import Blueprint

from chalicelib.chat import token
from chalicelib.chat.model import ChatToken
from chalicelib.core.http import Unlimited, route
from chalicelib.notices import service as notices
from chalicelib.notices.service import TERMS, TermsNotAccepted
from chalicelib.sessions.caller import Caller

chat = Blueprint(__name__)


@route(
    chat,
    "POST",
    "/v1/chat/token",
    needs=(TERMS,),
    limit=Unlimited("It stores nothing"),
    problems=(TermsNotAccepted,),
)
def mint_chat_token(caller: Caller) -> ChatToken:
    """Get a token for Stream. The user must have accepted the terms that apply to them."""
    notices.require_terms(caller[TERMS])
    return token.mint(caller.account.user_id, caller.session.ends_at, caller.read_at)
