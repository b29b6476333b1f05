"""The route of Stream's webhook."""

from typing import ClassVar, Self

from chalice.app import Blueprint

from chalicelib.core.errors import InvalidRequest, Problem
from chalicelib.core.http import Header, NoContent, SignedBody, Unlimited, route
from chalicelib.stream.model import WEBHOOK_PATH
from chalicelib.stream.webhook import intake
from chalicelib.stream.webhook.intake import MAX_BYTES
from chalicelib.stream.webhook.model import InvalidSignature

hooks = Blueprint(__name__)


class SentHook(SignedBody):
    """The body of a hook, compressed or not."""

    max_bytes = MAX_BYTES


class _HookHeader(Header):
    problems: ClassVar[tuple[type[Problem], ...]] = (InvalidSignature,)

    def __init__(self, value: str) -> None:
        self.value = value

    @classmethod
    def parse(cls, value: str) -> Self:
        return cls(value)

    @classmethod
    def absent(cls) -> Self:
        raise InvalidSignature


class HookSignature(_HookHeader):
    """Stream's signature."""

    name = "X-Signature"
    description = "HMAC-SHA256 of the decompressed body under Stream's secret, in hexadecimal digits"


class HookApiKey(_HookHeader):
    """The app that the hook is about."""

    name = "X-Api-Key"
    description = "The API key of our app at Stream"


@route(
    hooks,
    "POST",
    WEBHOOK_PATH,
    limit=Unlimited("Only Stream's signature passes, and a limit would lose events"),
    problems=(InvalidRequest,),
)
def receive_stream_hook(body: SentHook, signature: HookSignature, api_key: HookApiKey) -> NoContent:
    """Receive an event of Stream.

    Only Stream calls this. The response is the same for an event that is new, repeated, too old or of an
    unknown type. After 503 Stream sends the event again.
    """
    intake.receive(body.sent, signature.value, api_key.value)
    return NoContent()
