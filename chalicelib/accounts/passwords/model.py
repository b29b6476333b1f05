"""What a password must be, and the bodies and problems of its routes. Pure."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.accounts import usernames
from chalicelib.accounts.passwords.common import COMMON
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import ConflictingRequest, InvalidRequest, fault
from chalicelib.core.http import Body

SHORTEST, _LONGEST = 8, 128


def _composed(text: str) -> str:
    """Return a password as it is compared: in NFC, with spaces of one kind (RFC 8265, OpaqueString)."""
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    composed = unicodedata.normalize("NFC", spaced)
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in composed):
        raise ValueError("a control character, or half a character")
    return composed


# As a person types them to sign in: the rules of new ones do not apply, since those may change.
TriedName = Annotated[str, StringConstraints(max_length=64), Field(examples=["mila.petrovic"])]
TriedPassword = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_LONGEST),
    AfterValidator(_composed),
    Field(examples=["seven otters swim"]),
]


class NewPassword(Body):
    """A password, with the username if the account has none or it is to change.

    A username has 3 to 32 letters of one script (Latin as in Serbian, or Serbian Cyrillic), digits, dots,
    underscores and hyphens, and begins with a letter. A password has 8 to 128 characters of any kind.
    """

    username: TriedName | None = None
    password: TriedPassword


def check_password(password: str, username: str) -> None:
    """Refuse a password that can be guessed; there is no rule on its characters (NIST SP 800-63B).

    Raises:
        InvalidRequest: it is too short, one of the commonest, or contains the username.
    """
    folded = password.casefold()
    if len(password) < SHORTEST:
        rule, message = ErrorCode.TOO_SHORT, "A password has 8 characters or more"
    elif folded in COMMON or len(set(folded)) < 4:
        rule, message = ErrorCode.TOO_COMMON, "Too many people have this password"
    elif usernames.normal_form(username) in usernames.normal_form(password):
        rule, message = ErrorCode.CONTAINS_USERNAME, "A password must not contain the username"
    else:
        return
    raise InvalidRequest(errors=[fault("/password", rule, message)])


class UsernameTaken(ConflictingRequest):
    """Another account has this username, or one that reads like it.

    Only a stepped-up caller learns this, some times a day.
    """

    title = "Another account has this username"
