"""Errors, with the codes, statuses and messages of Stream's API."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")

MORE_INFO = "https://getstream.io/chat/docs/api_errors_response"


class StreamError(Exception):
    """An answer other than success.

    `code` is Stream's own number, `status` the HTTP status; a client decides by the code.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self, operation: str, *, duration: str = "1ms") -> dict[str, object]:
        """The error as JSON, worded as "<Operation> failed with error"."""
        return {
            "code": self.code,
            "message": f'{operation} failed with error: "{self.message}"',
            "StatusCode": self.status,
            "duration": duration,
            "more_info": MORE_INFO,
            "details": [],
        }


def bad_input(message: str) -> StreamError:
    """Something in the request is malformed or over a limit (400, code 4)."""
    return StreamError(400, 4, message)


def not_allowed(message: str) -> StreamError:
    """The grants do not hold this permission (403, code 17)."""
    return StreamError(403, 17, message)


def not_found(message: str) -> StreamError:
    """No such thing (404, code 16)."""
    return StreamError(404, 16, message)


def burned(user_id: str) -> StreamError:
    """The id belonged to a deleted user and is never reused (404, code 16)."""
    return not_found(f"the user {user_id} was deleted")


def unknown_key() -> StreamError:
    """The API key is missing or another app's (401, code 2)."""
    return StreamError(401, 2, "api_key not found")


def bad_token(code: int, message: str) -> StreamError:
    """The token is invalid: 5 malformed, 40 expired or revoked, 41 nbf, 42 iat, 43 forged."""
    return StreamError(401, code, message)


def too_many(operation: str) -> StreamError:
    """Over the endpoint's limit of this minute (429, code 9)."""
    return StreamError(429, 9, f"Too many requests for {operation}, check response headers")


def needed(value: T | None, otherwise: StreamError) -> T:
    """Return a value; raise the error if there is none."""
    if value is None:
        raise otherwise
    return value


def as_object(value: object, otherwise: str) -> dict[str, Any]:
    """Return a JSON object; raise a text as `bad_input` if it is another value."""
    if not isinstance(value, dict):
        raise bad_input(otherwise)
    return value
