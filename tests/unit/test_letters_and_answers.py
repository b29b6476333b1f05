"""Letters, answers and pages of rights in every combination of cases: none says what is not so in its case.

Each text is rendered by its own function, from the state that the case leaves. `EXCLUDED` names the declared
sentences that a case excludes, `APART` those that exclude each other, and `NEVER` wordings.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.ids import HoldId, MailId, Pseudonym
from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import ErasureExtent
from chalicelib.messages.letters import Letters, WrittenMessage, _without_diacritics
from chalicelib.privacy.purposes import Purpose
from chalicelib.retention.held.model import statute
from chalicelib.retention.model import HoldGround
from chalicelib.rights.answers import decisions, letters, words
from chalicelib.rights.copy.right import ACCESS
from chalicelib.rights.erasure import keep, statement
from chalicelib.rights.erasure import letters as endings
from chalicelib.rights.erasure.certificates import page
from chalicelib.rights.erasure.certificates.model import Reason
from chalicelib.rights.erasure.certificates.serbian import CERTIFICATE
from chalicelib.rights.erasure.idle import warnings
from chalicelib.rights.erasure.model import Envelope
from chalicelib.rights.erasure.right import ERASURE
from chalicelib.rights.objection.right import OBJECTION
from chalicelib.rights.request import declaration, procedures, receipts
from chalicelib.rights.request.model import KeptData, RightsRequest
from chalicelib.rights.request.notes import ErasureNotes, RestraintNotes, StreamAnswer
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status
from chalicelib.rights.restriction.right import RESTRICTION
from chalicelib.rights.steps.announce import answer
from chalicelib.site.forms import shown
from chalicelib.site.layout import Reader
from chalicelib.stream.model import StreamReport
from tests.unit.test_rights_states import a_request

pytestmark = pytest.mark.promise("RGT-3", "RGT-9")

CONTACT, LINK = "privacy@test.example", "https://test.ru4m.example/privacy/request#r.1"
Words = Mapping[str, str]
plain = cache(_without_diacritics)


@dataclass(frozen=True)
class Case:
    hold: bool
    claim: bool
    invoice: bool
    no_mailbox: bool
    locked_out: bool
    unconfirmed: bool
    restriction: bool
    language: Language

    @property
    def keeps(self) -> bool:
        return self.hold or self.claim or self.invoice

    @property
    def only_claims(self) -> bool:
        return self.claim and not (self.hold or self.invoice)


FLAGS = [one.name for one in fields(Case) if one.name != "language"]
CASES = [
    Case(**dict(zip(FLAGS, flags, strict=True)), language=language)
    for flags in product((False, True), repeat=len(FLAGS))
    for language in Language
]


# --- The state that a case leaves, and what its subject gets


def requested(case: Case, right: Right, status: Status, **changes: Any) -> RightsRequest:
    by = ReceivedBy.LETTER if case.locked_out else ReceivedBy.APP
    now = clock.now()
    given = {"received_by": by, "language": case.language, "decided_at": now, "closed_at": now}
    return a_request(right=right, status=status, **(given | changes))


def kept_in(case: Case) -> tuple[KeptData, ...]:
    until, hold = clock.now() + timedelta(days=90), HoldId.new()
    reasons = (
        (case.hold, "profile", "a law on crime", HoldGround.LAW, hold),
        (case.claim, "profile", "a dispute", HoldGround.CLAIMS, hold),
        (case.invoice, "invoice", statute("invoice"), HoldGround.LAW, None),
    )
    return tuple(
        KeptData(kind=kind, count=1, law=law, ground=ground, hold=by, until=until)
        for applies, kind, law, ground, by in reasons
        if applies
    )


def erased(case: Case, **changes: Any) -> RightsRequest:
    at, kept = clock.now(), kept_in(case)
    report = StreamReport.NOT_FOUND if case.unconfirmed else StreamReport.DELETED
    said = StreamAnswer(report, ErasureExtent.KEEP_CONVERSATIONS, None, at, at)
    instants = dict.fromkeys(("captured_at", "claims_until", "verified_at", "key_deleted_at"), at)
    notes = ErasureNotes(stream_answer=said, **instants)  # type: ignore[arg-type]
    return requested(
        case, Right.ERASURE, keep.answer_for(kept), kept=kept, notes=notes, received_at=at, **changes
    )


def sent(case: Case, message: WrittenMessage, *, may_text: bool = True) -> str:
    """What the subject gets: the mail, or the text message; empty if neither is sent."""
    if case.no_mailbox:
        return message.text(case.language) if message.short and may_text else ""
    mail = message.mail(MailId.new(), "mila@example.com", case.language)
    return "\n".join((mail.subject, *mail.paragraphs))


def announced(case: Case, message: WrittenMessage) -> str:
    """The same of what the app shows too: only a subject whom it may not reach gets a text message."""
    return sent(case, message, may_text=case.locked_out)


def decided(request: RightsRequest) -> str:
    return decisions.text(request, CONTACT, request.language)


@cache
def certificate(case: Case) -> str:
    """The page of the certificate, line by line. It does not depend on how its subject is reached."""
    done = erased(case)
    assert isinstance(done.notes, ErasureNotes)
    said = statement.of(done, done.notes, Pseudonym.new(), clock.now())
    shown = page.page(Envelope("0" * 64, b"", said.document()), CONTACT, case.language, None)
    return html.unescape(re.sub(r"(<style.*?</style>|<[^>]*>)+", "\n", shown, flags=re.DOTALL))


def of_erasure(case: Case) -> Iterator[tuple[str, str]]:
    done, later = erased(case), clock.now() + timedelta(days=7)
    said, says = shown._ERASURE_STATES, Reader("", case.language).say
    yield "begins", sent(case, endings.confirmation(LINK, later))
    yield "erased", sent(case, endings.ended(done, LINK))
    yield "erased: answer", decided(done)
    certified = replace(case, no_mailbox=False, locked_out=False, restriction=False)
    yield "erased: certificate", certificate(certified)
    yield "begins: page", says(said["cancellable"])
    yield "stays", sent(case, endings.cancelled())
    yield "stays: page", says(said[Status.CANCELLED])
    if not (case.hold or case.claim or case.restriction):  # an idle account with one is not closed
        closed = erased(case, received_by=ReceivedBy.INACTIVITY)
        yield "idle: warning", sent(case, warnings.warning(later))
        yield "idle: begins", sent(case, endings.closing(LINK, later))
        yield "idle: stays", announced(case, answer(closed))
        yield "erased: idle", sent(case, endings.ended(closed, LINK), may_text=False)


@cache
def outcome(language: Language, right: Right, status: Status, by: ReceivedBy) -> str:
    return decided(a_request(right=right, status=status, language=language, received_by=by))


def of_other_rights(case: Case) -> Iterator[tuple[str, str]]:
    later, lacking = clock.now() + timedelta(days=7), tuple(words.PARTS)[:1]
    by = ReceivedBy.LETTER if case.locked_out else ReceivedBy.APP
    for right in set(Right) - {Right.ERASURE}:
        for status in declaration.of(right).words.outcomes:
            yield f"{right}: {status}", outcome(case.language, right, status, by)
    missing = {"missing": (*lacking, *words.LACKING)}
    yield "copy: partial", decided(requested(case, Right.ACCESS, Status.PARTIALLY_COMPLETED, **missing))
    unproven = {**missing, "refusal": RefusalReason.IDENTITY_FAILURE}
    yield "copy: refused", decided(requested(case, Right.ACCESS, Status.REFUSED, **unproven))
    copied = requested(case, Right.ACCESS, Status.COMPLETED)
    yield "notice: answer", announced(case, answer(copied))
    yield "notice: extension", announced(case, letters.extension(copied, later))
    if case.locked_out:
        for write in (letters.proof, letters.release, letters.warning):
            yield write.__name__, sent(case, write(copied, later))
    objected = {"notes": RestraintNotes(purposes=(Purpose.SECURITY,))}
    yield "objection", decided(requested(case, Right.OBJECTION, Status.COMPLETED, **objected))
    guest = {"without_account": True, "steps": procedures.waiting_steps(declaration.WITHOUT_ACCOUNT)}
    nothing = requested(case, Right.ACCESS, Status.COMPLETED, **guest)
    yield "guest: answer", decided(nothing)
    yield "guest: mail", sent(case, letters.answer(nothing))
    yield "guest: extension", sent(case, letters.extension(nothing, later))
    if case.restriction:
        for place, purposes, gaps in (
            ("wholly", (), ()),
            ("in part", (Purpose.ANALYTICS,), ()),
            ("b", (), lacking),
        ):
            notes = RestraintNotes(ground="b" if gaps else "a", purposes=purposes)
            status = Status.PARTIALLY_COMPLETED if gaps else Status.COMPLETED
            restricted = requested(case, Right.RESTRICTION, status, notes=notes, missing=gaps)
            yield f"restricted: {place}", decided(restricted)
        yield "notice: lifting", announced(case, letters.lifting(restricted, later))


@cache
def written() -> Mapping[Case, Mapping[str, str]]:
    """What each case writes, by its place, without diacritics, which text messages lack."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receipts, "link", lambda _: LINK)  # without a key of KMS
        return {
            case: {place: plain(text) for place, text in (*of_erasure(case), *of_other_rights(case))}
            for case in CASES
        }


