"""Chat tokens."""

from aws_lambda_powertools.metrics import MetricUnit

from bench.peers.common import chat
from bench.peers.common.models import ChatToken
from bench.peers.powertools.app import app, claims, handler, metrics

__all__ = ["handler"]


@app.post("/v1/chat/token")
def mint_chat_token() -> ChatToken:
    """Get a token of the chat service."""
    minted = ChatToken(**chat.mint(*claims()))
    metrics.add_metric(name="ChatTokenMinted", unit=MetricUnit.Count, value=1)
    return minted
