"""What a limit keeps of those whose uses it counts."""

from typing import Annotated

from chalicelib.core.clock import Instant
from chalicelib.core.table import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class Limit(
    Record,
    table=Table.CHALLENGES,
    kind="limit",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.LIMIT, since="began_at"),
    key_class=KeyClass.NOTHING_SEALED,
):
    """How often a number, mailbox, account, operator or block of numbers or addresses used something.

    Whose uses they are stands in the key as a hash only, keyed unless it is a random id; beside it there are
    counters.
    """

    began_at: Annotated[Instant, NOT_PERSONAL]
