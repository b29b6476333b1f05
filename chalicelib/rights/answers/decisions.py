"""The text of a decision, as its subject reads it: outcome, reason, what is kept, and the remedies (RGT-9).

Every decision has these paragraphs, in the subject's language, each only if it applies:

    the outcome for the right, and its article      the reason of a whole or partial refusal
    what an operator explained, as written          what a law keeps, and what is missing
    where to complain, and the right to go to court

`words` has the words that all rights share, and a right the words of its outcomes.

An answer to a person without an account, or to an heir, says only what is known: no account has this number
or mailbox, or none was named. A number may have had an owner before, so no answer says whether it had one, or
whether one objected to marketing.
"""

from collections.abc import Iterator

from chalicelib.core import clock
from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_language
from chalicelib.privacy import remedies
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import OUTLASTS_RESTRICTION, Purpose
from chalicelib.privacy.serbian.periods import length
from chalicelib.rights.answers.words import (
    CHAT_OFFER,
    GENERAL,
    LACKING,
    LISTED,
    MISSING,
    NOT_PRESERVED,
    PARTS,
    PRESERVED,
    REASONS,
    RESTRICTED_IN_PART,
    RESTRICTED_WHOLLY,
    UNCONFIRMED,
    UPHELD_UNSTOPPED,
    kept,
)
from chalicelib.rights.request import declaration
from chalicelib.rights.request.declaration import Words
from chalicelib.rights.request.model import OnBehalf, RightsRequest
from chalicelib.rights.request.notes import ErasureNotes, RestraintNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status

_NOTHING: Words = {
    "en": "No account has this number or email address, so we found no data of an account. Of this request "
    "we keep what you asked, when, and our answer, without the number or address.",
    "sr": "Nijedan nalog nema ovaj broj ili imejl adresu, pa nismo našli podatke nijednog naloga. Od ovog "
    "zahteva čuvamo šta ste tražili, kada, i naš odgovor, bez broja i adrese.",
}

_BY_NUMBER: Words = {
    "en": "We can find a report of abuse, or a message to our support, that you sent without an account only "
    "by its number. Send us the number, and we will answer about it too.",
    "sr": "Prijavu zloupotrebe ili poruku našoj podršci koju ste poslali bez naloga možemo da pronađemo samo "
    "na osnovu njenog broja. Pošaljite nam taj broj, pa ćemo Vam odgovoriti i na to.",
}

_UNNAMED: Words = {
    "en": "You named no mobile number, no email address and no user ID. We find data by these only, so we "
    "hold no data that we can connect to you. Write to us again with one of them, and we will answer about "
    "it. Of this request we keep what you asked, when, and our answer.",
    "sr": "Niste naveli broj mobilnog telefona, imejl adresu ni oznaku korisnika. Podatke nalazimo samo po "
    "njima, pa nemamo podatke koje bismo mogli da povežemo sa Vama. Pišite nam ponovo i navedite nešto od "
    "toga, pa ćemo odgovoriti. Od ovog zahteva čuvamo šta ste tražili, kada, i naš odgovor.",
}

_FORMER: Words = {
    "en": "If you had an account that was deleted, the receipt of its deletion shows what we still keep and "
    "until when. We do not disclose this for a number or address, because these get new owners.",
    "sr": "Ako ste imali nalog koji je obrisan, potvrda o prijemu zahteva za brisanje pokazuje šta još "
    "čuvamo i do kada. Po broju ili adresi to ne saopštavamo, jer oni dobijaju nove vlasnike.",
}

_UNWANTED: Words = {
    "en": "A number or email address whose owner objected to marketing stays as a keyed hash, without a "
    "name, for {suppressed} after the objection, or after the deletion of the account that had it. We do not "
    "disclose whether yours is among them, for the same reason. A user who blocked a number keeps such a "
    "hash of it in their list too.",
    "sr": "Za broj ili adresu čiji je vlasnik podneo prigovor na direktno oglašavanje ostaje heš-vrednost "
    "zaštićena ključem, bez imena, {suppressed} posle prigovora ili posle brisanja naloga koji ih je imao. "
    "Iz "
    "istog razloga ne saopštavamo da li je Vaša među njima. Takva vrednost broja ostaje i na listi korisnika "
    "koji ga je blokirao.",
}


