"""An open form, as the browser keeps it for thirty minutes (ADR 99).

The browser keeps the form in one cookie, sealed under a key of the vault and bound to this use. No other site
can have it sent (SameSite=Strict), and each step also names the token of the form, so a page of an older form
changes nothing of a newer one. Nothing of it is stored by us.
"""

import base64
import secrets
import zlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import BaseModel

from chalicelib.core import clock, keyring
from chalicelib.core.clock import MINUTE, Instant
from chalicelib.core.http import Header
from chalicelib.core.ids import AbuseReportId, ChallengeId, RightsRequestId
from chalicelib.core.sealing import Place, SealingError
from chalicelib.rights.request.terms import Right

LASTS = 30 * MINUTE
_NAME = "__Host-form"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"
_PLACE = Place("open_form", "cookie")
_LARGEST = 3500  # bytes; browsers keep cookies of 4096 with name and attributes


class CodeFor(StrEnum):
    """What a code is awaited for."""

    RIGHT = "right"  # a new request
    PROOF = "proof"  # a further proof for a request
    SUPPORT = "support"  # a message to us
    REPORT = "report"  # a report of abuse


class AwaitedCode(BaseModel, frozen=True):
    """A code that was sent, and what was typed for it, to send another one."""

    purpose: CodeFor
    challenge_id: ChallengeId
    ends_at: Instant
    is_text: bool
    right: Right | None = None
    typed: Mapping[str, str]


class OpenForm(BaseModel, frozen=True):
    """An open form: the code that it waits for, or the request that it shows, or both.

    Attributes:
        token: named by each step, so that a page of another form changes nothing.
        opened_at: the form ends thirty minutes later.
        awaited: the code that it waits for.
        request_id: of the request that it shows, with its receipt.
        sent: a message to us was received.
        report_id: of the report of abuse that was received; `decided_by`: until when a person decides about
            it; `is_mailed`: whether the decision is mailed.
    """

    token: str
    opened_at: Instant
    awaited: AwaitedCode | None = None
    request_id: RightsRequestId | None = None
    receipt: str = ""
    sent: bool = False
    report_id: AbuseReportId | None = None
    decided_by: Instant | None = None
    is_mailed: bool = False

    @classmethod
    def new(cls, **known: object) -> Self:
        """Open a form now."""
        return cls.model_validate({"token": secrets.token_urlsafe(16), "opened_at": clock.now(), **known})

    @property
    def cookie(self) -> str:
        """The value of Set-Cookie. If what was typed is too long for a cookie, it has to be typed again."""
        sealed = self._sealed()
        if len(sealed) > _LARGEST and self.awaited:
            shorter = self.awaited.model_copy(update={"typed": {}})
            sealed = self.model_copy(update={"awaited": shorter})._sealed()
        left = int((self.opened_at + LASTS - clock.now()).total_seconds())
        return f"{_NAME}={sealed}; Max-Age={left}; {_ATTRIBUTES}"

    def _sealed(self) -> str:
        plain = zlib.compress(self.model_dump_json(exclude_defaults=True).encode())
        return base64.urlsafe_b64encode(keyring.transient_key().seal(plain, _PLACE)).rstrip(b"=").decode()


NO_FORM = f"{_NAME}=; Max-Age=0; {_ATTRIBUTES}"


class FormCookie(Header):
    """The cookie with the open form; that of an earlier deployment, or of another stage, is as none."""

    name = "Cookie"
    description = "The open form of a browser."
    problems = ()
    is_of_pages = True

    def __init__(self, form: OpenForm | None) -> None:
        self.form = form

    @classmethod
    def parse(cls, value: str) -> Self:
        """Open the form that has not ended."""
        form = _opened(value)
        return cls(form if form and clock.now() < form.opened_at + LASTS else None)

    @classmethod
    def of(cls, cookie: Self | None) -> OpenForm | None:
        """Return the open form of a browser."""
        return cookie.form if cookie else None


def _opened(cookies: str) -> OpenForm | None:
    try:
        sealed = dict(part.strip().partition("=")[::2] for part in cookies.split(";"))[_NAME]
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        return OpenForm.model_validate_json(zlib.decompress(keyring.transient_key().open(raw, _PLACE)))
    except (KeyError, ValueError, SealingError):
        return None