# --- The sentences


def paragraph(texts: Letters, number: int) -> Words:
    return {language: text[1][number] for language, text in texts.items()}


def phrase(english: str) -> Words:
    """A phrase of a certificate, whose page begins it with a capital."""
    written_as = {"en": english, "sr": CERTIFICATE[english]}
    return {language: text[0].upper() + text[1:] for language, text in written_as.items()}


@cache
def literals(text: str, language: Language) -> list[str]:
    """The parts of a declared text between its placeholders, in a language, without diacritics."""
    script = in_script(text, language) if language.is_serbian else text
    return [plain(part) for part in re.split(r"\{\w+\}", script)]


def says(document: str, sentence: Words, language: Language) -> bool:
    text = sentence.get(language) or sentence["sr" if language.is_serbian else "en"]
    return all(part in document for part in literals(text, language))


@dataclass(frozen=True)
class Exclusion:
    """Sentences that a document of a case does not have, unless it has one of others."""

    sentences: tuple[Words, ...]
    by: Callable[[str, Case], bool]
    unless: tuple[Words, ...] = ()


ALL_DELETED = ERASURE.words.outcomes[Status.COMPLETED]
RESTRICTED = RESTRICTION.words.outcomes[Status.COMPLETED]

EXCLUDED: Mapping[str, Exclusion] = {
    "all is deleted": Exclusion(
        (paragraph(endings._ERASED, 0), paragraph(endings._CLOSED, 0), endings._ERASED_TEXT),
        lambda _, case: case.keeps or case.unconfirmed,
    ),
    "all is deleted, in an answer": Exclusion((ALL_DELETED,), lambda _, case: case.keeps, (words.KEPT,)),
    "all is deleted at Stream": Exclusion(
        (ALL_DELETED,), lambda _, case: case.unconfirmed, (words.UNCONFIRMED,)
    ),
    "there are exceptions": Exclusion(
        (paragraph(endings._ERASED_EXCEPT, 0), endings._ERASED_EXCEPT_TEXT),
        lambda _, case: not (case.keeps or case.unconfirmed),
    ),
    "something is kept": Exclusion((words.KEPT,), lambda _, case: not case.keeps),
    "Stream confirmed": Exclusion((phrase(StreamReport.DELETED),), lambda _, case: case.unconfirmed),
    "Stream did not": Exclusion(
        (words.UNCONFIRMED, phrase(StreamReport.UNCONFIRMED)), lambda _, case: not case.unconfirmed
    ),
    "a law requires it": Exclusion((phrase(Reason.LAW),), lambda _, case: not (case.hold or case.invoice)),
    "there was a request": Exclusion((paragraph(letters._ANSWERED, 0),), lambda place, _: "idle" in place),
    "the address is deleted": Exclusion(
        (paragraph(letters._ANSWERED_GUEST, 2), letters._ANSWERED_TEXT),
        lambda place, _: not place.startswith("guest"),
    ),
    "a mail has this": Exclusion((paragraph(endings._CONFIRMED, 3),), lambda _, case: case.no_mailbox),
    "a text has this": Exclusion(
        (letters._EXTENDED_ACCOUNT_TEXT, letters._LIFTED_TEXT), lambda _, case: not case.locked_out
    ),
}