_HEIRS: Words = {
    "en": "We can delete the account of a person who has died, once two of our staff have checked your "
    "authority. We cannot give you a copy of its data or change it: other people wrote to that person in "
    "confidence. We give out messages only if a court orders it.",
    "sr": "Nalog preminule osobe možemo da obrišemo kada dvoje naših zaposlenih proveri Vaše "
    "ovlašćenje. Kopiju podataka preminule osobe ne možemo da Vam damo niti da ih izmenimo: drugi ljudi su "
    "toj osobi pisali u poverenju. Poruke dajemo samo po odluci suda.",
}


def answer(request: RightsRequest) -> Words | None:
    """The words of the answer to a person without an account or to an heir; None for any other answer."""
    if request.on_behalf is OnBehalf.HEIR and request.status is Status.REFUSED and request.refusal is None:
        return _HEIRS
    if not request.without_account or request.status is not Status.COMPLETED:
        return None
    if not request.steps:  # no step looks for a contact: none was named
        return {language: f"{_UNNAMED[language]} {_FORMER[language]}" for language in _UNNAMED}
    parts = [_NOTHING, declaration.of(request.right).words.nothing_held, _BY_NUMBER, _FORMER]
    if request.right is not Right.MARKETING_OBJECTION:
        parts.append(_UNWANTED)
    lasts = Period.SUPPRESSION.length
    words = {"en": lasts.plainly, "sr": length(lasts)}
    said = {language: " ".join(part[language] for part in parts) for language in _NOTHING}
    return {language: text.format(suppressed=words[language]) for language, text in said.items()}


def text(request: RightsRequest, contact: str, language: Language) -> str:
    """Write the decision about a request, in paragraphs with an empty line between them.

    The first one is the outcome, and the whole lead of a receipt's page after an erasure. It neither names
    nor denies what is kept in secret.
    """
    return "\n\n".join(_paragraphs(request, contact, language))


def template(
    right: Right, outcome: Status, reason: RefusalReason | None, country: str | None, language: Language
) -> str:
    """Write a decision with a gap for what an operator explains."""
    words = declaration.of(right).words.outcomes.get(outcome) or GENERAL[outcome]
    why = (in_language(REASONS[reason], language),) if reason else ()
    disagree = in_language(_DISAGREE, language).format(contact="...")
    last = f"{disagree} {remedies.in_words(country, language)}"
    return "\n\n".join((in_language(words, language), *why, "[...]", last))


def _paragraphs(request: RightsRequest, contact: str, language: Language) -> Iterator[str]:
    if openly := request.kept_openly(clock.now()):
        stays = kept(((line.kind, line.ground) for line in openly), language)
        yield f"{stays} {in_language(LISTED, language)}"
    else:
        yield in_language(answer(request) or _outcome(request), language)
    for words in _about_restraint(request):
        yield in_language(words, language)
    if request.refusal:
        yield in_language(REASONS[request.refusal], language)
    if request.decision_text:
        yield request.decision_text
    if isinstance(request.notes, ErasureNotes) and request.notes.is_unconfirmed:
        yield in_language(UNCONFIRMED, language)
    if request.status not in {Status.CANCELLED, Status.REFUSED}:
        yield from _about_missing(request, language)
    if request.status is not Status.CANCELLED:
        disagree = in_language(_DISAGREE, language).format(contact=contact)
        yield f"{disagree} {remedies.in_words(request.country, language)}"


def _about_missing(request: RightsRequest, language: Language) -> Iterator[str]:
    """What is missing in the copy or is not preserved, and what was not done beside."""
    parts = [part for part in request.missing if part not in LACKING]
    if parts:
        named = (in_language(PARTS[part], language) if part in PARTS else part for part in parts)
        lacking = NOT_PRESERVED if request.right is Right.RESTRICTION else MISSING
        yield in_language(lacking, language).format(parts=", ".join(named))
    yield from (in_language(words, language) for part, words in LACKING.items() if part in request.missing)


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
    if outcome is Status.COMPLETED and _is_unstoppable(request):
        return UPHELD_UNSTOPPED
    return declaration.of(request.right).words.outcomes.get(outcome) or GENERAL[outcome]


def _is_unstoppable(request: RightsRequest) -> bool:
    """Whether an objection names what no code stops for one subject: security, or evidence for claims."""
    notes = request.notes
    named = notes.purposes if isinstance(notes, RestraintNotes) else ()
    return request.right is Right.OBJECTION and not OUTLASTS_RESTRICTION.isdisjoint(named)


_DISAGREE = {
    "en": "If you disagree, write to {contact}, and say why: a person will look at it.",
    "sr": "Ako se ne slažete sa odlukom, pišite na {contact} i navedite razloge: razmotriće ih čovek.",
}
