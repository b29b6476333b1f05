"""The readable page of a copy: `index.html` of the package (Art. 12(1) and 15 GDPR).

Invariants:

- The page is self-contained (`core/page`).
- No value becomes markup, changes the direction of the text around it, or makes the page wider than the
  screen (`core/markup`, `core/page`). A very long value is cut on the page and complete in the
  package's files.
- The page is generated one kind of record at a time, so memory does not grow with the records.
- The page is in the subject's language; values are shown as they are stored.
- The page lists what is missing or withheld, with the reason. Otherwise a reader would assume that there is
  no more data (RGT-1).
- The records come first, then the kinds that no copy contains, then a folded list of the kinds without
  records, then what is said about the copy. A list that is folded on a screen is open on paper.
"""

from collections.abc import Iterable, Iterator

from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import day, instant, opening, table
from chalicelib.core.phrases import Phrasebook
from chalicelib.privacy import words
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.copy.model import (
    ROWS,
    About,
    CopyKind,
    FieldView,
    File,
    Row,
    SectionView,
    automated_decisions,
)
from chalicelib.rights.copy.phrases import phrasebook, records
from chalicelib.rights.request import declaration

_HEADINGS = {CopyKind.ACCESS: "Your data at RU4M", CopyKind.PORTABILITY: "Your data for another service"}
_LEADS = {
    CopyKind.ACCESS: "You asked which data about you we process. This page shows the data, why we process "
    "it, and who received it (Art. 15 GDPR, Art. 26 ZZPL).",
    CopyKind.PORTABILITY: "You asked for the data that you gave us and that we recorded while you used the "
    "service, in a format that another service can read (Art. 20 GDPR, Art. 36 ZZPL).",
}

# Listed apart: the app also has a switch for each consent.
_CONSENTS = (
    "You can withdraw a consent at any time, in the app as easily as you gave it, or by writing to us. The "
    "withdrawal applies to the future (Art. 7(3) GDPR, Art. 15 ZZPL)."
)
_COMPLAIN = (
    "If you think that we break data protection law, you can complain to a supervisory authority (Art. 77 "
    "GDPR, Art. 82 ZZPL)."
)
_COURT = "You can also go to court, without complaining first (Art. 79 GDPR, Art. 84 ZZPL)."
# Records are left out as soon as their consent has ended, and deleted some time later (ADR 28).
_LAPSED = "Data for which your consent has ended is in no copy: it is being deleted."
_TIMES = "Times on this page are in Belgrade time. The other files of this package use UTC."
_APART, _NONE = "Not in this copy, and why", "We have none of these"
LONGEST = 2_000  # characters of a value; keeps the page readable and bounded
_COLUMNS = 6  # with more columns, a row is shown as a stack of labelled values


def page(about: About, sections: Iterable[SectionView]) -> Iterator[str]:
    """Render the page in pieces, to be written one after the other as UTF-8.

    Args:
        about: the content above and below the records.
        sections: the kinds of record, consumed one at a time; those that no copy contains are last.
    """
    received: set[Recipient] = set()
    missing: list[Html] = []
    say = phrasebook(about.language)
    yield from _opening(about, say)
    copied = True
    for one in sections:
        if copied and not one.copied:
            yield _chapter("apart", _APART, say)
        copied = one.copied
        yield from section(one, say)
        received.update(one.recipients, *(field.recipients for field in one.fields))
        missing += [Html().join([tag("strong", one.title), ": ", what]) for what in one.missing]
    if about.none:
        yield _none(about.none, say)
    yield _missing(missing, say)
    yield _facts(about, say)
    yield _files(about.files, say)
    yield _recipients([recipient for recipient in Recipient if recipient in received], say)
    yield _rights(about, say)
    yield Html("</main></div></body></html>\n")


def _chapter(place: str, title: str, say: Phrasebook, *parts: Html) -> Html:
    return Html().join([tag("h2", say(title), id=place), *parts])


def _opening(about: About, say: Phrasebook) -> Iterator[Html]:
    heading = say(_HEADINGS[about.copy])
    yield opening(heading, about.language)
    yield tag("a", say("Skip to your records"), class_="skip", href="#records")
    yield Html('<div class="page">')
    yield tag("header", tag("h1", heading), tag("p", say(_LEADS[about.copy]), class_="lead"))
    yield _contents(about, say)
    yield Html("<main>")
    yield _chapter("records", "Your records", say)


