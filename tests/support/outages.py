"""Every way in which an item of DynamoDB is out of reach, for a moment or longer."""

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError


def refusal(code: str, status: int = 400) -> ClientError:
    told = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "UpdateItem")


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
