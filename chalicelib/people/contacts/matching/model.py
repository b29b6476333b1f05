"""Numbers to match, and the users who were found by them."""

import re
from contextlib import suppress
from typing import Annotated

from pydantic import Field

from chalicelib.accounts.challenges.model import InvalidPhone
from chalicelib.accounts.challenges.numbers import Region, mobile_number
from chalicelib.accounts.profiles.model import PublicProfile
from chalicelib.core.http import Body, View

# Numbers of one request. Few books have more new ones at a time, and each hundred costs a read.
MOST_NUMBERS = 500


# As phones store numbers: with spaces, dashes and marks of every kind, with pauses and extensions. A text
# with other letters is refused, since it may be a name.
_DIALLED = (
    r"[+0-9\u0660-\u0669\u06f0-\u06f9\s().\-/*#,;:~"
    r"\u00ad\u200b-\u2015\u202a-\u202f\u2060-\u206f\u2212\ufeffpPwWxX]"
)
_EXTENSION = re.compile(r"[,;*#pPwWxX]|ext")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_DASHES = re.compile("[\u2010-\u2015\u2212~:]")
_NumberOfBook = Annotated[
    str,
    Field(
        max_length=32,
        pattern=f"^({_DIALLED}|ext)*$",
        description="A number in E.164, or in the national format of `region`",
        examples=["+381601234567"],
    ),
]


class NumbersToMatch(Body):
    """Numbers of an address book, and nothing else of it: names are refused (ACC-10)."""

    numbers: Annotated[
        tuple[_NumberOfBook, ...],
        Field(min_length=1, max_length=MOST_NUMBERS, description="Mobile numbers; others are skipped"),
    ]
    region: Region | None = None

    def by_number(self) -> dict[str, int]:
        """The mobile numbers in E.164, with the first position of each, in the order of the list."""
        found: dict[str, int] = {}
        for position, text in enumerate(self.numbers):
            with suppress(InvalidPhone):
                found.setdefault(mobile_number(_plain(text), self.region), position)
        return found


def _plain(text: str) -> str:
    """A number as people write it, without what phones add: marks that are not seen, extensions."""
    return _DASHES.sub("-", _UNSEEN.sub("", _EXTENSION.split(text, maxsplit=1)[0])).strip()


class Match(View):
    """A user who can be found by a number of the request."""

    position: Annotated[int, Field(ge=0, description="Of the number in the request, counted from 0")]
    profile: PublicProfile


class MatchedContacts(View):
    """The users who were found, in the order of the numbers."""

    matches: tuple[Match, ...]
    checked: Annotated[
        int,
        Field(
            ge=1, description="How many numbers of the list were checked. Send the others in another request"
        ),
    ]