# No document has both.
APART: Mapping[str, tuple[Words, Words]] = {
    "kept, and nothing is": (words.KEPT, paragraph(endings._ERASED, 0)),
    "refused, with a copy": (ACCESS.words.outcomes[Status.REFUSED], words.MISSING),
    "stopped, and not stopped": (OBJECTION.words.outcomes[Status.COMPLETED], words.UPHELD_UNSTOPPED),
    "all uses, and some": (words.RESTRICTED_WHOLLY, words.RESTRICTED_IN_PART),
    "preserved wholly, and in part": (RESTRICTED, words.NOT_PRESERVED),
    "missing, and not preserved": (words.MISSING, words.NOT_PRESERVED),
}

# Wordings in English and Serbian, the cases that exclude them, and what else makes one true in a document.
_OTHER_WAY = (
    "your receipt|rite to|reply to|link below|neither the app|"
    "potvrdu o prijemu|išite na|išite nam|odgovorite na|vezu ispod|ni aplikacija"
)
_NOTHING = "$^"
NEVER: Mapping[str, tuple[str, Callable[[str, Case], bool], str]] = {
    "only the app": (
        "(in|with) the (RU4M )?app|Privacy and rights|u aplikaciji|Privatnost i prava",
        lambda place, case: case.locked_out or place.startswith("erased"),
        _OTHER_WAY,
    ),
    "a law, of a claim": (
        "(law requires|by law)(?!.*legal claims)|(po zakonu|zakon nas obavezuje)(?!.*pravnih zahteva)",
        lambda place, case: place.startswith("erased") and case.only_claims,
        _NOTHING,
    ),
    "everything is deleted": (
        (
            "deleted (everything|all)|all (of )?your data|found no record of your account\\.|"
            "obrisali smo sve|svi Vaši podaci|nijedan zapis Vašeg naloga\\."
        ),
        lambda place, case: place.startswith("erased") and case.keeps,
        _NOTHING,
    ),
    "messages are deleted": (
        "messages (have been|were|are) deleted|deleted your messages|poruke su obrisane",
        lambda _, case: case.unconfirmed,
        _NOTHING,
    ),
    "every use has stopped, or begins again": (
        (
            "all use (of your data )?(has )?stop|every use (has )?stop|can be used again|as it was before|"
            "svaka upotreba|ponovo da ga koristite|onakav kakav"
        ),
        lambda _, case: case.restriction,
        _NOTHING,
    ),
    "the last message": ("last message|poslednja poruka", lambda _, case: case.hold, _NOTHING),
    "a mail, without a mailbox": ("this mail|by mail|imejlom", lambda _, case: case.no_mailbox, _NOTHING),
    # Of a number in a list of blocks, of a copy after some days, of an account with other open requests.
    "not so for long": (
        "store nothing|ne čuvamo ništa|copy is ready|kopija je spremna|account is frozen|Do tada zamrzavamo",
        lambda *_: True,
        _NOTHING,
    ),
}


