"""All errors of DynamoDB that count as an outage."""

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError


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
