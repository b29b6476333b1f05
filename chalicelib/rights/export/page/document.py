"""The readable page of a copy: `index.html` of the package (Art. 12(1) and 15 GDPR).

Invariants:

- The page is self-contained (`core/page`).
- No value becomes markup, changes the direction of the text around it, or makes the page wider than the
  screen (`core/markup`, `core/page_style`). A very long value is cut on the page and complete in the
  package's files.
- The page is generated one kind of record at a time, so memory does not grow with the records.
- The page lists what is missing or withheld, with the reason. Otherwise a reader would assume that there is
  no more data (RGT-1).
"""

from collections.abc import Iterable, Iterator

from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import instant, opening
from chalicelib.privacy import words
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights import procedures
from chalicelib.rights.export.model import AUTOMATED_DECISIONS, ROWS, About, CopyKind, File, SectionView
from chalicelib.rights.export.page import kinds
from chalicelib.rights.model import Right

_HEADINGS = {CopyKind.ACCESS: "Your data at RU4M", CopyKind.PORTABILITY: "Your data for another service"}
_LEADS = {
    CopyKind.ACCESS: "You asked which data about you we process. This page shows the data, why we process "
    "it, and who received it (Art. 15 GDPR).",
    CopyKind.PORTABILITY: "You asked for the data that you gave us and that we recorded while you used the "
    "service, in a format that another service can read (Art. 20 GDPR).",
}

_RIGHTS = {
    Right.ACCESS: (
        "Access",
        "know which data about you we process, and get a copy of it (Art. 15 GDPR)",
    ),
    Right.RECTIFICATION: ("Correction", "have wrong or incomplete data corrected (Art. 16 GDPR)"),
    Right.ERASURE: (
        "Deletion",
        "have your data deleted, unless a law requires us to keep it (Art. 17 GDPR)",
    ),
    Right.RESTRICTION: ("Restriction", "have us store your data without using it (Art. 18 GDPR)"),
    Right.PORTABILITY: (
        "Portability",
        "get your data in a format that another service can read, or have it sent there (Art. 20 GDPR)",
    ),
    Right.OBJECTION: (
        "Objection",
        "object to processing that is based on our legitimate interests (Art. 21(1) GDPR)",
    ),
    Right.MARKETING_OBJECTION: (
        "Objection to direct marketing",
        "object at any time, without giving a reason (Art. 21(2) GDPR)",
    ),
}
# Not a rights request: the app has a switch for each consent.
_CONSENTS = (
    "You can withdraw a consent in the app at any time, as easily as you gave it. The withdrawal applies to "
    "the future (Art. 7(3) GDPR)."
)


def page(about: About, sections: Iterable[SectionView]) -> Iterator[str]:
    """Render the page in pieces, to be written one after the other as UTF-8.

    Args:
        about: the content above and below the records.
        sections: the kinds of record, consumed one at a time.
    """
    received: set[Recipient] = set()
    missing: list[Html] = []
    yield from _opening(about)
    for section in sections:
        yield from kinds.section(section)
        received.update(section.recipients, *(field.recipients for field in section.fields))
        missing += [Html().join([tag("strong", section.title), ": ", what]) for what in section.missing]
    yield _missing(missing)
    yield _recipients([recipient for recipient in Recipient if recipient in received])
    yield _rights(about)
    yield Html("</main></div></body></html>\n")


def _opening(about: About) -> Iterator[Html]:
    heading = _HEADINGS[about.copy]
    yield opening(heading)
    yield tag("a", "Skip to your records", class_="skip", href="#records")
    yield Html('<div class="page">')
    yield tag("header", tag("h1", heading), tag("p", _LEADS[about.copy], class_="lead"), _facts(about))
    yield _contents(about)
    yield Html("<main>")
    yield _files(about.files)
    yield tag("h2", "Your records", id="records")