# --- The tests


def documents() -> Iterator[tuple[Case, str, str]]:
    for case, texts in written().items():
        yield from ((case, place, text) for place, text in texts.items())


def test_each_combination_of_cases_is_rendered() -> None:
    assert len(written()) == 2**7 * 3 == 384
    everywhere = {"erased", "erased: answer", "erased: certificate", "guest: answer"}
    assert all(texts.keys() >= everywhere for texts in written().values())


@pytest.mark.parametrize("name", EXCLUDED)
def test_sentence_stands_in_no_case_that_excludes_it(name: str) -> None:
    rule = EXCLUDED[name]
    for case, place, text in documents():
        if rule.by(place, case) and not any(says(text, other, case.language) for other in rule.unless):
            assert not [one for one in rule.sentences if says(text, one, case.language)], (case, place)


@pytest.mark.parametrize("name", APART)
def test_sentences_that_exclude_each_other_never_stand_together(name: str) -> None:
    for case, place, text in documents():
        assert not all(says(text, one, case.language) for one in APART[name]), (case, place)


@pytest.mark.parametrize("name", NEVER)
def test_wording_stands_in_no_case_in_which_it_is_false(name: str) -> None:
    wording, by, true_beside = NEVER[name]
    wording, true_beside = plain(wording), plain(true_beside)
    for case, place, text in documents():
        if by(place, case) and not re.search(true_beside, text):
            assert not re.search(wording, text), (case, place)


@pytest.mark.parametrize("language", Language)
def test_each_sentence_of_the_rules_is_said_somewhere(language: Language) -> None:
    named = [sentence for rule in EXCLUDED.values() for sentence in (*rule.sentences, *rule.unless)]
    named += [sentence for pair in APART.values() for sentence in pair]
    texts = [text for case, _, text in documents() if case.language is language]
    assert [one for one in named if not any(says(text, one, language) for text in texts)] == []


@pytest.mark.promise("RGT-4", "RGT-10")
def test_subject_whom_the_app_does_not_reach_gets_each_notice() -> None:
    notices = {(place, text) for case, place, text in documents() if case.locked_out and "notice" in place}
    assert {place for place, text in notices if text} == {
        "notice: answer",
        "notice: extension",
        "notice: lifting",
    }
    assert [place for place, text in notices if not text] == []
