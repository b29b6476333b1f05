"""One kind of record on the readable page: description, first records, what is left out."""

from collections.abc import Iterator

from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import table
from chalicelib.privacy import words
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.export.model import ROWS, FieldView, Row, SectionView

LONGEST = 2_000  # characters of a value; keeps the page readable and bounded
_COLUMNS = 6  # with more columns, a row is shown as a stack of labelled values


def section(view: SectionView) -> Iterator[Html]:
    """Render a kind of record, in pieces."""
    heading = f"kind-{view.kind}"
    yield Html('<section class="card" aria-labelledby="{}">').format(heading)
    yield tag(
        "div",
        tag("h3", view.title, id=heading),
        tag("span", _count(view), class_="count"),
        class_="head",
    )
    if view.note:
        yield tag("p", view.note)
    yield pairs(
        ("Why", view.why),
        ("Legal basis", view.basis),
        ("How long we keep it", view.kept),
        ("Who received it" if view.copied else "Who receives it", _labels(view.recipients)),
    )
    for what in view.missing:
        yield tag("p", tag("strong", "Missing: "), what, class_="warn note")
    yield from _records(view)
    if view.fields:
        yield _fields(view.fields)
    if view.withheld:
        yield _withheld(view)
    yield Html("</section>\n")


def _count(view: SectionView) -> str:
    if not view.copied:
        return "not in this copy"
    if view.missing and not view.total:
        return "missing"
    return {0: "no records", 1: "1 record"}.get(view.total, f"{view.total:,} records")


def _records(view: SectionView) -> Iterator[Html]:
    shown = view.rows[:ROWS]
    columns = [field for field in view.fields if any(row.get(field.name) for row in shown)]
    if len(shown) == 1:
        yield pairs(*((field.label, _value(shown[0].get(field.name, ""))) for field in columns))
    elif shown:
        same = [field for field in columns if len({row.get(field.name) for row in shown}) == 1]
        if same:
            yield tag("h4", "The same in all of these records")
            yield pairs(*((field.label, _value(shown[0][field.name])) for field in same))
        if differ := [field for field in columns if field not in same]:
            yield from _table(view.title, differ, shown)
    if view.rest and view.total:
        yield tag("p", _where_the_rest_is(view, len(shown)), tag("code", view.rest), ".", class_="quiet")


def _where_the_rest_is(view: SectionView, shown: int) -> str:
    if view.total > shown:
        return f"This page shows the first {shown} of {view.total:,}. All of them are in "
    return "It is also in " if view.total == 1 else "They are also in "


def _table(title: str, columns: list[FieldView], rows: tuple[Row, ...]) -> Iterator[Html]:
    """Render rows.

    ARIA roles are explicit, because browsers drop them when a table is shown as a stack.
    """
    many = "scroll many" if len(columns) > _COLUMNS else "scroll"
    head = [tag("th", field.label, scope="col", role="columnheader") for field in columns]
    yield Html('<div class="{}"><table role="table" aria-label="{}">').format(many, title)
    yield tag("thead", tag("tr", *head, role="row"), role="rowgroup")
    yield Html('<tbody role="rowgroup">')
    for row in rows:
        cells = [
            tag("td", _value(row.get(field.name, "")), role="cell", data_label=field.label)
            for field in columns
        ]
        yield tag("tr", *cells, role="row")
    yield Html("</tbody></table></div>")


def _fields(fields: tuple[FieldView, ...]) -> Html:
    """Explain the fields; fields with the same explanation share a row."""
    groups: dict[tuple[str, str, tuple[Recipient, ...]], list[FieldView]] = {}
    for field in fields:
        groups.setdefault((field.category, field.source, field.recipients), []).append(field)
    head = ("Field", "What it is", "Where it comes from", "Who received it")
    rows = [
        (
            Html(", ").join(map(_name, group)),
            category,
            source,
            _labels(to) if to else "the recipients of the record",
        )
        for (category, source, to), group in groups.items()
    ]
    return Html().join([tag("h4", "What each field is"), table(head, rows)])


def _name(field: FieldView) -> Html:
    return Html("{} {}").format(field.label, tag("code", field.name, class_="quiet"))


def _withheld(view: SectionView) -> Html:
    reasons: dict[str, list[str]] = {}
    for field in view.withheld:
        reasons.setdefault(field.why, []).append(words.label(field.name))
    if not view.copied and len(reasons) == 1:
        reasons = {why: ["All of it"] for why in reasons}
    lines = [tag("li", tag("strong", ", ".join(labels)), ": ", why) for why, labels in reasons.items()]
    return Html().join([tag("h4", "What is left out, and why"), tag("ul", *lines)])


def _value(value: str) -> Html:
    if not value:
        return tag("span", "-", class_="quiet")
    cut = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    shown = tag("bdi", cut, class_="v")
    if cut is value:
        return shown
    more = f" (cut after {LONGEST:,} of {len(value):,} characters)"
    return Html().join([shown, tag("span", more, class_="quiet")])


def _labels(recipients: tuple[Recipient, ...]) -> Html:
    links = [tag("a", recipient.label, href=f"#{place(recipient)}") for recipient in recipients]
    return Html(", ").join(links) if links else Html("no recipient")


def place(recipient: Recipient) -> str:
    """Return the anchor of a recipient's description on the page."""
    return f"recipient-{recipient.name.lower()}"
