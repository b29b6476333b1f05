"""The readable page of a certificate, for the subject: what was deleted, what stays, how to verify it.

Invariants:

- The page is self-contained (`core/page`), and states only what the signed bytes state, plus how to verify
  them, whom to write to and where to complain.
- The page itself is not signed. It says so, and names the file that is.
- `page` does not verify the signature. It gets what `sign` returned, which the store has sealed since.
"""

from collections.abc import Iterator

from chalicelib.certificates.envelope import Envelope
from chalicelib.certificates.model import DeletedRecords, ErasureCertificate, HeldRecords, Remains
from chalicelib.certificates.words import CountPrecision
from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import instant, opening, table
from chalicelib.privacy import words
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.declaration import UNDECLARED

_HEADING = "Your data at RU4M was deleted"
_LEAD = (
    "We deleted your account and your data (Art. 17 GDPR). This page shows what was deleted, what stays and "
    "why, and how anyone can check that this certificate is ours."
)
_CHAPTERS = (
    ("deleted", "What we deleted"),
    ("stream", "What was deleted at Stream"),
    ("stays", "What stays, and why"),
    ("backups", "Backups"),
    ("verify", "How to check this certificate"),
    ("complain", "Where to complain"),
)


def page(envelope: Envelope, contact: str) -> str:
    """Render the page of a signed certificate.

    Args:
        envelope: the certificate, as it was signed.
        contact: the controller's address for mail.

    Raises:
        NotACertificate: the envelope contains none.
    """
    certificate = ErasureCertificate.read(envelope.certificate)
    return "".join(_pieces(certificate, envelope.kid, contact))


def _pieces(certificate: ErasureCertificate, kid: str, contact: str) -> Iterator[str]:
    yield opening(_HEADING)
    yield tag("a", "Skip to what we deleted", class_="skip", href="#deleted")
    yield Html('<div class="page">')
    yield tag("header", tag("h1", _HEADING), tag("p", _LEAD, class_="lead"), _facts(certificate, contact))
    links = [tag("li", tag("a", title, href=f"#{place}")) for place, title in _CHAPTERS]
    yield tag("nav", tag("h2", "On this page", id="contents"), tag("ul", *links), aria_labelledby="contents")
    yield Html("<main>")
    chapters = (
        _deleted(certificate),
        _stream(certificate),
        _stays(certificate),
        _backups(certificate),
        _verification(kid),
        _complaint(),
    )
    for (place, title), chapter in zip(_CHAPTERS, chapters, strict=True):
        yield tag("h2", title, id=place)
        yield tag("section", chapter, class_="card", aria_labelledby=place)
    yield Html("</main></div></body></html>\n")


def _facts(certificate: ErasureCertificate, contact: str) -> Html:
    facts = pairs(
        ("Controller", certificate.controller),
        ("Contact", tag("a", contact, href=f"mailto:{contact}")),
        ("Erasure opened on", instant(certificate.requested_at)),
        ("Deletion began", instant(certificate.begun_at)),
        ("Deletion was complete", instant(certificate.completed_at)),
        ("Number of the erasure", tag("code", certificate.request)),
        ("Pseudonym", tag("code", certificate.consent_pseudonym)),
    )
    notes = (
        "Your name, number and user ID are not on this page. That number and the pseudonym are random IDs.",
        "Times on this page are in Belgrade time. The signed file uses UTC.",
    )
    return tag("div", facts, *(tag("p", note, class_="quiet") for note in notes), class_="card")


def _deleted(certificate: ErasureCertificate) -> Html:
    return Html().join(
        [
            table(("Data", "Where", "Records", "Last deletion"), map(_row, certificate.deleted)),
            tag(
                "p",
                "Then we searched the tables again. The search that ended on ",
                instant(certificate.verified_at),
                " found no record of your account.",
            ),
            tag(
                "p",
                "On ",
                instant(certificate.key_deleted_at),
                " we also deleted the key that decrypts your data.",
            ),
        ]
    )


def _row(one: DeletedRecords) -> tuple[str, ...]:
    count = f"{one.count:,}" if one.counted is CountPrecision.EXACTLY else f"at least {one.count:,}"
    return _title(one.records), _sentence(one.place), count, instant(one.last_at)


def _title(kind: str) -> str:
    return "Other records of your account" if kind == UNDECLARED else words.title(kind)


def _stream(certificate: ErasureCertificate) -> Html:
    stream = certificate.stream
    rows = [(_sentence(result.data), _sentence(result.report)) for result in stream.results]
    return Html().join(
        [
            tag(
                "p",
                "Stream.io, Inc. delivers our chat. We asked it to delete your data. We cannot look into its "
                "storage, so this is what Stream reported.",
            ),
            pairs(
                ("We asked on", instant(stream.asked_at)),
                ("Stream reported on", instant(stream.reported_at)),
                *((("Task at Stream", tag("code", stream.task_id)),) if stream.task_id else ()),
            ),
            tag("div", table(("Data", "Result"), rows), class_="scroll"),
        ]
    )


def _stays(certificate: ErasureCertificate) -> Html:
    rows = [*map(_held, certificate.held), *map(_remaining, certificate.remains)]
    return table(("What stays", "Why", "Until"), rows)


def _remaining(one: Remains) -> tuple[str, ...]:
    until = instant(one.until) if one.until else _sentence(one.ends)
    return _sentence(one.what), _sentence(one.why), until


def _held(one: HeldRecords) -> tuple[str, ...]:
    return f"{_title(one.records)} ({one.count:,}), locked", _sentence(one.why), instant(one.until)


def _backups(certificate: ErasureCertificate) -> Html:
    backups = certificate.backups
    held = backups.held_records_from
    return Html().join(
        [
            tag(
                "p",
                "We cannot change backups, but they expire. After these times no backup has readable data:",
            ),
            pairs(
                ("Encrypted data", instant(backups.sealed_fields_from)),
                ("Random IDs and times", instant(backups.clear_ids_from)),
                ("Hashes of your number and address", instant(backups.claim_hashes_from)),
                *((("Data that a law requires us to keep", instant(held)),) if held else ()),
            ),
            tag("p", "What stays until a stated time can be in backups for 35 days longer.", class_="quiet"),
        ]
    )


def _verification(kid: str) -> Html:
    return Html().join(
        [
            tag(
                "p",
                "This page is for reading. The signed file is the proof: keep it. Anyone who has it can "
                "check without us that we signed it and that it was not changed. Our guide to certificates "
                "lists the commands.",
            ),
            pairs(
                ("Key that signed", tag("code", kid)),
                ("Our public keys", tag("code", "/v1/certificate-keys")),
                ("Signature", "ECDSA over P-256 and SHA-256"),
            ),
        ]
    )


def _complaint() -> Html:
    authorities = [
        pairs(
            ("Authority", authority.name),
            ("Address", authority.address),
            ("Phone", authority.phone),
            ("Web", tag("a", authority.url, href=authority.url, rel="noreferrer")),
        )
        for authority in CONTROLLER.authorities
    ]
    return Html().join(
        [
            tag(
                "p",
                "If you think that we broke data protection law, you can complain to a supervisory authority "
                "(Art. 77 GDPR, Art. 82 ZZPL). You can also go to court, without complaining first "
                "(Art. 79 GDPR, Art. 84 ZZPL).",
            ),
            *authorities,
        ]
    )


def _sentence(word: str) -> str:
    return word[:1].upper() + word[1:]
