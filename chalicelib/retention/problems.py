"""The problems of holds. When one is raised, nothing was changed."""

from chalicelib.core.errors import ConflictingRequest


class HoldsClosed(ConflictingRequest):
    """An erasure of the subject has passed its point of no return, so no hold can be placed or confirmed."""

    code = "too_late"
    title = "The deletion of this account has begun"


class HoldEnded(ConflictingRequest):
    """The hold has ended, was lifted, or was not confirmed within 72 hours."""

    code = "hold_ended"
    title = "This hold has ended"


class NotDisclosed(ConflictingRequest):
    """The disclosure that the hold serves is not recorded and approved."""

    code = "not_approved"
    title = "The disclosure is not recorded and approved"
