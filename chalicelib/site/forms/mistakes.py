"""What refused a form, in the words of its reader. A text never repeats what was typed."""

from datetime import timedelta

from chalicelib.accounts.challenges.model import (
    ChallengeExpired,
    CountryNotServed,
    InvalidPhone,
    TooManyAttempts,
    TooManyCodes,
    WrongCode,
)
from chalicelib.core import clock, page
from chalicelib.core.errors import InvalidRequest, NotFound, Problem
from chalicelib.messages.model import InvalidEmail
from chalicelib.rights.request.states import AlreadyOpen, NotNow, ProofNotAccepted, TooLate
from chalicelib.site.forms.fields import Mistake
from chalicelib.site.layout import Reader

_SAID: dict[type[Problem], tuple[str, str]] = {
    CountryNotServed: (
        "contact",
        "We send no codes to numbers of this country. Use an email address, or write to us.",
    ),
    InvalidPhone: ("contact", "We cannot send a code there. Check the number or the email address."),
    InvalidEmail: ("contact", "We cannot send a code there. Check the number or the email address."),
    ChallengeExpired: ("code", "This code can no longer be used. Ask for a new one."),
    AlreadyOpen: (
        "",
        (
            "There is a request of this kind already, and we are working on it. The receipt that we sent "
            "shows it."
        ),
    ),
    ProofNotAccepted: (
        "contact",
        "This is no further proof: it is not of the account, or it was added too recently. Use another one.",
    ),
    NotNow: ("", "This is not possible now. Write to us if you need it."),
    TooLate: ("", "It is too late to cancel."),
    NotFound: (
        "receipt",
        (
            "There is no request for this receipt. Open the whole link from our message. We delete requests "
            "after some years."
        ),
    ),
    InvalidRequest: ("reason", "Please check this field: it is empty, or longer than we can take."),
}
_BUSY = "Our service is busy. Nothing was lost: try again in a minute."


def mistake_of(problem: Problem, reader: Reader, mailbox: str = "contact") -> Mistake:
    """Return what a problem means for the form that was sent; `mailbox`: its field for one."""
    say, known = reader.say, problem.members
    if isinstance(problem, WrongCode):
        left = str(known["attempts_left"])
        return Mistake(say("This is not the code that we sent. Attempts left: {left}.", left=left), "code")
    if isinstance(problem, TooManyCodes | TooManyAttempts):
        after = clock.now() + timedelta(seconds=int(str(known.get("retry_after", 60))))
        at = str(page.instant(after, reader.language).striptags())
        return Mistake(say("There were too many attempts. Try again after {at}.", at=at))
    field, text = next((said for kind, said in _SAID.items() if isinstance(problem, kind)), ("", _BUSY))
    if type(problem) is InvalidRequest:
        field = _field_of(problem) or field
    return Mistake(say(text), mailbox if field == "contact" else field)


def _field_of(problem: InvalidRequest) -> str:
    """The field of the form for the first place in the body that is wrong."""
    errors = problem.members.get("errors")
    pointer = str(errors[0]["pointer"]) if isinstance(errors, list) and errors else ""
    return {"/phone": "contact", "/email": "contact"}.get(pointer, pointer.lstrip("/"))
