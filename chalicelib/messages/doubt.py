"""Decides whether a message that a service did not confirm may have been sent."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's: no connection was established
    CredentialRetrievalError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

_NEVER_SENT = (
    ConnectionError,
    CredentialRetrievalError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)


def in_doubt(error: BotoCoreError | ClientError) -> bool:
    """Return whether the service may have accepted the message without confirming it.

    It did not accept the message if the request was never sent: it was malformed, it could not be signed, or
    no connection or TLS session was established. Nor did it if the service refused the request.

    It may have accepted the message if the connection ended or timed out before a response, or if the server
    failed, possibly after accepting. This includes a 503: although it means that nothing was done, a load
    balancer also sends it when it loses its server during the request.
    """
    if isinstance(error, ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500)
    return not isinstance(error, _NEVER_SENT)
