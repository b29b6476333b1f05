"""The code of a challenge, as a person sends it back."""

from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.core.http import Body

Code = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{6}$"),
    Field(description="Code from the message", examples=["012345"]),
]


class CodeBody(Body):
    """The code that was sent for a challenge."""

    code: Code
