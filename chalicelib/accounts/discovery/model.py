"""The row by which a user is found by number (ACC-7, ADR 118)."""

from typing import Annotated

from chalicelib.core.ids import AccountId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UntilErasure
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class DiscoverableNumber(
    Record,
    table=Table.CLAIMS,
    kind="discoverable_number",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UntilErasure(
        "while you can be found by your number, unless your account is frozen or restricted"
    ),
):
    """Says which account can be found by a number, of which the key is a keyed hash."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
