"""Calls of AWS services: one client each, created at first use, and what an error means.

A cold start loads only the clients that it uses. The time limits of calls follow from those of functions:
15 s (signup, sessions and profiles, which send codes) and 10 s (the others that call AWS). A call without an
answer ends earlier, so the request is answered with 503:

    DynamoDB  9 s   three attempts, each 1 s to connect and 2 s to read. core/table makes the attempts, since
                    it knows which writes may be sent twice; botocore makes one.
    SNS, SES  6 s   one attempt: neither is idempotent, so a second attempt could send a second message.
    others    6 s   two attempts, each 1 s and 2 s; they are reads (vault, KMS) or may be repeated (S3).

Slow operations are called only by workers, which may run for minutes: S3 may need minutes to assemble the
parts of an upload and sends white space until then (two attempts, each 1 s to connect and 120 s between two
reads).

The bodies of DynamoDB's answers are read here and not by botocore's parser, which asks its description of
DynamoDB about each value of each attribute: a fifth of the CPU time of a request. JSON has the form of the
wire format already; only bytes are base64 there (`table/items` reads both). botocore emits the event
`before-parse` for such readers, and merges what they leave in `customized_response_dict` into the answer.
Refusals are left to botocore.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError


@dataclass(frozen=True)
class _Timeouts:
    """Seconds to connect and to read, and the number of attempts that botocore makes."""

    connect: int
    read: int
    tries: int


_TIMEOUTS = {"dynamodb": _Timeouts(1, 2, 1), "sns": _Timeouts(1, 5, 1), "sesv2": _Timeouts(1, 5, 1)}
_OTHERS = _Timeouts(1, 2, 2)

# Operations that take longer than the others of their service; each has a client of its own.
SLOW_OPERATIONS = {("s3", "complete_multipart_upload"): _Timeouts(1, 120, 2)}

# Buckets are addressed in their region: with the global host name, requests and links could pass through the
# United States (STR-7). In some regions botocore still signs links in the old way, which S3 refuses.
_IN_REGION = {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}}

# Checking parameters against botocore's models takes a third of a large write. core/table makes all requests
# of DynamoDB from its own types, and DynamoDB refuses a value of another type (TableBug).
_CHECKED_BY_TYPES = {"dynamodb"}

# Codes of temporary errors; every error with a status of 500 or more is temporary too.
_PASSING = {
    "InternalFailure",
    "InternalServiceError",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

# Those whose answers have items. Not BatchWriteItem: what it leaves unprocessed is sent again.
_OPERATIONS = ("BatchGetItem", "GetItem", "Query", "Scan", "UpdateItem")


class AwsBug(Exception):
    """A bug of ours. The text is only the service's error code, since its messages quote values."""


@cache
def client(service: str, operation: str = "") -> Any:  # noqa: ANN401 - boto3 ships no types; each service has one typed module over this
    """This process's client of a service, or of one of its slow operations.

    In the answers of DynamoDB's client, bytes are base64.
    """
    import boto3
    from botocore.config import Config

    timeouts = SLOW_OPERATIONS.get((service, operation)) or _TIMEOUTS.get(service, _OTHERS)
    made = boto3.client(
        service,
        region_name=settings().region,
        config=Config(
            connect_timeout=timeouts.connect,
            read_timeout=timeouts.read,
            retries={"mode": "standard", "total_max_attempts": timeouts.tries},
            parameter_validation=service not in _CHECKED_BY_TYPES,
            user_agent=f"ru4m/{settings().version}",  # botocore would assemble its own twice a call
            **(_IN_REGION if service == "s3" else {}),
        ),
    )
    if timeouts.tries == 1:
        _remove_retries(made)
    if service == "dynamodb":
        _install_body_reader(made)
    return made


def _remove_retries(made: Any) -> None:  # noqa: ANN401 - boto3 ships no types
    """Remove botocore's handlers of retries, which take time at each call, from a client that makes none."""
    from botocore.handlers import add_retry_headers

    events, service = made.meta.events, made.meta.service_model.service_id.hyphenize()
    events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
    events.unregister(f"request-created.{service}", unique_id=f"seed-max-attempts-{service}")
    events.unregister("request-created", add_retry_headers)


def _install_body_reader(client: Any) -> None:  # noqa: ANN401 - boto3 ships no types
    """Let a client of DynamoDB read its answers here."""
    for operation in _OPERATIONS:
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _read_body)


def _read_body(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    if response_dict["status_code"] == 200:
        customized_response_dict |= json.loads(response_dict["body"])
        response_dict["body"] = b"{}"


def ask(service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """Make one call to a service, for callers that need only two kinds of error.

    Raises:
        Unavailable: no answer, throttled, or failed inside AWS.
        AwsBug: any other error.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    slow = (service, operation) in SLOW_OPERATIONS
    caller = client(service, operation) if slow else client(service)
    try:
        answer: dict[str, Any] = getattr(caller, operation)(**parameters)
    except ClientError as error:
        raise _meaning(error) from None
    except BotoCoreError:
        raise Unavailable from None
    return answer


def object_or_none(bucket: str, key: str, at_most: int) -> bytes | None:
    """The first bytes of an object in S3; None if there is none. A role that may not list is refused then.

    Raises:
        Unavailable: S3 does not answer.
    """
    try:
        answer = ask("s3", "get_object", Bucket=bucket, Key=key)
    except AwsBug as bug:
        if str(bug) in {"NoSuchKey", "AccessDenied"}:
            return None
        raise
    with closing(answer["Body"]) as body:
        content: bytes = body.read(at_most)
    return content


def listed_objects(bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield what S3 lists of the objects with a prefix, a page at a time.

    Raises:
        Unavailable: S3 does not answer.
    """
    token: dict[str, str] = {}
    while True:
        answer = ask("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix, **token)
        yield from answer.get("Contents", ())
        if not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def is_temporary(error: "ClientError") -> bool:
    """Return whether the error is temporary: the call was throttled or failed inside AWS."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(status >= 500) or error.response["Error"]["Code"] in _PASSING


def in_doubt(error: "BotoCoreError | ClientError") -> bool:
    """Return whether the service may have accepted a message without confirming it.

    It did not accept the message if the request was never sent: it was malformed, it could not be signed, or
    no connection or TLS session was established. Nor did it if the service refused the request.

    It may have accepted the message if the connection ended or timed out before a response, or if the server
    failed, possibly after accepting. This includes a 503: although it means that nothing was done, a load
    balancer also sends it when it loses its server during the request.
    """
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500)
    never_sent = (
        exceptions.ConnectionError,  # no connection was established
        exceptions.CredentialRetrievalError,
        exceptions.NoCredentialsError,
        exceptions.ParamValidationError,
        exceptions.PartialCredentialsError,
    )
    return not isinstance(error, never_sent)


def _meaning(error: "ClientError") -> Exception:
    return Unavailable() if is_temporary(error) else AwsBug(error.response["Error"]["Code"])
