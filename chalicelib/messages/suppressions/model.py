"""The suppression of a number or mailbox."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NotPersonal, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose

# Direct marketing, and profiling for it (Art. 21(2) and (3) GDPR). One objection covers both.
DIRECT_MARKETING: tuple[Purpose, ...] = (Purpose.MARKETING, Purpose.PERSONALISED_ADS)
_INNER = NotPersonal(
    withheld="it names no account, and may come from an earlier owner of the number or mailbox; the "
    "objection of an account is among its decisions"
)


class AddressKind(StrEnum):
    """The kinds of addresses that are suppressed; the value begins the key of their suppression."""

    PHONE = "unwanted_phone"
    EMAIL = "unwanted_email"


@dataclass(frozen=True)
class Addresses:
    """The number and the mailbox of one person, as far as they are known."""

    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)

    def __iter__(self) -> Iterator[tuple[AddressKind, str]]:
        """Yield each known address with its kind."""
        if self.phone:
            yield AddressKind.PHONE, self.phone
        if self.email:
            yield AddressKind.EMAIL, self.email


class Suppression(
    Record,
    table=Table.CLAIMS,
    kind="suppression",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.SUPPRESSION, since="unowned_since"),
):
    """An objection to direct marketing, kept for a number or mailbox. The key is a keyed hash of it.

    Attributes:
        purposes: the purposes for which the address is not used.
        objected_at: the newest objection.
        unowned_since: since when no account has the address; None, and then without an end, while one has.
        version: grows with each write, which requires the version that was read.
    """

    purposes: Annotated[tuple[Purpose, ...], _INNER]
    objected_at: Annotated[Instant, _INNER]
    unowned_since: Annotated[Instant | None, _INNER] = None
    version: Annotated[int, _INNER] = 1
