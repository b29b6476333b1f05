"""The bar of a number (ADR 116)."""

from datetime import datetime
from typing import Annotated, Self

from chalicelib.core.clock import Instant
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NotPersonal, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose

BARRED = "barred#"  # begins the key of a bar; that of the claim on its number follows


class BarredNumber(
    Record,
    table=Table.CLAIMS,
    kind="barred_number",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.BARRED_NUMBER, since="counts_from"),
):
    """Says that no account can be opened with a number, of which the key is a keyed hash.

    `counts_from`: so much before its end that the period, which is the longest suspension, ends with it.
    """

    counts_from: Annotated[Instant, NotPersonal(withheld="it names no account")]

    @property
    def until(self) -> datetime:
        """When it ends."""
        return Period.BARRED_NUMBER.ends(self.counts_from)

    @classmethod
    def lasting(cls, until: datetime) -> Self:
        """A bar that ends at an instant."""
        return cls(counts_from=until - (Period.BARRED_NUMBER.ends(until) - until))
