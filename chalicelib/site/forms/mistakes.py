"""What refused a form, in the words of its reader. A text never repeats what was typed."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from chalicelib.accounts.challenges.model import (
    ChallengeExpired,
    CountryNotServed,
    InvalidPhone,
    WrongCode,
)
from chalicelib.consents.model import NotOffered
from chalicelib.core import clock, page
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InProgress, NotFound, Problem, TooMany
from chalicelib.messages.model import InvalidEmail
from chalicelib.rights.request.states import AlreadyOpen, NotNow, ProofNotAccepted, TooLate
from chalicelib.safety.model import AppealedAlready, AppealTooLate
from chalicelib.safety.reports.model import NoSuchReport, ReportingPaused
from chalicelib.site.forms.fields import Mistake
from chalicelib.site.layout import Reader

_NOWHERE = ("contact", "We cannot send a code there. Check the number or the email address.")
_UNFIT = "This field is longer than we can take."
_EMPTY = "Please fill in this field."
_SAID: dict[type[Problem], tuple[str, str]] = {
    CountryNotServed: (
        "contact",
        "We send no codes to numbers of this country. Use an email address, or write to us.",
    ),
    InvalidPhone: _NOWHERE,
    InvalidEmail: _NOWHERE,
    ChallengeExpired: ("code", "This code can no longer be used. Ask for a new one."),
    AlreadyOpen: (
        "",
        (
            "There is a request of this kind already, and we are working on it. Its receipt or the app shows "
            "it. Without them, write to us."
        ),
    ),
    ProofNotAccepted: (
        "contact",
        "This is no further proof: it is not of the account, or it was added too recently. Use another one.",
    ),
    InProgress: ("", "We are doing this already. Press the button again in a few seconds."),
    NotNow: ("", "This is not possible now. Write to us if you need it."),
    TooLate: ("", "It is too late to cancel."),
    NotOffered: ("", "This is not possible yet. Write to us."),
    AppealedAlready: ("appealed", "You have appealed already. There is one appeal."),
    AppealTooLate: ("appealed", "You cannot appeal against this yet, or not any more."),
    NoSuchReport: (
        "code",
        "We have no report with this number from this address. Close the form and begin again.",
    ),
    ReportingPaused: (
        "",
        "A person paused your reports, except those about dangers to children or life.",
    ),
    NotFound: (
        "receipt",
        (
            "There is no request for this receipt. Open the whole link from our message. We delete requests "
            "after some years."
        ),
    ),
}
# By the place in the body of the API.
_INVALID = {
    "/contact": _NOWHERE,
    "/phone": _NOWHERE,
    "/email": _NOWHERE,
    "/code": ("code", "Enter the six digits of the code."),
    "/ground": ("ground", _EMPTY),
    "/reason": ("reason", _UNFIT),
    "/release_key": ("release_key", "This is not the key that our staff gave you."),
    "/text": ("text", _UNFIT),
    "/described": ("described", _UNFIT),
    "/appealed": ("appealed", "This is not the number of a report."),
}
_OTHER = "We cannot take this as it is. Write to us."
_BUSY = "Our service is busy. Nothing was lost: try again in a minute."


def mistake_of(problem: Problem, reader: Reader, *fields: str) -> Mistake:
    """Return what a problem means for the form that was sent. `fields`: those of its page."""
    say, known = reader.say, problem.members
    if isinstance(problem, WrongCode):
        left = str(known["attempts_left"])
        return Mistake(say("This is not the code that we sent. Attempts left: {left}.", left=left), "code")
    if isinstance(problem, TooMany):
        after = clock.now() + timedelta(seconds=int(str(known.get("retry_after", 60))))
        at = str(page.instant(after, reader.language).striptags())
        return Mistake(say("There were too many attempts. Try again after {at}.", at=at))
    field, text = _said(problem)
    field = "email" if field == "contact" and "email" in fields else field
    return Mistake(say(text), field if field in fields else "")


def _said(problem: Problem) -> tuple[str, str]:
    known = (said for kind, said in _SAID.items() if isinstance(problem, kind))
    return next(chain(known, _invalid(problem)), ("", _BUSY if problem.status >= 500 else _OTHER))


def _invalid(problem: Problem) -> Iterator[tuple[str, str]]:
    """What is wrong with the body of the API, by its places."""
    faults = problem.members.get("errors")
    for one in faults if isinstance(faults, list) else ():
        if one["pointer"] in _INVALID:
            field, text = _INVALID[one["pointer"]]
            yield field, _EMPTY if one["code"] in {ErrorCode.MISSING, ErrorCode.TOO_SHORT} else text
