"""What is pushed, and a user's choices about it (CALL-2, ADR 109, ADR 110)."""

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, field_validator

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, ConversationId, UserId
from chalicelib.core.instants import When
from chalicelib.core.languages import Language
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source

_SELF = Correction.SELF_SERVICE


class PushKind(StrEnum):
    """The kinds of pushes. PROOF carries a nonce by which an app proves that a token is its own."""

    MESSAGE = "message"
    INVITATION = "invitation"
    CONTACT = "contact"
    MISSED_CALL = "missed_call"
    SECURITY = "security"
    RIGHTS = "rights"
    NOTICE = "notice"
    SAFETY = "safety"
    PROOF = "proof"

    @property
    def purpose(self) -> Purpose:
        """What the push is for; a restriction stops neither security nor answers to requests and reports."""
        return _PURPOSES.get(self, Purpose.NOTIFICATIONS)


_PURPOSES = {
    PushKind.SECURITY: Purpose.SECURITY,
    PushKind.PROOF: Purpose.SECURITY,
    PushKind.RIGHTS: Purpose.LEGAL_OBLIGATION,
    PushKind.SAFETY: Purpose.LEGAL_OBLIGATION,
}


class SilencedKind(StrEnum):
    """The kinds that a user may switch off; not those that protect the account, nor answers to requests."""

    MESSAGE = "message"
    INVITATION = "invitation"
    CONTACT = "contact"
    MISSED_CALL = "missed_call"
    NOTICE = "notice"


_SILENCED = frozenset(kind.value for kind in SilencedKind)


@dataclass(frozen=True, repr=False)
class Push:
    """A push to one phone. It says what kind of thing happened, and nothing of what.

    Attributes:
        kind: what happened.
        id: opaque. For a message, the recipient's own id of the conversation; else the random id of what
            happened, or a hash of the keys of its row.
        language: of the fixed line that the phone shows until the app has fetched the rest.
        expires_at: when the provider drops it, if it cannot reach the phone.
        nonce: of PROOF only.
    """

    kind: PushKind
    id: str
    language: Language
    expires_at: datetime
    nonce: str | None = field(default=None)


class PushOutcome(StrEnum):
    """What a provider answered to a push."""

    TAKEN = "taken"
    GONE = "gone"  # it does not know the token, or not any more
    REFUSED = "refused"  # it will never take it
    UNANSWERED = "unanswered"  # it did not answer, limits the calls, or refuses our credentials


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("not the name of a time zone") from None
    return name


_OfDay = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


class QuietHours(BaseModel, frozen=True, extra="forbid"):
    """From when until when, each day, nothing that may be switched off is pushed.

    Equal times mean the whole day.
    """

    begins: _OfDay
    ends: _OfDay
    zone: Annotated[
        str,
        Field(max_length=64, description="As in the IANA time zone database", examples=["Europe/Belgrade"]),
        AfterValidator(_zone),
    ]

    def covers(self, at: datetime) -> bool:
        """Return whether an instant is in these hours."""
        here = at.astimezone(ZoneInfo(self.zone)).time()
        begins, ends = time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        return begins <= here < ends if begins < ends else here >= begins or here < ends


class MutedConversation(BaseModel, frozen=True, extra="forbid"):
    """A conversation whose messages are not pushed; without `ends_at`, until the user changes that."""

    conversation_id: ConversationId
    ends_at: When | None = None


_MOST_MUTED = 200


class NotificationChoices(
    Record,
    table=Table.ACCOUNTS,
    kind="notification_choices",
    purpose=Purpose.NOTIFICATIONS,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.SUBJECT,
):
    """What a user does not want to be pushed. Without it, everything is."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    version: Annotated[int, NOT_PERSONAL]
    off: Annotated[tuple[SilencedKind, ...], personal(Category.ACCOUNT_SETTINGS, Source.PROVIDED, _SELF)] = ()
    muted_conversations: Annotated[
        tuple[MutedConversation, ...], personal(Category.CONTACTS, Source.PROVIDED, _SELF)
    ] = ()
    muted_users: Annotated[tuple[UserId, ...], personal(Category.CONTACTS, Source.PROVIDED, _SELF)] = ()
    quiet_hours: Annotated[QuietHours | None, personal(Category.ACCOUNT_SETTINGS, Source.PROVIDED, _SELF)] = (
        None
    )

    @classmethod
    def none(cls, account_id: AccountId) -> Self:
        """The choices of a user who made none; they were never stored."""
        return cls(account_id=account_id, version=0)

    @property
    def etag(self) -> str:
        """The ETag of this version."""
        return f'"{self.version}"'

    def permit(self, kind: PushKind, at: datetime) -> bool:
        """Return whether a kind may be pushed at an instant."""
        if kind.value not in _SILENCED:
            return True
        is_off = kind.value in {one.value for one in self.off}
        return not is_off and not (self.quiet_hours and self.quiet_hours.covers(at))

    def mute(self, conversation_id: ConversationId, sender: UserId, at: datetime) -> bool:
        """Return whether a message in a conversation is not to be pushed."""
        muted = (one for one in self.muted_conversations if one.conversation_id == conversation_id)
        return sender in self.muted_users or any(one.ends_at is None or at < one.ends_at for one in muted)


class PushCount(
    Record,
    table=Table.USAGE,  # it has no backup, so no restore brings an earlier count back
    kind="push_count",
    purpose=Purpose.NOTIFICATIONS,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.PUSH_COUNT, since="counted_at"),
):
    """The messages of a conversation that were pushed, counted before they are sent.

    The item has an attribute for each member, with the time of the newest message that was pushed. So one
    read shows whether any of the members is due, also in a burst of thousands. Its name is a keyed hash, so
    what is left of an erased account does not name it.
    """

    counted_at: Annotated[Instant, NOT_PERSONAL]


class NotificationChange(Body):
    """The choices that replace the former ones."""

    max_bytes = 32 * 1024

    off: Annotated[tuple[SilencedKind, ...], Field(max_length=len(SilencedKind))] = ()
    muted_conversations: Annotated[tuple[MutedConversation, ...], Field(max_length=_MOST_MUTED)] = ()
    muted_users: Annotated[tuple[UserId, ...], Field(max_length=_MOST_MUTED)] = ()
    quiet_hours: QuietHours | None = None

    @field_validator("off", "muted_users")
    @classmethod
    def _once(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(listed))


class NotificationsView(View):
    """The choices about pushes. Security, answers and decisions about reports cannot be switched off."""

    off: tuple[SilencedKind, ...]
    muted_conversations: tuple[MutedConversation, ...]
    muted_users: tuple[UserId, ...]
    quiet_hours: QuietHours | None = None

    @classmethod
    def of(cls, choices: NotificationChoices) -> Self:
        """As their user sees them; a mute that is over is not shown."""
        now = clock.now()
        muted = (one for one in choices.muted_conversations if one.ends_at is None or now < one.ends_at)
        return cls(
            off=choices.off,
            muted_conversations=tuple(muted),
            muted_users=choices.muted_users,
            quiet_hours=choices.quiet_hours,
        )