def _facts(about: About, say: Phrasebook) -> Html:
    address = f"{CONTROLLER.name}, {say(CONTROLLER.address)}, {CONTROLLER.country}"
    received = instant(about.received_at, about.language)
    as_of = Html.escape(say("{time}, including data that has since expired")).format(time=received)
    decisions = ((say("Automated decisions"), automated_decisions(say)),)
    facts = pairs(
        (say("Controller"), address),
        (say("Contact"), tag("a", about.contact, href=f"mailto:{about.contact}")),
        (say("You asked on"), day(about.received_at, about.language)),
        (say("Data as of"), as_of),
        (say("Copy made on"), day(about.made_at, about.language)),
        (say("Request"), tag("code", about.request_id)),
        *(decisions if about.copy is CopyKind.ACCESS else ()),
    )
    card = tag("div", facts, tag("p", say(_TIMES), class_="quiet"), class_="card")
    return _chapter("about", "About this copy", say, card)


def _contents(about: About, say: Phrasebook) -> Html:
    places = [
        *((f"kind-{kind}", words.title(kind)) for kind in about.kinds),
        *([("apart", _APART)] if about.copy is CopyKind.ACCESS else []),
        *([("none", _NONE)] if about.none else []),
        ("missing", "What is missing"),
        ("about", "About this copy"),
        ("files", "In this package"),
        ("recipients", "Who received data"),
        ("rights", "Your rights, and where to complain"),
    ]
    links = [tag("li", tag("a", say(title), href=f"#{place}")) for place, title in places]
    heading = tag("h2", say("On this page"), id="contents")
    return tag("nav", heading, tag("ul", *links), aria_labelledby="contents")


def _files(files: tuple[File, ...], say: Phrasebook) -> Html:
    listed = [tag("li", tag("code", file.name), ": ", say(file.what)) for file in files]
    text_ = "This page shows the first {count} records of each kind. The other files contain all of them."
    card = tag("div", tag("p", say(text_, count=str(ROWS))), tag("ul", *listed), class_="card")
    return _chapter("files", "In this package", say, card)


def _none(kinds: tuple[str, ...], say: Phrasebook) -> Html:
    titles = tag("ul", *(tag("li", say(words.title(kind))) for kind in kinds))
    summary = tag("summary", say("{count} kinds of data", count=str(len(kinds))))
    note = tag("p", say(_LAPSED), class_="quiet")
    return _chapter("none", _NONE, say, tag("details", summary, note, titles, class_="card"))


def _missing(missing: list[Html], say: Phrasebook) -> Html:
    shown = (
        tag("div", tag("ul", *(tag("li", what) for what in missing)), class_="card warn")
        if missing
        else tag("div", tag("p", say("Nothing. We could read everything that we looked for.")), class_="card")
    )
    return _chapter("missing", "What is missing", say, shown)


def _recipients(received: list[Recipient], say: Phrasebook) -> Html:
    return _chapter("recipients", "Who received data", say, *(_recipient(one, say) for one in received))


def _recipient(recipient: Recipient, say: Phrasebook) -> Html:
    entry = recipient.entry
    facts = pairs(
        (say("What it does"), say(entry.activity)),
        (say("Role"), say(entry.role.value)),
        (say("Where"), say(entry.country)),
        (say("Legal ground for transfers abroad"), say(entry.mechanism.value)),
        (say("Safeguards"), "; ".join(map(say, entry.safeguards))),
    )
    return tag("section", tag("h3", say(entry.label)), facts, class_="card", id=_anchor(recipient))


def _rights(about: About, say: Phrasebook) -> Html:
    mail = tag("a", about.contact, href=f"mailto:{about.contact}")
    authorities = [
        tag(
            "section",
            tag("h3", say(authority.name)),
            pairs(
                (say("Address"), say(authority.address)),
                (say("Phone"), authority.phone),
                (say("Web"), tag("a", authority.url, href=authority.url, rel="noreferrer")),
            ),
            class_="card",
        )
        for authority in about.authorities
    ]
    introduction = Html.escape(say("You can exercise these rights in the app, or by writing to {mail}:"))
    rights = (tag("li", tag("strong", say(name)), ": ", say(what), ".") for name, what in _named_rights())
    remedies = (tag("p", say(text)) for text in (_CONSENTS, _COMPLAIN, _COURT))
    card = tag("div", tag("p", introduction.format(mail=mail)), tag("ul", *rights), *remedies, class_="card")
    return _chapter("rights", "Your rights, and where to complain", say, card, *authorities)


def _named_rights() -> Iterator[tuple[str, str]]:
    """The name of each right and what it allows, in the order of their articles."""
    for one in sorted(declaration.declared().values(), key=lambda one: one.dpv):
        if words := one.words.on_page:
            yield words


