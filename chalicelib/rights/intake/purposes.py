"""The purposes that a body names."""

from collections.abc import Callable, Iterable

from chalicelib.core.errors import InvalidRequest
from chalicelib.privacy.purposes import Purpose

_BY_WORD = {purpose.value: purpose for purpose in Purpose}


def named_purposes(words: Iterable[str], check: Callable[[Purpose], None]) -> tuple[Purpose, ...]:
    """The purposes with these names, each once, in the order of the register.

    Args:
        words: the names.
        check: raises InvalidRequest for a purpose that does not fit.

    Raises:
        InvalidRequest: a name is unknown, none is given, or `check` raises.
    """
    named = set(words)
    if not named:
        raise invalid("too_short", "Name one purpose at least")
    if named - _BY_WORD.keys():
        raise invalid("unknown_purpose", "No purpose has this name")
    found = tuple(purpose for word, purpose in _BY_WORD.items() if word in named)
    for purpose in found:
        check(purpose)
    return found


def invalid(code: str, message: str) -> InvalidRequest:
    """The problem of a body whose purposes do not fit."""
    return InvalidRequest(errors=[{"pointer": "/purposes", "code": code, "message": message}])
