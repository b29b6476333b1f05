"""Chat tokens."""

import json

from chalice.app import Chalice, Response

from bench.peers.common import chat
from bench.peers.plain_chalice.app import answer, claims, logged

app = Chalice(app_name="peer")


@app.route("/v1/chat/token", methods=["POST"])
@logged(app)
def mint_chat_token() -> Response:
    """Get a token of the chat service."""
    minted = chat.mint(*claims(app))
    expires_at = minted["expires_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer(json.dumps({**minted, "expires_at": expires_at}))
