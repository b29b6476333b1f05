"""The problems of breaches. When one is raised, the breach is unchanged."""

from typing import ClassVar

from chalicelib.core.errors import ConflictingRequest, Schemas


class BreachClosed(ConflictingRequest):
    """The breach is closed; a fact that is found later opens it again."""

    code = "breach_closed"
    title = "The breach is closed; record the new fact first, which opens it again"


class BreachUnfinished(ConflictingRequest):
    """A breach cannot be closed while a duty is open; `open` names the duties."""

    code = "breach_unfinished"
    title = "The breach has open duties, so it cannot be closed"
    shows: ClassVar[Schemas] = {"open": {"type": "array", "items": {"type": "string"}}}


class AssessedOtherwise(ConflictingRequest):
    """People are notified only after an approved assessment that says so."""

    code = "assessed_otherwise"
    title = "No approved assessment says that the people affected are to be notified"


class NoticesBegun(ConflictingRequest):
    """The notices to the people affected are on their way, so their texts and audience are final."""

    code = "notices_begun"
    title = "The people affected are being notified; the assessment is final"


class TooManyParts(ConflictingRequest):
    """The record has reached a limit: facts, notifications, assessments or lists of users."""

    code = "too_many_parts"
    title = "The record of this breach is full; open another breach that refers to it"
