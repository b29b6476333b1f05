"""What a request asks for, as the app, a guest or an operator sends it.

The app and guests send one of several forms, one for each right. The rules get a `RequestedChange`
from both; operators enter that.
"""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.accounts.profiles.model import ProfileValues
from chalicelib.core.http import Body
from chalicelib.core.http.forms import OneOf
from chalicelib.privacy.restraint import Ground
from chalicelib.rights.request.terms import Right

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
_Url = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_NAME = r"^[a-z_]{1,40}$"
_Name = Annotated[str, StringConstraints(pattern=_NAME)]
_MOST = 20  # names of fields or purposes

_NAMED = Field(min_length=1, max_length=_MOST)
_Purposes = Annotated[tuple[_Name, ...] | None, _NAMED]
_Target = Annotated[
    _Url | None,
    Field(description="https address of the controller to which the copy is sent directly"),
]
_Waiving = Annotated[
    bool | None,
    Field(
        description="Delete after 24 hours instead of 7 days, without waiting for copies. Without it, a copy "
        "that was not fetched, and the link to one that was, delay the deletion"
    ),
]
_LETTER = Field(description="The letter in Art. 18(1) GDPR")
_Ground = Annotated[Ground | None, _LETTER]


class RequestedChange(Body):
    """What a request asks for, by any channel. Each right allows some of the fields.

    `changes`: new values by field; None removes a value.
    """

    right: Right
    transfer_to: _Target = None
    changes: Annotated[dict[_Name, Text | bool | None] | None, Field(max_length=_MOST)] = None
    purposes: _Purposes = None
    ground: Ground | None = None
    reason: Text | None = None
    waive_grace: _Waiving = None


class CorrectedValues(ProfileValues):
    """New values by field; null removes a value of the profile.

    Other fields of a copy have the name `<kind>_<field>`, as `session_device`, and texts as values. They are
    reviewed.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "maxProperties": _MOST,
            "propertyNames": {"pattern": _NAME, "examples": ["session_device"]},
        },
    )

    __pydantic_extra__: dict[_Name, Annotated[Text | None, Field(examples=["a tablet"])]]

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if len(self.model_fields_set) > _MOST:
            raise PydanticCustomError("too_long", "At most 20 fields")
        return self


class NewRequest(OneOf):
    """A new rights request: one form for each right."""

    tag = "right"

    right: Right

    def requested(self) -> RequestedChange:
        """The request as the rules take it."""
        fields = {*RequestedChange.model_fields}
        return RequestedChange.model_validate_json(self.model_dump_json(include=fields, exclude_unset=True))


class AccessRequest(NewRequest):
    """A request for a copy of all data (Art. 15 GDPR)."""

    right: Literal[Right.ACCESS]


class PortabilityRequest(NewRequest):
    """A request for the data that the subject provided, to use it elsewhere (Art. 20 GDPR)."""

    right: Literal[Right.PORTABILITY]


class OwnPortabilityRequest(PortabilityRequest):
    """The same from a session, which may name another controller to receive the copy."""

    transfer_to: _Target = None


class RectificationRequest(NewRequest):
    """A request to correct data, by new values, a reason, or both (Art. 16 GDPR)."""

    right: Literal[Right.RECTIFICATION]
    changes: CorrectedValues | None = None
    reason: Text | None = None


class ErasureRequest(NewRequest):
    """A request to delete the account and its data (Art. 17 GDPR)."""

    right: Literal[Right.ERASURE]


class OwnErasureRequest(ErasureRequest):
    """The same from a session, which may waive most of the time to cancel it."""

    waive_grace: _Waiving = None


class RestrictionRequest(NewRequest):
    """A request to stop uses of data (Art. 18 GDPR): those named, or else each that the law lets it stop."""

    right: Literal[Right.RESTRICTION]
    purposes: _Purposes = None
    ground: _Ground = None
    reason: Text | None = None


class OwnRestrictionRequest(RestrictionRequest):
    """The same from a session, which names its ground."""

    ground: Annotated[Ground, _LETTER]


class ObjectionRequest(NewRequest):
    """An objection to purposes based on legitimate interests: those named, or all (Art. 21(1) GDPR)."""

    right: Literal[Right.OBJECTION]
    purposes: _Purposes = None
    reason: Text | None = None


class OwnObjectionRequest(ObjectionRequest):
    """The same from a session, which names its purposes."""

    purposes: Annotated[tuple[_Name, ...], _NAMED]


class MarketingObjectionRequest(NewRequest):
    """An objection to direct marketing (Art. 21(2) GDPR)."""

    right: Literal[Right.MARKETING_OBJECTION]


class ConsentWithdrawalRequest(NewRequest):
    """A withdrawal of consents (Art. 7(3) GDPR). Without purposes, all of them end."""

    right: Literal[Right.CONSENT_WITHDRAWAL]
    purposes: _Purposes = None


_ANYWHERE = (AccessRequest, RectificationRequest, MarketingObjectionRequest, ConsentWithdrawalRequest)

NewRequest.forms = (
    *_ANYWHERE, OwnPortabilityRequest, OwnErasureRequest, OwnRestrictionRequest, OwnObjectionRequest,
)  # fmt: skip
# What a person without a session may ask for, and an operator may enter.
WITHOUT_SESSION: tuple[type[NewRequest], ...] = (
    *_ANYWHERE, PortabilityRequest, ErasureRequest, RestrictionRequest, ObjectionRequest,
)  # fmt: skip