def _facts(about: About) -> Html:
    address = f"{CONTROLLER.name}, {CONTROLLER.address}, {CONTROLLER.country}"
    as_of = Html().join([instant(about.received_at), ", including data that has since expired"])
    return tag(
        "div",
        pairs(
            ("Controller", address),
            ("Contact", tag("a", about.contact, href=f"mailto:{about.contact}")),
            ("You asked on", instant(about.received_at)),
            ("Data as of", as_of),
            ("Copy made on", instant(about.made_at)),
            ("Request", tag("code", about.request_id)),
            *((("Automated decisions", AUTOMATED_DECISIONS),) if about.copy is CopyKind.ACCESS else ()),
        ),
        tag(
            "p",
            "Times on this page are in Belgrade time. The other files of this package use UTC.",
            class_="quiet",
        ),
        class_="card",
    )


def _contents(about: About) -> Html:
    places = [
        ("files", "In this package"),
        *((f"kind-{kind}", words.title(kind)) for kind in about.kinds),
        ("missing", "What is missing"),
        ("recipients", "Who received data"),
        ("rights", "Your rights, and where to complain"),
    ]
    links = [tag("li", tag("a", title, href=f"#{place}")) for place, title in places]
    return tag("nav", tag("h2", "On this page", id="contents"), tag("ul", *links), aria_labelledby="contents")


def _files(files: tuple[File, ...]) -> Html:
    listed = [tag("li", tag("code", file.name), ": ", file.what) for file in files]
    text_ = "This page shows the first {} records of each kind. The other files contain all of them."
    return Html().join(
        [
            tag("h2", "In this package", id="files"),
            tag("div", tag("p", text_.format(ROWS)), tag("ul", *listed), class_="card"),
        ]
    )


def _missing(missing: list[Html]) -> Html:
    shown = (
        tag("div", tag("ul", *(tag("li", what) for what in missing)), class_="card warn")
        if missing
        else tag("div", tag("p", "Nothing. We could read everything that we looked for."), class_="card")
    )
    return Html().join([tag("h2", "What is missing", id="missing"), shown])


def _recipients(received: list[Recipient]) -> Html:
    return Html().join([tag("h2", "Who received data", id="recipients"), *map(_recipient, received)])


def _recipient(recipient: Recipient) -> Html:
    entry = recipient.entry
    facts = pairs(
        ("What it does", entry.activity),
        ("Role", entry.role.value),
        ("Where", entry.country),
        ("Legal ground for transfers abroad", entry.mechanism.value),
        ("Safeguards", "; ".join(entry.safeguards)),
    )
    return tag("section", tag("h3", entry.label), facts, class_="card", id=kinds.place(recipient))


def _rights(about: About) -> Html:
    mail = tag("a", about.contact, href=f"mailto:{about.contact}")
    authorities = [
        tag(
            "section",
            tag("h3", authority.name),
            pairs(
                ("Address", authority.address),
                ("Phone", authority.phone),
                ("Web", tag("a", authority.url, href=authority.url, rel="noreferrer")),
            ),
            class_="card",
        )
        for authority in about.authorities
    ]
    return Html().join(
        [
            tag("h2", "Your rights, and where to complain", id="rights"),
            tag(
                "div",
                tag("p", "You can exercise these rights in the app, or by writing to ", mail, ":"),
                _listed(right for right in _RIGHTS if right in procedures.OFFERED),
                tag("p", "You can exercise these rights by writing to ", mail, ":"),
                _listed(right for right in _RIGHTS if right not in procedures.OFFERED),
                tag("p", _CONSENTS),
                tag(
                    "p",
                    "If you think that we break data protection law, you can complain to a supervisory "
                    "authority (Art. 77 GDPR, Art. 82 ZZPL).",
                ),
                tag(
                    "p",
                    "You can also go to court, without complaining first (Art. 79 GDPR, Art. 84 ZZPL).",
                ),
                class_="card",
            ),
            *authorities,
        ]
    )


def _listed(rights: Iterable[Right]) -> Html:
    described = (_RIGHTS[right] for right in rights)
    return tag("ul", *(tag("li", tag("strong", name), ": ", what, ".") for name, what in described))
