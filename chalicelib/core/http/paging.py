"""The two parameters of a query by which a client reads a list page by page."""

import re
from typing import ClassVar, Self

from chalicelib.core.errors import InvalidRequest

_DIGITS = 12


class Cursor(str):
    """The start of a page, in the query as `cursor`.

    Opaque to clients; only its maker decodes it.
    """

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[0-9A-Za-z_-]{1,128}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a cursor.

        Raises:
            InvalidRequest: it does not have the form of our cursors.
        """
        if not cls.pattern.fullmatch(text):
            raise invalid_cursor()
        return cls(text)

    @classmethod
    def numbered(cls, of: str, number: int) -> Self:
        """A cursor of a number, in the list `of`, a letter: no list takes the cursor of another one."""
        return cls(f"{of}{number}")

    def number(self, of: str) -> int:
        """The number of a cursor of the list `of`.

        It may be the number of items that were left, in a list that only grows at the end that is read first:
        unlike the id of the last item, it stays valid when that item is deleted meanwhile.

        Raises:
            InvalidRequest: it is no such cursor.
        """
        digits = self.removeprefix(of)
        if digits == self or not (digits.isdecimal() and len(digits) <= _DIGITS and int(digits)):
            raise invalid_cursor()
        return int(digits)


def invalid_cursor() -> InvalidRequest:
    """The refusal of a cursor that this route did not make, or not for this caller."""
    return InvalidRequest("This is not a valid cursor")


class PageSize(int):
    """How many items a page has at most, in the query as `limit`. A page may have fewer."""

    default: ClassVar[int] = 25
    most: ClassVar[int] = 100

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Parse a number of items; None is the default.

        Raises:
            InvalidRequest: it is no number from 1 to `most`.
        """
        if text is None:
            return cls(cls.default)
        if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS and 1 <= int(text) <= cls.most):
            raise InvalidRequest(f"The query parameter limit has to be a number from 1 to {cls.most}")
        return cls(text)
