"""Problems of the operators' routes. When one is raised, the request is unchanged."""

from chalicelib.core.errors import ConflictingRequest, Forbidden, InvalidRequest, Unprocessable


class NotNow(ConflictingRequest):
    """The status of the request does not allow this."""

    code = "not_now"
    title = "The current status of the request does not allow this"


class ProposedAlready(ConflictingRequest):
    """The request already has a proposal; only one is allowed at a time."""

    code = "proposed_already"
    title = "A decision is already proposed; it must be approved or withdrawn first"


class NothingProposed(ConflictingRequest):
    """There is no proposal to approve."""

    code = "nothing_proposed"
    title = "No decision is proposed"


class OwnProposal(Forbidden):
    """An operator tried to approve their own proposal: a decision needs two people."""

    code = "own_proposal"
    title = "Another operator must approve this"


class NotCarriedOut(Unprocessable):
    """No plan carries this right out, so the request cannot be closed as (partly) completed."""

    code = "not_carried_out"
    title = "This right is not carried out yet, so the request cannot be answered as completed"


class ExtensionNotAllowed(Unprocessable):
    """The law does not allow this extension; `detail` says why (Art. 12(3) GDPR)."""

    code = "extension_not_allowed"
    title = "The deadline cannot be extended"


def does_not_apply(name: str, rule: str) -> InvalidRequest:
    """Return the problem that a field does not apply to this request; `rule` says why."""
    return InvalidRequest(errors=[{"pointer": f"/{name}", "code": "does_not_apply", "message": rule}])
