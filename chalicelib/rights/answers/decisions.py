"""The text of a decision, as its subject reads it: outcome, reason, what is kept, and the remedies (RGT-9).

Every decision has these paragraphs, in the subject's language, each only if it applies:

    the outcome for the right, and its article      the reason of a whole or partial refusal
    what an operator explained, as written          what a law keeps, and what is missing
    where to complain, and the right to go to court

`decision_words` and `reason_words` have the words.
"""

from collections.abc import Iterator

from chalicelib.core import clock
from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_script
from chalicelib.privacy import remedies
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.answers import nothing_held
from chalicelib.rights.answers.reason_words import REASONS
from chalicelib.rights.answers.words import (
    CHAT_OFFER,
    GENERAL,
    KEPT,
    MISSING,
    NOT_PRESERVED,
    PARTS,
    PRESERVED,
    RESTRICTED_IN_PART,
    RESTRICTED_WHOLLY,
    Words,
    words_of,
)
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status


def text(request: RightsRequest, contact: str, language: Language) -> str:
    """Write the decision about a request, in paragraphs with an empty line between them."""
    return "\n\n".join(_paragraphs(request, contact, language))


def template(
    right: Right, outcome: Status, reason: RefusalReason | None, country: str | None, language: Language
) -> str:
    """Write a decision with a gap for what an operator explains."""
    words = words_of(right).outcomes.get(outcome) or GENERAL[outcome]
    why = (_said(REASONS[reason], language),) if reason else ()
    disagree = _said(_DISAGREE, language).format(contact="...")
    last = f"{disagree} {remedies.in_words(country, language)}"
    return "\n\n".join((_said(words, language), *why, "[...]", last))


def _paragraphs(request: RightsRequest, contact: str, language: Language) -> Iterator[str]:
    nothing = nothing_held.answer(request)
    yield _said(nothing or _outcome(request), language)
    for words in _about_restraint(request):
        yield _said(words, language)
    if request.refusal:
        yield _said(REASONS[request.refusal], language)
    if request.decision_text:
        yield request.decision_text
    if request.kept_openly(clock.now()):
        yield _said(KEPT, language)
    if request.missing and request.status is not Status.CANCELLED:
        parts = (_said(PARTS[part], language) if part in PARTS else part for part in request.missing)
        lacking = NOT_PRESERVED if request.right is Right.RESTRICTION else MISSING
        yield _said(lacking, language).format(parts=", ".join(parts))
    if request.status is not Status.CANCELLED:
        disagree = _said(_DISAGREE, language).format(contact=contact)
        yield f"{disagree} {remedies.in_words(request.country, language)}"


def _about_restraint(request: RightsRequest) -> Iterator[Words]:
    """What a restriction stops; for an objection to security, the offer to close chat."""
    notes = request.notes
    if not isinstance(notes, RestraintNotes) or request.status is Status.CANCELLED:
        return
    if request.right is Right.RESTRICTION and request.status is not Status.REFUSED:
        yield RESTRICTED_IN_PART if notes.purposes else RESTRICTED_WHOLLY
        if notes.ground in {"b", "c"}:
            yield PRESERVED
    was_weighed = request.status is Status.PARTIALLY_COMPLETED or Purpose.SECURITY in notes.purposes
    if request.right is Right.OBJECTION and was_weighed:
        yield CHAT_OFFER


def _outcome(request: RightsRequest) -> Words:
    """The words of the outcome; a hold that is secret does not show in them."""
    outcome = request.status_openly(clock.now())
    return words_of(request.right).outcomes.get(outcome) or GENERAL[outcome]


def _said(words: Words, language: Language) -> str:
    return in_script(words["sr"], language) if language.is_serbian else words["en"]


_DISAGREE = {
    "en": "If you disagree, write to {contact}.",
    "sr": "Ako se ne slažete sa odlukom, pišite na {contact}.",
}
