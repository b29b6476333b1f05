"""What operators are told when something can't be done to a request. Nothing was changed then."""

from chalicelib.core.errors import ConflictingRequest, Forbidden, InvalidRequest, Unprocessable


class NotNow(ConflictingRequest):
    """Where the request stands, this can't follow."""

    code = "not_now"
    title = "This can't follow where the request stands now"


class ProposedAlready(ConflictingRequest):
    """Another proposal waits; one at a time."""

    code = "proposed_already"
    title = "A decision is proposed already; it has to be approved or withdrawn first"


class NothingProposed(ConflictingRequest):
    """There is nothing to approve."""

    code = "nothing_proposed"
    title = "No decision is proposed"


class OwnProposal(Forbidden):
    """Who proposed a decision never approves it: four eyes."""

    code = "own_proposal"
    title = "Another operator has to approve this"


class NotCarriedOut(Unprocessable):
    """Nothing carries this right out, so nobody can state that it was done, wholly or in part."""

    code = "not_carried_out"
    title = "Nothing carries this right out yet; the request can't be answered as done"


class ExtensionNotAllowed(Unprocessable):
    """The law gives no such extension; `detail` says why not (Art. 12(3) GDPR)."""

    code = "extension_not_allowed"
    title = "The answer can't be given more time"


def does_not_apply(name: str, rule: str) -> InvalidRequest:
    """That a field is no good beside the others, or today."""
    return InvalidRequest(errors=[{"pointer": f"/{name}", "code": "does_not_apply", "message": rule}])
