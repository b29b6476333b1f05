"""Calls to KMS and S3, and what their errors mean to us."""

from typing import Any

from botocore.exceptions import BotoCoreError

from chalicelib.core import aws
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable


class NameTaken(Exception):
    """An object of this name is there, or is being written by somebody else."""


# What S3 answers to a conditional write that came second.
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


def ask(service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """One call, as core/aws makes it.

    Raises:
        NameTaken: a conditional write found its place taken.
        Unavailable: no answer, throttling, a failure on the other side.
        AwsBug: anything else.
    """
    try:
        return aws.ask(service, operation, **parameters)
    except AwsBug as bug:
        if str(bug) in _TAKEN:
            raise NameTaken from None
        raise


def fetch(**parameters: str) -> bytes:
    """The content of an object in S3; the errors are those of `ask`."""
    answer = ask("s3", "get_object", **parameters)
    try:
        content: bytes = answer["Body"].read()
    except BotoCoreError:
        raise Unavailable from None
    return content
