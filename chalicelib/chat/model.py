"""What the app gets, and the one thing about a person that Stream gets."""

from dataclasses import dataclass

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import UserId


class ChatToken(View):
    """Everything that a client needs to connect to Stream."""

    api_key: str
    user_id: UserId
    token: str
    expires_at: Instant
    base_url: str


@dataclass(frozen=True)
class ChatProfile:
    """All that Stream is told about a user: a random id, a display name, a picture (STR-1)."""

    id: UserId
    name: str
    image: str | None
