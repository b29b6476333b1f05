"""The one maker of ids: random, never derived from anything about a person.

An id is a prefix that names its kind and 26 characters of Crockford's base32 (130 random bits), all
of which are in the alphabet that Stream allows. The prefix makes a session id in the place of a user
id a 404 instead of a puzzle.
"""

import re
import secrets
from typing import Any, ClassVar, Self

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26


class Id(str):
    """A typed random id. Subclasses name their prefix."""

    __slots__ = ()
    prefix: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]

    def __init_subclass__(cls, *, prefix: str) -> None:
        cls.prefix = prefix
        cls.pattern = re.compile(f"{prefix}_[{_ALPHABET}]{{{_LENGTH}}}")

    @classmethod
    def new(cls) -> Self:
        """A fresh id from the operating system's randomness."""
        return cls(f"{cls.prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)))

    @classmethod
    def from_digest(cls, digest: bytes) -> Self:
        """An id spelled from a keyed digest, where the same thing must find its own record again.

        For what a client may ask for twice (core/idempotency), and for staff, of whom each person has one.
        """
        number = int.from_bytes(digest[:17], "big")
        return cls(f"{cls.prefix}_" + "".join(_ALPHABET[number >> 5 * i & 31] for i in range(26)))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The id that a text spells, or None."""
        return cls(text) if cls.pattern.fullmatch(text) else None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's hook is untyped
        from pydantic_core import core_schema  # not at the top: the authorizer has no pydantic

        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(pattern=f"^{cls.pattern.pattern}$")
        )


class AccountId(Id, prefix="a"):
    """Internal and opaque: leaves the system only inside the account's own tokens."""


class UserId(Id, prefix="u"):
    """Public, the id at Stream, never used a second time."""


class Pseudonym(Id, prefix="p"):
    """Names a subject in the Ledger; only the subject's own sealed account says whose it is."""


class RightsRequestId(Id, prefix="r"):
    """One request of a subject; names its evidence in the Ledger too, and says nothing about who asked."""


class StaffId(Id, prefix="st"):
    """Names a member of staff in the Ledger; only the sealed register says who it is (ADR 27)."""


class ConsentRecordId(Id, prefix="cr"):
    """One decision about one purpose, in the subject's history."""


class SessionId(Id, prefix="s"):
    """One signed-in device."""


class ChallengeId(Id, prefix="c"):
    """One code that was sent out and is waited for."""


class MailId(Id, prefix="m"):
    """One mail that was sent out and may come back; says nothing about who got it."""
