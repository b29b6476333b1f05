"""Canonical JSON (RFC 8785): the same value always has the same text, so it can be hashed and signed."""

import rfc8785


def canonical(value: object) -> str:
    """The canonical JSON text of a value.

    Raises:
        TypeError: the value has none: it contains a date, a key that is not a string, or an integer beyond
        2^53.
    """
    try:
        return rfc8785.dumps(value).decode()  # type: ignore[arg-type]  # it checks the value itself
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):  # their texts quote values
        raise TypeError("a value has no canonical text") from None
