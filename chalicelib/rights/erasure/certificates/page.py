"""The readable page of a certificate, for the subject: what was deleted, what stays, how to verify it.

Invariants:

- The page is self-contained (`core/page`), and states only what the signed bytes state, plus how to verify
  them, whom to write to and where to complain. The signed words are English; the page translates them.
- What is kept and may be disclosed comes first. Nothing denies that something is kept in secret.
- Ends are the last days before them; the minute is shown only of the begin and the end of the deletion.
- The page itself is not signed. It says so, and names the file that is.
- `page` does not verify the signature. It gets what `sign` returned, which the store has sealed since.
"""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import day, instant, last_day, opening, table
from chalicelib.core.phrases import Phrasebook
from chalicelib.privacy import remedies, words
from chalicelib.privacy.declaration import UNDECLARED
from chalicelib.privacy.serbian import PRIVACY
from chalicelib.retention.model import HoldGround
from chalicelib.rights.answers.words import kept
from chalicelib.rights.erasure.certificates.model import (
    CountPrecision,
    DeletedRecords,
    ErasureCertificate,
    HeldRecords,
    Reason,
    Remains,
)
from chalicelib.rights.erasure.certificates.serbian import CERTIFICATE
from chalicelib.rights.erasure.model import Envelope

_HEADING = "The deletion of your data at RU4M"
_DELETED = (
    "We deleted your account and your data, except what this page lists first (Art. 17 GDPR, Art. 30 ZZPL)."
)
_SHOWN = (
    "This page shows what stays and why, what was deleted, and how anyone can check that this certificate is "
    "ours."
)
_CHAPTERS = (
    ("stays", "What stays, and why"),
    ("deleted", "What we deleted"),
    ("stream", "What Stream reported"),
    ("backups", "Backups"),
    ("about", "About this certificate"),
    ("verify", "How to check this certificate"),
    ("complain", "Where to complain"),
)
_ASKED_STREAM = (
    "Stream.io, Inc. delivers our chat. We asked it to delete your data. We cannot look into its storage, so "
    "this is what Stream reported."
)
# The signed words name the GDPR only, and a signed word never changes.
_IN_SERBIAN_LAW = (
    "The Serbian law (ZZPL) has the same in other articles: Art. 6 GDPR is Art. 12 ZZPL, Art. 7 is Art. 15, "
    "Art. 17 is Art. 30, Art. 21 is Art. 37, and Art. 23 is Art. 40."
)
_HOW_TO_CHECK = (
    "This page is for reading. The signed file is the proof: keep it. Anyone who has it can check without us "
    "that we signed it and that it was not changed. Our guide to certificates lists the commands."
)
_EXPIRING = "We cannot change backups, but they expire. After these days no backup has readable data:"
_LONGER = "What stays until a stated day can be in backups for at least 35 days longer."
_COMPLAIN = (
    "If you think that we broke data protection law, you can complain to a supervisory authority (Art. 77 "
    "GDPR, Art. 82 ZZPL). You can also go to court, without complaining first (Art. 79 GDPR, Art. 84 ZZPL)."
)


def page(envelope: Envelope, contact: str, language: Language, country: str | None) -> str:
    """Render the page of a signed certificate.

    Args:
        envelope: the certificate, as it was signed.
        contact: the controller's address for mail.
        language: of the page.
        country: as the subject declared it; the page names its authority too. None: not known.

    Raises:
        NotACertificate: the envelope contains none.
    """
    certificate = ErasureCertificate.read(envelope.certificate)
    say = Phrasebook(language, CERTIFICATE, PRIVACY)
    return "".join(_pieces(certificate, envelope.kid, contact, say, country))


def _pieces(
    certificate: ErasureCertificate, kid: str, contact: str, say: Phrasebook, country: str | None
) -> Iterator[str]:
    yield opening(say(_HEADING), say.language)
    yield tag("a", say("Skip to what stays"), class_="skip", href="#stays")
    yield Html('<div class="page">')
    leads = (tag("p", text, class_="lead") for text in (_outcome(certificate, say), say(_SHOWN)))
    yield tag("header", tag("h1", say(_HEADING)), *leads)
    links = [tag("li", tag("a", say(title), href=f"#{place}")) for place, title in _CHAPTERS]
    heading = tag("h2", say("On this page"), id="contents")
    yield tag("nav", heading, tag("ul", *links), aria_labelledby="contents")
    yield Html("<main>")
    chapters = (
        _stays(certificate, say),
        _deleted(certificate, say),
        _stream(certificate, say),
        _backups(certificate, say),
        _facts(certificate, contact, say),
        _verification(kid, say),
        _complaint(say, country),
    )
    for (place, title), chapter in zip(_CHAPTERS, chapters, strict=True):
        yield tag("h2", say(title), id=place)
        yield tag("section", chapter, class_="card", aria_labelledby=place)
    yield Html("</main></div></body></html>\n")


def _outcome(certificate: ErasureCertificate, say: Phrasebook) -> str:
    if not certificate.held:
        return say(_DELETED)
    by_law, by_claims = HoldGround.LAW, HoldGround.CLAIMS
    reasons = ((one.records, by_law if one.why is Reason.LAW else by_claims) for one in certificate.held)
    return kept(reasons, say.language)


