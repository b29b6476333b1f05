"""Calls to KMS and S3, and what their errors mean to us."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import aws
from chalicelib.core.errors import Unavailable


class Taken(Exception):
    """An object of this name is there, or is being written by somebody else."""


class ServiceBug(Exception):
    """An error that is our own; its text is the service's error code alone."""


def ask(service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """One call.

    Raises:
        Taken: a conditional write found its place taken.
        Unavailable: no answer, throttling, a failure on the other side.
        ServiceBug: anything else.
    """
    try:
        answer: dict[str, Any] = getattr(aws.client(service), operation)(**parameters)
    except ClientError as error:
        raise _translated(error) from None
    except BotoCoreError:
        raise Unavailable from None
    return answer


def fetch(**parameters: str) -> bytes:
    """The content of an object in S3; the errors are those of `ask`."""
    answer = ask("s3", "get_object", **parameters)
    try:
        content: bytes = answer["Body"].read()
    except BotoCoreError:
        raise Unavailable from None
    return content


def _translated(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    if code in {"PreconditionFailed", "ConditionalRequestConflict"}:
        return Taken()
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500 or code in {"ThrottlingException", "SlowDown", "RequestTimeout"}:
        return Unavailable()
    return ServiceBug(code)
