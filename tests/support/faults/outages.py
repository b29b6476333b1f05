"""Errors that count as an outage, and outages of SES and SNS, or of the counters of limits alone."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib.accounts.profiles.model import Profile
from chalicelib.core.sealing import Unfit
from chalicelib.messages import mail, sms
from chalicelib.messages.mail import MailUnavailable
from chalicelib.messages.sms import TextUnavailable
from chalicelib.privacy import codec
from tests.support import patches
from tests.support.clouds.cloud import failing
from tests.support.patches import failing_at
from tests.support.world.world import User


def refusal(code: str, status: int = 400, text: str = "") -> ClientError:
    response = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "UpdateItem")


def refused_sender(recipient: str = "mila@example.com") -> list[ClientError]:
    """Return refusals of a sender by SES: by code, or as a rejected message with a reason."""
    rejected = (
        "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "
        + recipient,
        "Sending paused for this account. For more information, please check the inbox of the owner.",
        "Sending suspended for this account.",
    )
    codes = (
        "AccountSuspendedException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "SendingPausedException",
    )
    return [*(refusal("MessageRejected", text=text) for text in rejected), *map(refusal, codes)]


OUTAGES = [
    ReadTimeoutError(endpoint_url="https://dynamodb"),
    ConnectTimeoutError(endpoint_url="https://dynamodb"),
    EndpointConnectionError(endpoint_url="https://dynamodb"),
    refusal("ThrottlingException"),
    refusal("ProvisionedThroughputExceededException"),
    refusal("RequestLimitExceeded"),
    refusal("TransactionConflictException"),
    refusal("InternalServerError", 500),
    refusal("ServiceUnavailable", 503),
]


def named(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def unreachable_counters() -> AbstractContextManager[None]:
    """Let each update of the table of counters fail before it is sent."""
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    return failing("dynamodb", "UpdateItem", outage, touching="ru4m-test-challenges")


def unreachable_counters_once() -> AbstractContextManager[None]:
    """Let one hit of a counter fail, with its retries; the next call reaches the table."""
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    return failing("dynamodb", "UpdateItem", outage, times=3, touching="ru4m-test-challenges")


@contextmanager
def silence() -> Iterator[None]:
    """Let neither SES nor SNS take a message."""
    with failing_at(mail, "send", MailUnavailable), failing_at(sms, "send", TextUnavailable):
        yield


def refuse_profile_of(user: User) -> None:
    """Let the profile of a user be one that cannot be opened."""
    opened = codec.opened

    def refusing(kind: Any, item: Any, *rest: Any) -> Any:
        if kind is Profile and item["pk"] == f"A#{user.account_id}":
            raise Unfit
        return opened(kind, item, *rest)

    patches.current().setattr(codec, "opened", refusing)