def _facts(certificate: ErasureCertificate, contact: str, say: Phrasebook) -> Html:
    facts = pairs(
        (say("Controller"), say(certificate.controller)),
        (say("Contact"), tag("a", contact, href=f"mailto:{contact}")),
        (say("Erasure opened on"), day(certificate.requested_at, say.language)),
        (say("Deletion began"), instant(certificate.begun_at, say.language)),
        (say("Deletion was complete"), instant(certificate.completed_at, say.language)),
        (say("Number of the erasure"), tag("code", certificate.request)),
        (say("Pseudonym"), tag("code", certificate.consent_pseudonym)),
    )
    notes = (
        "Your name, number and user ID are not on this page. That number and the pseudonym are random IDs.",
        "Times on this page are in Belgrade time. The signed file uses UTC.",
    )
    return Html().join([facts, *(tag("p", say(note), class_="quiet") for note in notes)])


def _deleted(certificate: ErasureCertificate, say: Phrasebook) -> Html:
    heads = tuple(map(say, ("Data", "Where", "Records", "Last deletion")))
    searched = (
        "Then we searched the tables again. The search that ended on {time} found no record of your account "
        "beside what stays."
    )
    key = "On {time} we also deleted the key that decrypts your data."
    return Html().join(
        [
            table(heads, (_row(one, say) for one in certificate.deleted)),
            _dated(searched, certificate.verified_at, say),
            _dated(key, certificate.key_deleted_at, say),
        ]
    )


def _dated(english: str, at: datetime, say: Phrasebook) -> Html:
    return tag("p", Html.escape(say(english)).format(time=day(at, say.language)))


def _row(one: DeletedRecords, say: Phrasebook) -> tuple[str, ...]:
    number = say.number(one.count)
    count = number if one.counted is CountPrecision.EXACTLY else say("at least {number}", number=number)
    return _title(one.records, say), _sentence(one.place, say), count, day(one.last_at, say.language)


def _title(kind: str, say: Phrasebook) -> str:
    return say("Other records of your account" if kind == UNDECLARED else words.title(kind))


def _stream(certificate: ErasureCertificate, say: Phrasebook) -> Html:
    stream = certificate.stream
    rows = [(_sentence(result.data, say), _sentence(result.report, say)) for result in stream.results]
    task = ((say("Task at Stream"), tag("code", stream.task_id)),) if stream.task_id else ()
    return Html().join(
        [
            tag("p", say(_ASKED_STREAM)),
            pairs(
                (say("We asked on"), day(stream.asked_at, say.language)),
                (say("Stream reported on"), day(stream.reported_at, say.language)),
                *task,
            ),
            tag("div", table((say("Data"), say("Result")), rows), class_="scroll"),
        ]
    )


def _stays(certificate: ErasureCertificate, say: Phrasebook) -> Html:
    heads = (say("What stays"), say("Why"), say("Until"))
    held = table(heads, (_held(one, say) for one in certificate.held))
    first = [held, tag("h3", say("What else stays"))] if certificate.held else []
    remaining = table(heads, (_remaining(one, say) for one in certificate.remains))
    return Html().join([*first, remaining, tag("p", say(_IN_SERBIAN_LAW), class_="quiet")])


def _remaining(one: Remains, say: Phrasebook) -> tuple[str, ...]:
    until = last_day(one.until, say.language) if one.until else _sentence(one.ends, say)
    return _sentence(one.what, say), _sentence(one.why, say), until


def _held(one: HeldRecords, say: Phrasebook) -> tuple[str, ...]:
    what = say(
        "{title} ({count}), moved to locked storage",
        title=_title(one.records, say),
        count=say.number(one.count),
    )
    return what, _sentence(one.why, say), last_day(one.until, say.language)


def _backups(certificate: ErasureCertificate, say: Phrasebook) -> Html:
    backups = certificate.backups
    ends = (
        ("Encrypted data", backups.sealed_fields_from),
        ("Random IDs and times", backups.clear_ids_from),
        ("Hashes of your number and address", backups.claim_hashes_from),
        ("Data that we have to keep", backups.held_records_from),
    )
    facts = pairs(*((say(name), last_day(end, say.language)) for name, end in ends if end))
    return Html().join([tag("p", say(_EXPIRING)), facts, tag("p", say(_LONGER), class_="quiet")])


def _verification(kid: str, say: Phrasebook) -> Html:
    return Html().join(
        [
            tag("p", say(_HOW_TO_CHECK)),
            pairs(
                (say("Key that signed"), tag("code", kid)),
                (say("Our public keys"), tag("code", "/v1/certificate-keys")),
                (say("Signature"), say("ECDSA over P-256 and SHA-256")),
            ),
        ]
    )


def _complaint(say: Phrasebook, country: str | None) -> Html:
    named = [
        pairs(
            (say("Authority"), say(authority.name)),
            (say("Address"), say(authority.address)),
            (say("Phone"), authority.phone),
            (say("Web"), tag("a", authority.url, href=authority.url, rel="noreferrer")),
        )
        for authority in remedies.authorities_for(country)
    ]
    return Html().join([tag("p", say(_COMPLAIN)), *named])


def _sentence(word: str, say: Phrasebook) -> str:
    said = say(word)
    return said[:1].upper() + said[1:]
