"""The push tokens of an account's sessions, the claim that gives a token to one of them, its proof (ADR 109).

A token is what Apple or Google calls the app on one phone. It is of use only together with our credentials
there. So it is no secret, but it identifies the phone.
"""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from chalicelib.accounts.model import Account, Platform
from chalicelib.core import clock
from chalicelib.core.clock import MINUTE, Instant
from chalicelib.core.errors import Gone
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

# Chat tokens are revoked some seconds before the session's end, and clocks differ by up to five minutes.
_DOUBT = 10 * MINUTE
# The sessions of an account that have a token, at most: the oldest one loses its token.
_TOKENS_MOST = 10
PROOF_LIFE = timedelta(minutes=10)
ATTEMPTS_MOST = 5
_OF_CLAIM = NotPersonal(withheld="it only says which session has the token; your copy shows the token itself")


class PushEnvironment(StrEnum):
    """Apple's environment that made a token. A token of Google is one of `production`."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


class PushToken(BaseModel, frozen=True, extra="forbid"):
    """The token of one session.

    Attributes:
        checked_at: when the session was last seen to be live.
        seen_at: when the app last registered the token.
    """

    session_id: SessionId
    platform: Platform
    environment: PushEnvironment
    token: str
    checked_at: Instant
    seen_at: Instant

    def is_doubtful(self, account: Account) -> bool:
        """Return whether a session of the account may have ended since this one was seen to be live.

        Each end of sessions revokes the account's chat tokens in the same transaction (ADR 23, ADR 68).
        """
        revoked = account.revoked_before
        return revoked is not None and self.checked_at <= revoked + _DOUBT

    @property
    def is_unused(self) -> bool:
        """Return whether the app has not registered it for so long that it or its session ends."""
        ends = (period.ends(self.seen_at) for period in (Period.PUSH_TOKEN, Period.IDLE_SESSION))
        return min(ends) <= clock.now()

    def checked(self, at: Instant) -> Self:
        """The token, whose session was live at an instant."""
        return self.model_copy(update={"checked_at": at})


class PushDevices(
    Record,
    table=Table.ACCOUNTS,
    kind="push_devices",
    purpose=Purpose.NOTIFICATIONS,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.PUSH_TOKEN, since="seen_at"),
    key_class=KeyClass.SUBJECT,
):
    """All push tokens of an account, one per session, in one row: a push to a group reads it in a batch.

    Attributes:
        seen_at: when the newest token was registered.
        claims: the key of each token's claim, in clear, so that an erasure finds it without the data key.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    version: Annotated[int, NOT_PERSONAL]
    seen_at: Annotated[Instant, NOT_PERSONAL]
    claims: Annotated[dict[SessionId, str], NotPersonal(withheld="a keyed hash of the token")]
    tokens: Annotated[
        tuple[PushToken, ...],
        personal(Category.DEVICE_ID, Source.PROVIDED, to=(Recipient.APPLE, Recipient.GOOGLE)),
    ]

    @classmethod
    def none(cls, account_id: AccountId) -> Self:
        """The row of an account that has no token; it is never stored."""
        return cls(account_id=account_id, version=0, seen_at=clock.now(), claims={}, tokens=())

    def without(self, sessions: Collection[SessionId]) -> Self:
        """Return the next version, without the tokens of some sessions."""
        claims = {name: claim for name, claim in self.claims.items() if name not in sessions}
        tokens = tuple(one for one in self.tokens if one.session_id not in sessions)
        return self.model_copy(update={"version": self.version + 1, "claims": claims, "tokens": tokens})

    def with_token(self, token: PushToken, claim: str) -> Self:
        """Return this version with one more token, whose claim has a key."""
        added = {"claims": {**self.claims, token.session_id: claim}, "tokens": (*self.tokens, token)}
        return self.model_copy(update={"seen_at": token.seen_at, **added})

    def replaced_by(self, token: PushToken) -> set[SessionId]:
        """The sessions that have no token any more once one is registered."""
        others = [one for one in self.tokens if one.session_id != token.session_id]
        used = sorted((one for one in others if not one.is_unused), key=lambda one: one.seen_at)
        kept = {one.session_id for one in used[-(_TOKENS_MOST - 1) :]}
        return {token.session_id, *(one.session_id for one in others)} - kept


class PushClaim(
    Record,
    table=Table.CLAIMS,
    kind="push_claim",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.PUSH_TOKEN, since="seen_at"),
):
    """The only session that gets the pushes of a token. Its key is a keyed hash of the token.

    `device`: the keyed hash of the id of the session's device.
    """

    account_id: Annotated[AccountId, _OF_CLAIM]
    session_id: Annotated[SessionId, _OF_CLAIM]
    device: Annotated[str, _OF_CLAIM]
    seen_at: Annotated[Instant, _OF_CLAIM]


class PushProof(
    Record,
    table=Table.CHALLENGES,
    kind="push_proof",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.PUSH_PROOF, since="created_at"),
    key_class=KeyClass.TRANSIENT,
):
    """A session that wants a token which another session has, and the nonce that is pushed to the token.

    `attempts`: counted before the nonce is compared with its hash. `ends_at`: the end of every use.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    session_id: Annotated[SessionId, NOT_PERSONAL]
    token: Annotated[
        PushToken, personal(Category.DEVICE_ID, Source.PROVIDED, to=(Recipient.APPLE, Recipient.GOOGLE))
    ]
    # It rests sealed, since it proves something. For Apple and Google it is an opaque id.
    nonce: Annotated[str, personal(Category.CREDENTIALS, Source.GENERATED)]
    nonce_hash: Annotated[str, NOT_PERSONAL]
    created_at: Annotated[Instant, NOT_PERSONAL]
    ends_at: Annotated[Instant, NOT_PERSONAL]
    attempts: Annotated[int, NOT_PERSONAL] = 0

    def is_open_for(self, token: PushToken) -> bool:
        """Return whether its nonce can still prove a token."""
        is_usable = clock.now() < self.ends_at and self.attempts < ATTEMPTS_MOST
        same = (self.token.token, self.token.environment) == (token.token, token.environment)
        return is_usable and same


class PushTokenNotProven(Gone):
    """The nonce is wrong, too old or tried too often, or belongs to another token."""

    title = "This nonce does not prove the token; register the token again without it"


_EXAMPLE = "8f1d4c0b97e25a36" * 4


class NewPushToken(Body):
    """The token that Apple or Google gave to the app on this device."""

    platform: Platform
    environment: PushEnvironment = PushEnvironment.PRODUCTION
    token: Annotated[
        str,
        Field(
            pattern="^[0-9A-Za-z_:-]{1,4096}$",
            description="`ios`: 64 to 200 hexadecimal digits",
            examples=[_EXAMPLE],
        ),
    ]
    nonce: Annotated[
        str | None,
        Field(
            pattern="^[0-9A-Za-z_-]{43}$",
            description="From the push that a registration with 202 sends to the token",
            examples=["k3ZrT9aQ-Vx7mLw2" * 2 + "pB8dYn4sHcE"],
        ),
    ] = None

    @property
    def text(self) -> str:
        """The token. Apple's are bytes: without one case for all, a token could have two claims."""
        return self.token.lower() if self.platform is Platform.IOS else self.token


class PushTokenRegistered(View):
    """This device gets the pushes of the account."""

    state: Literal["registered"] = "registered"


class PushProofSent(View):
    """Another session has the token. A silent push brings the app a nonce; register again with it."""

    state: Literal["proof_sent"] = "proof_sent"
    expires_at: Instant
