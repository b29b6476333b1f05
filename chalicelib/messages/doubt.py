"""Whether a message that a service did not confirm may be on its way all the same."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own: there was no connection to send anything over
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
    """Whether the service may have taken the message, although it did not say so.

    It did not if the request never left: it was malformed, nobody could sign it, there was no connection,
    or no TLS on it, which is agreed on before anything is sent. Nor if the service said no. It may have
    if the connection ended or fell silent before an answer, and if a server broke, which it may have done
    after taking the message. A 503 is no better: it is meant to say that nothing was done, but whatever
    stands in front of a service answers with it too when the server behind it is lost in the middle.
    """
    if isinstance(error, ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500)
    return not isinstance(error, _NEVER_SENT)
