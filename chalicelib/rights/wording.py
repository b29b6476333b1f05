"""The text of a decision for its subject, in plain words. It contains no personal data."""

from chalicelib.rights.model import RefusalReason, Right, RightsRequest, Status

_ANSWERED = {
    Right.ACCESS: "Your copy is ready. It shows what we store about you, why, for how long, and who "
    "received it.",
    Right.PORTABILITY: "Your data is ready, in a format that other services can read.",
}

_MISSING = "Some data could not be included: {}. The copy lists what is missing and why."

_REFUSED = {
    RefusalReason.IDENTITY_FAILURE: "We could not verify that the request came from you.",
    RefusalReason.MANIFESTLY_UNFOUNDED: "Your request clearly has no basis in the law.",
    RefusalReason.MANIFESTLY_EXCESSIVE: "You have made the same request too often, so the law does not "
    "oblige us to answer it again.",
    RefusalReason.LEGALLY_REQUIRED: "A law requires us to keep the data that you asked us to delete.",
    RefusalReason.LEGAL_CLAIMS: "We need the data to establish, exercise or defend legal claims.",
    RefusalReason.FREEDOM_OF_EXPRESSION: "We keep the data to protect other people's freedom of expression.",
    RefusalReason.PUBLIC_INTEREST: "We need the data for a task in the public interest.",
    RefusalReason.PUBLIC_HEALTH: "We need the data for reasons of public health.",
    RefusalReason.ARCHIVING: "We need the data for archiving, research or statistics in the public interest.",
}

_DISAGREE = "If you disagree, write to {}."


def decision(request: RightsRequest, contact: str) -> str:
    """Return the decision in a few sentences."""
    if request.status is Status.REFUSED:
        why = _REFUSED[request.refusal] if request.refusal else "Your request was refused."
        return f"{why} {_DISAGREE.format(contact)}"
    answer = _ANSWERED[request.right]
    if request.missing:
        answer = f"{answer} {_MISSING.format(', '.join(request.missing))}"
    return answer
