"""One call to DynamoDB and the meaning of its errors, by which `client` decides what to send again.

RetriableRefusal    throttled, in conflict with a transaction, or not connected: the call was not done
Lost                timed out, cut off, or failed inside DynamoDB: the call may have been done
ConditionFailed, Cancelled    a condition did not hold, or a transaction was not done
TableBug            DynamoDB will never accept the call
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
)

from chalicelib.core import aws, clock
from chalicelib.core.table.items import Item, plain

TRIES = 3


class RetriableRefusal(Exception):
    """The call was not done; DynamoDB may accept it a moment later."""


class Lost(Exception):
    """It is unknown whether DynamoDB did the call."""


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `item` is the item that was found."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class Cancelled(Exception):
    """A transaction was not done; `reasons` has one reason per write."""

    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


class TableBug(Exception):
    """A bug of ours. The text is only DynamoDB's error code, since its messages quote values."""


_REFUSALS = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
# Reasons for which a cancelled transaction may be sent again. `client` looks for failed conditions first.
_PASSING_REASONS = {
    "None",
    "ConditionalCheckFailed",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
    "TransactionConflict",
}


def tries() -> Iterator[int]:
    """The attempts of one call by number; between them it pauses for some milliseconds, growing.

    The pauses are random, so that two callers that collided do not collide again.
    """
    for number in range(TRIES):
        if number:
            clock.pause(timedelta(milliseconds=(1 + secrets.randbelow(10)) * 2**number))
        yield number


def send(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """Send a call once.

    Raises:
        RetriableRefusal, Lost, ConditionFailed, Cancelled, TableBug: see the module's docstring.
    """
    try:
        answer: dict[str, Any] = getattr(aws.client("dynamodb"), operation)(**parameters)
    except ClientError as error:
        raise _meaning(error) from None
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
