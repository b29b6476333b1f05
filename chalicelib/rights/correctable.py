"""The fields that a subject can have corrected by name, and how each is corrected (Art. 16 GDPR; ADR 50).

The table is derived from the declarations: a field is in it if the subject's copy discloses it. A field of
the profile has its own name, a field of another kind the name `<kind>_<field>`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from chalicelib.accounts.profiles.model import Profile, ProfileChanges
from chalicelib.privacy import plans, register
from chalicelib.privacy.plans import DisclosedField, Section
from chalicelib.privacy.purposes import Category, Correction, Purpose
from chalicelib.privacy.recipients import Recipient

_OF_ITSELF = frozenset({Profile.declaration.kind, "account"})  # kinds whose fields need no prefix


class CorrectionWay(StrEnum):
    """How a field is corrected."""

    AT_ONCE = "at_once"  # in the transaction of the request
    REVIEWED = "reviewed"  # two operators decide; the statement then stands beside the record
    ELSEWHERE = "elsewhere"  # by another route, because other data depends on the value


_GUEST = "A contact is proven by a code to it. Make another request, with the right contact"

# Fields and kinds with a way of their own, and that way, for the client.
_INSTEAD: Mapping[str, str] = {
    "phone": "A number is proven by a code to it. Use PUT /v1/profile/phone, after a step-up",
    "email": "Set an address by POST /v1/profile/email, and remove it by PATCH /v1/profile",
    # No route sets a picture, so no account has one.
    "avatar_url": "We store no picture, so there is none to correct",
    "purposes": "Use PUT /v1/consents/{purpose}, or the right to object, to restrict or to withdraw consent",
    "rights_request_contact_phone": _GUEST,
    "rights_request_contact_email": _GUEST,
    "block_list": "Use PUT or DELETE /v1/blocks/{user_id}",
    "contact": "Use DELETE /v1/contacts/{user_id}",
}

# Purposes for which data is evaluated. While such data is contested, it is not used for them (Art. 18(1)(a)).
# All other fields under review are only stored, shown to their subject, or kept because of a law.
_EVALUATES = frozenset({Purpose.ANALYTICS, Purpose.DIAGNOSTICS})


@dataclass(frozen=True)
class CorrectableField:
    """A field with its name in requests.

    Attributes:
        to: the recipients to whom the value is disclosed.
        contested: the purpose that is restricted while the field is under review.
        instead: what the client has to use, if the way is ELSEWHERE.
    """

    name: str
    kind: str
    way: CorrectionWay
    to: tuple[Recipient, ...]
    contested: Purpose | None
    instead: str | None


@cache
def table() -> Mapping[str, CorrectableField]:
    """All correctable fields by name."""
    return {field.name: field for section in _sections() for field in _fields_of(section)}


def all_recipients() -> Mapping[str, frozenset[Recipient]]:
    """The recipients of each kind, for requests that concern all data of a subject."""
    return {section.kind: frozenset(section.recipients) for section in _sections()}


@cache
def _sections() -> tuple[Section, ...]:
    return plans.export_plan(register.records())


def _fields_of(section: Section) -> Iterator[CorrectableField]:
    for field in section.disclosed:
        # An id for us alone is neither accurate nor inaccurate.
        if field.category is None or field.category is Category.PSEUDONYM:
            continue
        name = field.name if section.kind in _OF_ITSELF else f"{section.kind}_{field.name}"
        instead = _INSTEAD.get(name) or _INSTEAD.get(section.kind)
        way = CorrectionWay.ELSEWHERE if instead else _way(section, field)
        contested = (
            section.purpose if way is CorrectionWay.REVIEWED and section.purpose in _EVALUATES else None
        )
        yield CorrectableField(name, section.kind, way, field.recipients, contested, instead)


def _way(section: Section, field: DisclosedField) -> CorrectionWay:
    at_once = section.kind in _OF_ITSELF and field.name in ProfileChanges.model_fields
    if at_once is not (field.correction is Correction.SELF_SERVICE):
        raise TypeError(f"{section.kind}.{field.name}: self-service, but no route of the profile changes it")
    return CorrectionWay.AT_ONCE if at_once else CorrectionWay.REVIEWED
