"""What a request asks for, as the app or an operator sends it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.core.http import Body
from chalicelib.privacy.restraint import Ground
from chalicelib.rights.request.terms import Right

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
_Url = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class RequestedChange(Body):
    """What a request asks for, by any channel. Each right allows some of the fields."""

    right: Right
    transfer_to: _Url | None = Field(
        None,
        description="Portability: https address of the controller to which the copy is sent directly",
    )
    changes: dict[_Name, Text | None] | None = Field(
        None, max_length=20, description="Rectification: new values by field name; null removes a value"
    )
    purposes: tuple[_Name, ...] | None = Field(
        None,
        max_length=20,
        description="Objection: the purposes concerned, each based on legitimate interests. Restriction: the "
        "purposes concerned; without them, all use but storage stops. Withdrawal: the purposes whose consent "
        "ends; without them, all",
    )
    ground: Ground | None = Field(
        None, description="Restriction: the ground, as the letter in Art. 18(1) GDPR"
    )
    reason: Text | None = None
    waive_grace: bool | None = Field(
        None,
        description="Erasure: delete after 24 hours instead of 7 days, without waiting for copies that were "
        "not fetched yet",
    )


class NewRequest(RequestedChange):
    """A new rights request."""
