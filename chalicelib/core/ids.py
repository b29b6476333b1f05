"""All ids of the system: random, never derived from anything about a person.

An id is a prefix that names its kind, and 26 characters of Crockford's base32 (130 random bits), all of which
Stream allows in ids. With the prefix, an id of the wrong kind is recognised and answered with 404.
"""

import re
import secrets
from typing import Any, ClassVar, Self

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26


class PathText(str):
    """A text with a pattern of its own, which a route may have as a part of its path."""

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The text if it has this form, or None; the route then responds with 404."""
        return cls(text) if cls.pattern.fullmatch(text) else None


class Id(PathText):
    """A typed random id. Each subclass names its prefix."""

    __slots__ = ()
    prefix: ClassVar[str]

    def __init_subclass__(cls, *, prefix: str) -> None:
        cls.prefix = prefix
        cls.pattern = re.compile(f"{prefix}_[{ALPHABET}]{{{_LENGTH}}}")

    @classmethod
    def new(cls) -> Self:
        """A new id from the operating system's random source."""
        return cls(f"{cls.prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH)))

    @classmethod
    def from_digest(cls, digest: bytes) -> Self:
        """An id derived from a keyed digest, so that the same input always gives the same id.

        Used for requests that a client may repeat (core/idempotency), and for the one id of a staff member or
        of an invoice number.
        """
        number = int.from_bytes(digest[:17], "big")
        return cls(f"{cls.prefix}_" + "".join(ALPHABET[number >> 5 * i & 31] for i in range(26)))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's hook is untyped
        from pydantic_core import core_schema  # not at the top: the authorizer does not load pydantic

        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(pattern=f"^{cls.pattern.pattern}$")
        )


class AccountId(Id, prefix="a"):
    """The internal id of an account; it leaves the system only in the account's own tokens."""


class UserId(Id, prefix="u"):
    """The public id of an account, also at Stream; never reused."""


class Pseudonym(Id, prefix="p"):
    """Names a subject in the Ledger; only the subject's sealed account maps it to the subject."""


class RightsRequestId(Id, prefix="r"):
    """One rights request; also names its evidence in the Ledger. Does not identify the subject."""


class StaffId(Id, prefix="st"):
    """Names a staff member in the Ledger; only the sealed register maps it to a person (ADR 27)."""


class ConsentRecordId(Id, prefix="cr"):
    """One decision about one purpose, in the subject's history of consents."""


class SessionId(Id, prefix="s"):
    """One session: a signed-in device."""


class LinkId(Id, prefix="l"):
    """One link: a new device asks a signed-in one to sign it in."""


class ChallengeId(Id, prefix="c"):
    """One challenge: a code that was sent, and its state."""


class TombstoneId(Id, prefix="t"):
    """Names one erasure in the Ledger and in the locked bucket; random."""


class HoldId(Id, prefix="h"):
    """One hold on records of a subject."""


class HeldId(Id, prefix="k"):
    """Names what is kept of one erased account; only the request for erasure maps it to the account."""


class HeldRecordId(Id, prefix="kr"):
    """One held record."""


class DisclosureId(Id, prefix="d"):
    """One disclosure of data to an authority or another party."""


class InvoiceId(Id, prefix="i"):
    """Names the evidence of one invoice in the Ledger; a keyed hash of its number."""


class ContactCodeId(Id, prefix="cc"):
    """One contact code; the code itself is derived from it with a key of the vault."""


class ContactRequestId(Id, prefix="cq"):
    """Names a request that makes contacts, so that its Idempotency-Key is recognised with another body."""


class InvitationId(Id, prefix="v"):
    """One invitation, for its recipient."""


class ConversationId(Id, prefix="cv"):
    """One conversation, also the id of its channel at Stream."""


class ConversationRequestId(Id, prefix="cx"):
    """Names a request that opens a conversation, so that its Idempotency-Key is recognised."""


class MailId(Id, prefix="m"):
    """One mail that was sent and may bounce; does not identify its recipient."""


class StaffLookId(Id, prefix="sl"):
    """One look of a member of staff at an account; the Ledger names only this id."""


class StreamCaseId(Id, prefix="sc"):
    """One case: a user was deleted or deactivated at Stream, but not by us."""


class SupportMessageId(Id, prefix="sm"):
    """One message to our support; also names its evidence in the Ledger."""


class AbuseReportId(Id, prefix="ar"):
    """One report of abuse; also names its evidence in the Ledger."""


class NumberObjectionId(Id, prefix="nb"):
    """One objection to the bar of a number; also names its evidence in the Ledger."""


class SafetyDecisionId(Id, prefix="sd"):
    """One decision about reports of abuse; also names its evidence in the Ledger."""


class BreachId(Id, prefix="br"):
    """One breach of personal data; also names its evidence in the Ledger."""


class TableRemovalId(Id, prefix="tr"):
    """One removal of a table that two operators decide; also names its evidence in the Ledger."""


class ReportId(Id, prefix="rp"):
    """One report; names the evidence in the Ledger that it was made, its period and its reader."""


class PaperId(Id, prefix="pp"):
    """A file by which a person proves their identity for a request."""


class AvatarId(Id, prefix="av"):
    """One uploaded picture of a user, also in its public address; random, and not to be guessed."""


class PushId(Id, prefix="n"):
    """What a push is about, for its recipient's app; to Apple and Google it says nothing."""


class MissedCallId(Id, prefix="mc"):
    """One missed call."""
