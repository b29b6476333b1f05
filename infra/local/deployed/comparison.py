"""Where a resource lacks what its template declares. More than the template declares is no difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What names an element of a list, as templates and answers of AWS have it.
_NAMES = ("Sid", "Id", "IndexName", "PolicyName", "AttributeName", "Name", "Key", "ResourcePath")


def differences(wanted: Any, found: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the path of each value that is absent or another one, like `Rules.exports-end.Prefix`."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, value in wanted.items():
            below = f"{path}.{name}" if path else name
            if name in found:
                yield from differences(value, found[name], below)
            elif not _is_empty(value):
                yield below
    elif isinstance(wanted, list) and isinstance(found, list):
        for one in wanted:
            if not any(_matches(one, other) for other in found):
                name = _name_of(one)
                same = [other for other in found if name and _name_of(other) == name]
                yield from differences(one, same[0], f"{path}.{name}") if same else (f"{path}.{name}",)
    elif isinstance(wanted, list) and len(wanted) == 1 and not isinstance(found, Mapping):
        yield from differences(wanted[0], found, path)
    elif _text(wanted) != _text(found):
        yield path


def _matches(wanted: Any, found: Any) -> bool:  # noqa: ANN401 - any JSON
    return next(differences(wanted, found), None) is None


def _is_empty(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether nothing is declared: services answer without an empty value."""
    return value in ({}, [], "")


def _name_of(one: Any) -> str:  # noqa: ANN401 - any JSON
    if not isinstance(one, Mapping):
        return _text(one)
    return next((str(one[name]) for name in _NAMES if name in one), "")


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A value in one form: templates and services have numbers and truth values as texts too."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 1:
        return _text(value[0])
    return str(value)
