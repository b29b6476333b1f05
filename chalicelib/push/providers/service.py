"""Sends pushes to Apple and Google, and stops for a while at one that does not serve (ADR 112)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.accounts.model import Platform
from chalicelib.accounts.push_tokens.model import PushEnvironment, PushToken
from chalicelib.core import clock, keyring, observe
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.keyring import NoCredentials
from chalicelib.push.model import Push, PushOutcome
from chalicelib.push.providers import apns, fcm
from chalicelib.push.providers.connection import ProviderSilent, PushCredentialsRefused

# How long a container makes no calls: one without an answer takes six seconds. Credentials that are missing
# or refused are read again, once a minute.
_SILENT, _REFUSED = timedelta(seconds=30), MINUTE
_CREDENTIALS = {Platform.IOS: keyring.apns_credentials, Platform.ANDROID: keyring.fcm_credentials}

# By what a token says of itself: the sandbox closes no production.
_closed_until: dict[tuple[Platform, PushEnvironment], datetime] = {}


def is_open(token: PushToken) -> bool:
    """Return whether the provider of a token serves us, as far as this container knows."""
    if clock.now() < _closed_until.get((token.platform, token.environment), clock.BEGINNING):
        return False
    try:
        _CREDENTIALS[token.platform]()
    except (NoCredentials, Unavailable):
        observe.log("push_credentials_missing", reason=token.platform.value)
        _close(token, _REFUSED)
        return False
    return True


def deliver(push: Push, tokens: Sequence[PushToken]) -> list[PushOutcome]:
    """Send a push to each of some phones; return what became of each, in their order."""
    return [_deliver(push, one) for one in tokens]


def _deliver(push: Push, token: PushToken) -> PushOutcome:
    if not is_open(token):
        return PushOutcome.UNANSWERED
    try:
        outcome = _send(push, token)
    except ProviderSilent:
        observe.log("push_provider_silent", reason=token.platform.value)
        _close(token, _SILENT)
    except PushCredentialsRefused:
        observe.log("push_credentials_refused", reason=token.platform.value)
        keyring.forget_push_credentials()
        fcm.forget()
        _close(token, _REFUSED)
    else:
        if outcome is PushOutcome.REFUSED:
            observe.log("push_refused", reason=token.platform.value)
        return outcome
    return PushOutcome.UNANSWERED


def _send(push: Push, token: PushToken) -> PushOutcome:
    if token.platform is Platform.IOS:
        return apns.send(push, token, keyring.apns_credentials())
    return fcm.send(push, token, keyring.fcm_credentials())


def _close(token: PushToken, length: timedelta) -> None:
    _closed_until[token.platform, token.environment] = clock.now() + length


def forget() -> None:
    """Reset to the state of a new container."""
    _closed_until.clear()
    fcm.forget()
