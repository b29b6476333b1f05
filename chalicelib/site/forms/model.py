"""What the forms send. A field may be empty: the page then says what is missing."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, StringConstraints

from chalicelib.core.http import FormBody
from chalicelib.core.ids import PathText, RightsRequestId
from chalicelib.rights.request.terms import Right

_LONGEST = (
    10_000  # characters of a text: more than the API takes, so that its refusal is a mistake on the form
)


class FormRight(PathText):
    """A right, as the last part of the address of its page."""

    __slots__ = ()
    pattern = re.compile(f"({'|'.join(Right)})")

    @property
    def right(self) -> Right:
        """The right."""
        return Right(self)


def _lines(text: str) -> str:
    """A browser sends each line end as two characters, and counts it as one."""
    return text.replace("\r\n", "\n")


Typed = Annotated[str, BeforeValidator(_lines), StringConstraints(strip_whitespace=True, max_length=_LONGEST)]
_Contact = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class _SiteForm(FormBody):
    """A form of ours: 2,000 characters of a text are up to 24,000 bytes as a browser sends them."""

    max_bytes: ClassVar[int] = 32 * 1024


class StartForm(_SiteForm):
    """What a person asks for, and where the code goes."""

    contact: _Contact = ""
    reason: Typed = ""
    ground: Literal["", "a", "b", "c", "d"] = ""
    purpose: Annotated[str, StringConstraints(pattern="^[a-z_]{0,40}$")] = ""


class SupportForm(_SiteForm):
    """A message to us, and the mailbox for the answer."""

    email: _Contact = ""
    text: Typed = ""


class ReportForm(_SiteForm):
    """A report of abuse by a person without an account, or an appeal against the decision about one.

    It has two texts. About abuse of children it needs no address, so none is read.
    """

    max_bytes: ClassVar[int] = 64 * 1024

    reason: Annotated[str, StringConstraints(pattern="^[a-z_]{0,40}$")] = ""
    described: Typed = ""
    text: Typed = ""
    email: _Contact = ""
    appealed: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class ReceiptForm(_SiteForm):
    """A receipt, or the link with it, as a person pasted it."""

    receipt: Annotated[str, StringConstraints(max_length=20_000)] = ""  # a person may paste a whole message
    token: Annotated[str, StringConstraints(max_length=40)] = ""

    @property
    def found(self) -> tuple[RightsRequestId, str] | None:
        """The id of the request and its receipt."""
        match = re.search(rf"({RightsRequestId.pattern.pattern})\.(\d+\.[\w-]{{20,100}})", self.receipt)
        return (RightsRequestId(match[1]), match[2]) if match else None


class StepForm(_SiteForm):
    """A step of an open form: its button, its token, and what was typed."""

    token: Annotated[str, StringConstraints(max_length=40)] = ""
    do: Literal["verify", "again", "add", "back", "cancel", "close", "paper"]
    code: _Contact = ""
    contact: _Contact = ""
    release_key: Annotated[str, StringConstraints(strip_whitespace=True, max_length=256)] = ""
