"""Calls to KMS and S3, and the meaning of their errors."""

from typing import Any

from botocore.exceptions import BotoCoreError

from chalicelib.core import aws
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable


class NameTaken(Exception):
    """An object of this name exists, or another run is writing it."""


class NameContended(NameTaken):
    """Another run is writing an object of this name; it may not exist yet."""


# S3's error codes for a conditional write that came second.
_TAKEN = {"PreconditionFailed": NameTaken, "ConditionalRequestConflict": NameContended}


def ask(service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """Make one call through core/aws.

    Raises:
        NameTaken, NameContended: a conditional write came second.
        Unavailable: no answer, throttled, or failed inside AWS.
        AwsBug: any other error.
    """
    try:
        return aws.ask(service, operation, **parameters)
    except AwsBug as bug:
        if taken := _TAKEN.get(str(bug)):
            raise taken from None
        raise


def fetch(**parameters: str) -> bytes:
    """The content of an object in S3; the errors are those of `ask`."""
    answer = ask("s3", "get_object", **parameters)
    try:
        content: bytes = answer["Body"].read()
    except BotoCoreError:
        raise Unavailable from None
    return content
