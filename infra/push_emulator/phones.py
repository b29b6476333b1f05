"""The phones that get pushes, the credentials of the app, and the faults that were ordered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Json = dict[str, Any]


@dataclass
class PushFault:
    """What a service answers to its next calls; status 0 closes the connection without an answer."""

    service: str  # apple, google or google_tokens
    status: int = 0
    reason: str = ""
    delay: float = 0.0  # seconds
    times: int = 1


def _pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass
class Phones:
    """What arrived, oldest first; which tokens are unregistered; how many calls each service got."""

    apple_key: ec.EllipticCurvePrivateKey = field(
        default_factory=partial(ec.generate_private_key, ec.SECP256R1())
    )
    google_key: rsa.RSAPrivateKey = field(default_factory=partial(rsa.generate_private_key, 65537, 2048))
    arrived: list[Json] = field(default_factory=list)
    unregistered: set[str] = field(default_factory=set)
    faults: list[PushFault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def apple(self) -> dict[str, str]:
        """The credentials at Apple, as the vault has them."""
        ids = {"team_id": "TEAM123456", "key_id": "KEY1234567", "topic": "example.ru4m.local"}
        return {**ids, "key": _pem(self.apple_key)}

    @property
    def google(self) -> dict[str, str]:
        """The credentials at Google, as the vault has them."""
        sender = "pushes@ru4m-local.iam.gserviceaccount.example"
        return {"project_id": "ru4m-local", "client_email": sender, "private_key": _pem(self.google_key)}

    def fault(self, service: str) -> PushFault | None:
        """Count a call of a service; return the fault that was ordered for it."""
        self.calls[service] += 1
        found = next((one for one in self.faults if one.service == service), None)
        if found:
            found.times -= 1
            self.faults = [one for one in self.faults if one.times > 0]
        return found

    def take(self, service: str, token: str, body: Json, **more: Any) -> None:  # noqa: ANN401 - JSON
        """Keep a push that was accepted."""
        at = datetime.now(UTC).timestamp()
        self.arrived.append({"service": service, "token": token, "body": body, "at": at, **more})
