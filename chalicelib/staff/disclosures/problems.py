"""The problems of disclosures. When one is raised, the disclosure is unchanged."""

from chalicelib.core.errors import ConflictingRequest, Unprocessable


class DecidedAlready(ConflictingRequest):
    """The disclosure was approved, refused or withdrawn, or its data went out."""

    code = "decided_already"
    title = "The disclosure is decided already, or its data went out"


class NotApproved(ConflictingRequest):
    """The disclosure is not approved, so no data may go out."""

    code = "not_approved"
    title = "No data may go out before another operator has approved the disclosure"


class ProposalLapsed(ConflictingRequest):
    """The proposal waited too long: the circumstances that were assessed may have changed."""

    code = "proposal_lapsed"
    title = "The proposal is too old to be approved; withdraw it and propose the disclosure again"


class NotInForce(Unprocessable):
    """The notice about the merger or sale does not apply to this subject yet."""

    code = "notice_not_in_force"
    title = "The notice was not announced to this user, or has not taken effect for this user"
