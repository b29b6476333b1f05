"""Chat tokens."""

from typing import Any

from bench.peers.bare.app import Result, function
from bench.peers.common import chat


def _serve(_: dict[str, Any], claims: tuple[str, str]) -> Result:
    minted = chat.mint(*claims)
    return Result({**minted, "expires_at": minted["expires_at"].strftime("%Y-%m-%dT%H:%M:%SZ")})


handler = function(_serve)
