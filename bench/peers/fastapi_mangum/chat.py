"""Chat tokens."""

from bench.peers.common import chat
from bench.peers.common.models import ChatToken
from bench.peers.fastapi_mangum.app import Claims, app, handler

__all__ = ["handler"]


@app.post("/v1/chat/token")
async def mint_chat_token(claims: Claims) -> ChatToken:
    """Get a token of the chat service."""
    return ChatToken(**chat.mint(*claims))