def section(view: SectionView, say: Phrasebook) -> Iterator[Html]:
    """Render a kind of record: description, first records, what is left out."""
    heading = f"kind-{view.kind}"
    yield Html('<section class="card" aria-labelledby="{}">').format(heading)
    yield tag(
        "div",
        tag("h3", view.title, id=heading),
        tag("span", _count(view, say), class_="count"),
        class_="head",
    )
    if view.note:
        yield tag("p", view.note)
    yield pairs(
        (say("Why"), view.why),
        (say("Legal basis"), view.basis),
        (say("How long we keep it"), view.kept),
        (say("Who received it" if view.copied else "Who receives it"), _labels(view.recipients, say)),
    )
    for what in view.missing:
        yield tag("p", tag("strong", say("Missing:"), " "), what, class_="warn note")
    yield from _records(view, say)
    if view.fields:
        yield _fields(view.fields, say)
    if view.withheld:
        yield _withheld(view, say)
    yield Html("</section>\n")


def _count(view: SectionView, say: Phrasebook) -> str:
    if not view.copied:
        return say("not in this copy")
    if view.missing and not view.total:
        return say("missing")
    return records(view.total, say) if view.total else say("no records in this copy")


def _records(view: SectionView, say: Phrasebook) -> Iterator[Html]:
    shown = view.rows[:ROWS]
    columns = [field for field in view.fields if any(row.get(field.name) for row in shown)]
    if len(shown) == 1:
        yield pairs(*((field.label, _value(shown[0].get(field.name, ""), say)) for field in columns))
    elif shown:
        same = [field for field in columns if len({row.get(field.name) for row in shown}) == 1]
        if same:
            yield tag("h4", say("The same in all of these records"))
            yield pairs(*((field.label, _value(shown[0][field.name], say)) for field in same))
        if differ := [field for field in columns if field not in same]:
            yield _table(view.title, differ, shown, say)
    if view.rest and view.total:
        yield tag("p", _where_the_rest_is(view, len(shown), view.rest, say), class_="quiet")


def _where_the_rest_is(view: SectionView, shown: int, file: str, say: Phrasebook) -> Html:
    if view.total > shown:
        said = "This page shows the first {shown} of {total}. All of them are in {file}."
    else:
        said = "It is also in {file}." if view.total == 1 else "They are also in {file}."
    total = say.number(view.total)
    return Html.escape(say(said)).format(shown=shown, total=total, file=tag("code", file))


def _table(title: str, columns: list[FieldView], rows: tuple[Row, ...], say: Phrasebook) -> Html:
    many = "scroll many" if len(columns) > _COLUMNS else "scroll"
    cells = (tuple(_value(row.get(field.name, ""), say) for field in columns) for row in rows)
    heads = tuple(field.label for field in columns)
    return tag("div", table(heads, cells, aria_label=title), class_=many)


def _fields(fields: tuple[FieldView, ...], say: Phrasebook) -> Html:
    """Explain the fields; fields with the same explanation share a row."""
    groups: dict[tuple[str, str, tuple[Recipient, ...]], list[FieldView]] = {}
    for field in fields:
        groups.setdefault((field.category, field.source, field.recipients), []).append(field)
    head = tuple(map(say, ("Field", "What it is", "Where it comes from", "Who received it")))
    rows = [
        (
            Html(", ").join(map(_name, group)),
            category,
            source,
            _labels(to, say) if to else say("the recipients of the record"),
        )
        for (category, source, to), group in groups.items()
    ]
    return Html().join([tag("h4", say("What each field is")), table(head, rows)])


def _name(field: FieldView) -> Html:
    return Html("{} {}").format(field.label, tag("code", field.name, class_="quiet"))


def _withheld(view: SectionView, say: Phrasebook) -> Html:
    reasons: dict[str, list[str]] = {}
    for field in view.withheld:
        reasons.setdefault(field.why, []).append(field.name)
    if not view.copied and len(reasons) == 1:
        reasons = {why: [say("All of it")] for why in reasons}
    lines = [tag("li", tag("strong", ", ".join(labels)), ": ", why) for why, labels in reasons.items()]
    return Html().join([tag("h4", say("What is left out, and why")), tag("ul", *lines)])


def _value(value: str, say: Phrasebook) -> Html:
    if not value:
        return tag("span", "-", class_="quiet")
    cut = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    shown = tag("bdi", cut, class_="v")
    if cut is value:
        return shown
    shown_of = {"shown": say.number(LONGEST), "all": say.number(len(value))}
    more = say("(cut after {shown} of {all} characters)", **shown_of)
    return Html().join([shown, " ", tag("span", more, class_="quiet")])


def _labels(recipients: tuple[Recipient, ...], say: Phrasebook) -> Html:
    links = [tag("a", say(recipient.label), href=f"#{_anchor(recipient)}") for recipient in recipients]
    return Html(", ").join(links) if links else Html.escape(say("no recipient"))


def _anchor(recipient: Recipient) -> str:
    """Return the anchor of a recipient's description on the page."""
    return f"recipient-{recipient.name.lower()}"
