"""One client per service of AWS, made at first use: a cold start pays only for what it calls.

How long a call may take follows from how long a function may run: 15 s (signup, sessions and profiles,
which send codes), 10 s (the others that call AWS). A call that is never answered ends before that, so
the request is answered with 503:

    DynamoDB  9 s   three tries of 1 s to connect and 2 s to read. core/table makes the tries, since it
                    knows which writes may be sent twice; botocore makes one.
    SNS, SES  6 s   one try: neither is idempotent, a second try could be a second message.
    others    6 s   two tries of 1 s and 2 s; they are reads (vault, KMS) or may be repeated (S3).

Only workers, which have minutes, call what takes longer: S3 may need minutes to assemble the parts of an
upload, and sends white space from time to time meanwhile (two tries of 1 s and 120 s between two reads).
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


@dataclass(frozen=True)
class _Patience:
    """Seconds to connect and to read, and how often botocore tries."""

    connect: int
    read: int
    tries: int


_PATIENCE = {"dynamodb": _Patience(1, 2, 1), "sns": _Patience(1, 5, 1), "sesv2": _Patience(1, 5, 1)}
_OTHERS = _Patience(1, 2, 2)

# Operations that take longer than others of their service, each with a client of its own.
SLOW_OPERATIONS = {("s3", "complete_multipart_upload"): _Patience(1, 120, 2)}

# Buckets by the names of their regions: by the common one, requests and links could go by way of the United
# States (STR-7). And in some regions botocore still signs links in the old way, which S3 refuses.
_IN_REGION = {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}}

# Codes of what passes; whatever comes with a status of 500 or more passes too.
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


class AwsBug(Exception):
    """An error that is our own; its text is the service's error code alone, since messages quote values."""


@cache
def client(service: str, operation: str = "") -> Any:  # noqa: ANN401 - boto3 ships no types; each service has one typed module over this
    """The process's client of a service, or of one of its slow operations."""
    import boto3
    from botocore.config import Config

    patience = SLOW_OPERATIONS.get((service, operation)) or _PATIENCE.get(service, _OTHERS)
    return boto3.client(
        service,
        region_name=settings().region,
        config=Config(
            connect_timeout=patience.connect,
            read_timeout=patience.read,
            retries={"mode": "standard", "total_max_attempts": patience.tries},
            **(_IN_REGION if service == "s3" else {}),
        ),
    )


def ask(service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """One call to a service whose errors need no telling apart.

    Raises:
        Unavailable: not answered, throttled, or broken on the other side.
        AwsBug: anything else.
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


def passes(error: "ClientError") -> bool:
    """Whether the same call may succeed later without a change by us: throttled, or broken over there."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(status >= 500) or error.response["Error"]["Code"] in _PASSING


def _meaning(error: "ClientError") -> Exception:
    return Unavailable() if passes(error) else AwsBug(error.response["Error"]["Code"])
