"""What a subject is told of a decision, in plain words. Names no value of theirs."""

from chalicelib.rights.model import RefusalReason, Right, RightsRequest, Status

_ANSWERED = {
    Right.ACCESS: "Your copy is ready. It says what is kept about you, why, for how long and who got it.",
    Right.PORTABILITY: "Your data is ready, in a form that other services can read.",
}

_MISSING = "Some parts could not be had; the copy says which, and why: {}."

_REFUSED = {
    RefusalReason.IDENTITY_FAILURE: "We could not make sure that it was you who asked.",
    RefusalReason.MANIFESTLY_UNFOUNDED: "What you asked for clearly has no basis in the law.",
    RefusalReason.MANIFESTLY_EXCESSIVE: "You asked for the same too often; the law does not oblige us again.",
    RefusalReason.LEGALLY_REQUIRED: "A law obliges us to keep what you asked us to delete.",
    RefusalReason.LEGAL_CLAIMS: "We need it to establish, exercise or defend legal claims.",
    RefusalReason.FREEDOM_OF_EXPRESSION: "The freedom of expression of others stands against it.",
    RefusalReason.PUBLIC_INTEREST: "A task in the public interest stands against it.",
    RefusalReason.PUBLIC_HEALTH: "The public interest in health stands against it.",
    RefusalReason.ARCHIVING: "It is needed for archiving, research or statistics in the public interest.",
}

_HOW_ON = "If you think otherwise, write to {}."


def decision(request: RightsRequest, contact: str) -> str:
    """The decision in a few sentences."""
    if request.status is Status.REFUSED:
        why = _REFUSED[request.refusal] if request.refusal else "Your request was refused."
        return f"{why} {_HOW_ON.format(contact)}"
    told = _ANSWERED[request.right]
    if request.missing:
        told = f"{told} {_MISSING.format(', '.join(request.missing))}"
    return told
