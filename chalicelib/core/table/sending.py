"""One call to DynamoDB and what its errors mean, so that `client` knows what may be sent again.

Refused    throttled, met a transaction, or never got there: it was not done
Lost       timed out, cut off, broken on the other side: it may have been done
ConditionFailed, Cancelled    an answer: somebody else's item is in the way
TableBug   it will never be taken
"""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from chalicelib.core import aws, clock
from chalicelib.core.table.items import Item, plain

TRIES = 3


class RetriableRefusal(Exception):
    """It was not done; DynamoDB may take it a moment later."""


class Lost(Exception):
    """Nobody knows whether DynamoDB did it."""


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `item` is what was found."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class Cancelled(Exception):
    """A transaction was not done, for the reasons given by its writes."""

    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


class TableBug(Exception):
    """An error that is our own; its text is DynamoDB's error code alone, since messages quote values."""


_REFUSALS = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
# What a transaction may be cancelled for and still be sent again; a failed condition is told apart before.
_PASSING_REASONS = {
    "None",
    "ConditionalCheckFailed",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
    "TransactionConflict",
}


def tries() -> Iterator[int]:
    """The numbers of the tries of one call, with a growing pause of some milliseconds between them.

    The pauses are random, so that two who met do not meet again.
    """
    for number in range(TRIES):
        if number:
            clock.pause(timedelta(milliseconds=(1 + secrets.randbelow(10)) * 2**number))
        yield number


def send(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """Send a call once.

    Raises:
        RetriableRefusal, Lost, ConditionFailed, Cancelled, TableBug: see the module.
    """
    try:
        answer: dict[str, Any] = getattr(aws.client("dynamodb"), operation)(**parameters)
    except ClientError as error:
        raise _meaning(error) from None
    except ParamValidationError:
        raise TableBug("ParamValidationError") from None
    except (ConnectTimeoutError, EndpointConnectionError):
        raise RetriableRefusal from None
    except BotoCoreError:
        raise Lost from None
    return answer


def _meaning(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(plain(error.response.get("Item") or {}) or None)
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons") or []
        if all(reason["Code"] in _PASSING_REASONS for reason in reasons):
            return Cancelled(reasons)
    if code in _REFUSALS:
        return RetriableRefusal()
    if status >= 500 or code == "InternalServerError":
        return Lost()
    return TableBug(code)
