"""The hash of a received hook, and the problem of one that Stream did not send."""

from typing import Annotated, ClassVar

from chalicelib.core.clock import Instant
from chalicelib.core.errors import Unauthenticated
from chalicelib.core.metrics import Metric
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class InvalidSignature(Unauthenticated):
    """The hook was not sent by Stream for our app."""

    title = "The signature or the API key of the hook is not valid"
    metric: ClassVar[Metric | None] = Metric.HOOK_REFUSED


class StreamHook(
    Record,
    table=Table.CHALLENGES,
    kind="stream_hook",
    purpose=Purpose.SECURITY,
    basis=LegalBasis.LEGITIMATE_INTERESTS,
    retention=After(Period.STREAM_HOOK, since="received_at"),
):
    """A hook that was received. Its key is the hash of the body, which is not stored."""

    received_at: Annotated[Instant, NOT_PERSONAL]
