"""Pushes to Android phones, by Firebase Cloud Messaging (FCM).

Only data is sent, never what FCM itself would show or analyse: the app shows the line, under the id as its
tag, so what is sent twice is shown once.

Google's access tokens live an hour. A container gets one in each window of 55 minutes in which it pushes, so
none is used in its last five minutes.
"""

import json
from functools import lru_cache
from urllib.parse import quote, urlencode

import jwt

from chalicelib.accounts.push_tokens.model import PushToken
from chalicelib.core import clock
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.keyring import FcmCredentials
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.push.model import Push, PushKind, PushOutcome
from chalicelib.push.providers.connection import ProviderSilent, PushCredentialsRefused, post
from chalicelib.push.words import line_of

_URLS = {"google": "https://fcm.googleapis.com", "google_tokens": "https://oauth2.googleapis.com/token"}
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_WINDOW = int(55 * MINUTE.total_seconds())


def send(push: Push, token: PushToken, held: FcmCredentials) -> PushOutcome:
    """Send a push to an Android phone.

    Raises:
        ProviderSilent, PushCredentialsRefused: it has to be sent again.
    """
    access = _access_token(held, clock.to_epoch(clock.now()) // _WINDOW)
    url = f"{_url('google')}/v1/projects/{quote(held.project_id, safe='')}/messages:send"
    headers = {"authorization": f"Bearer {access}", "content-type": "application/json"}
    return post(Recipient.GOOGLE, push.kind.purpose, url, headers, _content(push, token.token)).outcome()


def _content(push: Push, token: str) -> str:
    is_proof, seconds = push.kind is PushKind.PROOF, (push.expires_at - clock.now()).total_seconds()
    shown = {"nonce": push.nonce} if is_proof else {"line": line_of(push.kind, push.language)}
    android = {"priority": "HIGH", "ttl": f"{max(0, int(seconds))}s", "collapse_key": push.id}
    data = {"kind": push.kind, "id": push.id, **shown}
    return json.dumps({"message": {"token": token, "data": data, "android": android}})


@lru_cache(maxsize=1)
def _access_token(held: FcmCredentials, _window: int) -> str:
    """Exchange a token that we signed for an access token (RFC 7523)."""
    url, now = _url("google_tokens"), clock.now()
    claims = {"iss": held.client_email, "scope": _SCOPE, "aud": url, "iat": now, "exp": now + HOUR}
    signed = jwt.encode(claims, held.private_key, algorithm="RS256")
    form = urlencode({"grant_type": _GRANT, "assertion": signed})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = post(Recipient.GOOGLE, Purpose.NOTIFICATIONS, url, headers, form)
    if answer.status in {400, 401, 403}:
        raise PushCredentialsRefused
    try:
        return str(json.loads(answer.text)["access_token"])
    except (KeyError, TypeError, ValueError):
        raise ProviderSilent from None


def forget() -> None:
    """Get another access token for the next push."""
    _access_token.cache_clear()


def _url(service: str) -> str:
    return settings().push_urls.get(service, _URLS[service])
