"""Chat tokens, for all peers."""

import json
import os
import time
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import jwt

from bench.peers.common.accounts import Refused, authorize

TERMS = "acceptance#terms-2027-01-15"


def mint(account_id: str, session_id: str) -> dict[str, Any]:
    """Mint a token for a caller that accepted the terms; it expires within the hour.

    Raises:
        Refused: by the state of the account, or without acceptance.
    """
    read_at = int(time.time())
    caller = authorize(account_id, session_id, TERMS)
    if TERMS not in caller.items:
        raise Refused(403, "terms_not_accepted")
    user_id = caller.account["user_id"]["S"]
    expires_at = min(read_at + 3600, int(caller.session["expires_at"]["N"]))
    claims = {"user_id": user_id, "exp": expires_at, "iat": read_at - 5}
    return {
        "api_key": os.environ["RU4M_STREAM_API_KEY"],
        "user_id": user_id,
        "token": jwt.encode(claims, stream_secret(), algorithm="HS256"),
        "expires_at": datetime.fromtimestamp(expires_at, UTC),
        "base_url": os.environ["RU4M_STREAM_URL"],
    }


@cache
def stream_secret() -> str:
    """The secret of the chat service, read once per container."""
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["RU4M_SECRET_STREAM"])
    return str(json.loads(answer["SecretString"])["secret"])
