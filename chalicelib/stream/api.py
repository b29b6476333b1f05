"""Routes of chat."""

from chalice.app import Blueprint

from chalicelib.accounts.sessions.caller import Caller
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.service import TERMS, TermsNotAccepted
from chalicelib.core.http import Unlimited, route
from chalicelib.stream import token
from chalicelib.stream.token import ChatToken

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
