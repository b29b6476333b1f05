"""Calls of Apple and Google: kept connections, waits with an end, and one repetition.

- A container keeps its connections between runs. Apple takes frequent new ones for an attack. A connection
  that was not used for four minutes is replaced: the network drops it after six, and does not say so.
- A call takes at most six seconds after the look-up of the host: TCP, TLS and the answer each get a third of
  what is left.
- A connection that closes before the answer is replaced once, and the call repeated. The provider may have
  taken the first one. So calls are such that the phone shows both as one.
- No error has an address, since Apple's contain the token of the phone. The loggers of the libraries, which
  write each address, are off.
"""

import logging
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from chalicelib.core import clock, egress
from chalicelib.core.outbound.line import verified_context
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.push.model import PushOutcome

if TYPE_CHECKING:
    from httpx2 import Client

_WHOLE, _WAITS = 6.0, 3  # seconds; TCP, TLS, the answer
_KEPT = 240.0  # seconds

# The words of both providers. Those of one mean nothing else at the other.
_GONE = frozenset(
    {"BadDeviceToken", "DeviceTokenNotForTopic", "ExpiredToken", "Unregistered"}  # Apple
    | {"SENDER_ID_MISMATCH", "THIRD_PARTY_AUTH_ERROR", "UNREGISTERED", "message.token"}  # Google
)
_REFUSED = frozenset({"BadEnvironmentKeyInToken"})  # our key is not for the environment of this token
_OF_CREDENTIALS = frozenset({"BadTopic", "TopicDisallowed"})  # the topic is one of them
_LIMIT_OF_A_PHONE = frozenset({"TooManyRequests"})

for _library in ("httpx2", "httpcore2", "hpack", "h2"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


class ProviderSilent(Exception):
    """A provider did not answer, cannot serve, or limits our calls; the push may be sent again."""


class PushCredentialsRefused(Exception):
    """A provider does not accept our credentials; the push may be sent again once it does."""


@dataclass(frozen=True, repr=False)
class ProviderAnswer:
    """The status and the body of an answer."""

    status: int
    text: str

    def outcome(self) -> PushOutcome:
        """Return what became of a push.

        Raises:
            ProviderSilent, PushCredentialsRefused: it has to be sent again.
        """
        if self.status == 200:
            return PushOutcome.TAKEN
        if self.status == 429 and self._has(_LIMIT_OF_A_PHONE):
            return PushOutcome.REFUSED
        if self.status == 429 or self.status >= 500:
            raise ProviderSilent
        if self._has(_GONE) or self._names_no_registration:
            return PushOutcome.GONE
        if self._has(_REFUSED):
            return PushOutcome.REFUSED
        if self.status in {401, 403, 404} or self._has(_OF_CREDENTIALS):
            raise PushCredentialsRefused
        return PushOutcome.REFUSED

    @property
    def _names_no_registration(self) -> bool:
        """Whether Google says that the token is not one of its own; a malformed field is a fault of ours."""
        is_invalid = "fcm.v1.FcmError" in self.text and self._has(frozenset({"INVALID_ARGUMENT"}))
        return is_invalid and "fieldViolations" not in self.text

    def _has(self, words: frozenset[str]) -> bool:
        """Return whether one of some words is a text in its JSON, at any place."""
        return any(f'"{word}"' in self.text for word in words)


def post(to: Recipient, purpose: Purpose, url: str, headers: dict[str, str], content: str) -> ProviderAnswer:
    """Send a request, which may name a phone by its token and show the user's language; read the answer.

    Raises:
        ProviderSilent: there was none in time.
        NotOnRegister: see core/egress.
    """
    client = egress.client(to, purpose, {Category.DEVICE_ID, Category.LANGUAGE}, partial(_client, to))
    from httpx2 import HTTPError, ReadError, RemoteProtocolError, WriteError

    end = clock.ticks() + _WHOLE
    for _ in range(2):
        wait = max(0.1, (end - clock.ticks()) / _WAITS)
        try:
            found = client.post(url, headers=headers, content=content, timeout=wait)
            return ProviderAnswer(found.status_code, found.text)
        except (ReadError, RemoteProtocolError, WriteError):
            continue  # the connection was closed
        except HTTPError:
            break
    raise ProviderSilent


@cache
def _client(to: Recipient) -> "Client":
    from httpx2 import Client, Limits  # here, since few runs of a function send a push

    is_apple = to is Recipient.APPLE  # which speaks HTTP/2 only
    limits = Limits(keepalive_expiry=_KEPT)
    # Without the environment: no proxy, no file with passwords.
    return Client(
        verify=verified_context(), trust_env=False, limits=limits, http1=not is_apple, http2=is_apple
    )
