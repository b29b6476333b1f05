"""One kind of record on the readable page: description, first records, what is left out."""

from collections.abc import Iterator

from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import table
from chalicelib.core.phrases import Phrasebook
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.copy.model import ROWS, FieldView, Row, SectionView
from chalicelib.rights.copy.phrases import records

LONGEST = 2_000  # characters of a value; keeps the page readable and bounded
_COLUMNS = 6  # with more columns, a row is shown as a stack of labelled values


def section(view: SectionView, say: Phrasebook) -> Iterator[Html]:
    """Render a kind of record, in pieces."""
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
    return records(view.total, say) if view.total else say("no records")


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
            yield from _table(view.title, differ, shown, say)
    if view.rest and view.total:
        yield tag("p", _where_the_rest_is(view, len(shown), view.rest, say), class_="quiet")


def _where_the_rest_is(view: SectionView, shown: int, file: str, say: Phrasebook) -> Html:
    if view.total > shown:
        said = "This page shows the first {shown} of {total}. All of them are in {file}."
    else:
        said = "It is also in {file}." if view.total == 1 else "They are also in {file}."
    total = say.number(view.total)
    return Html.escape(say(said)).format(shown=shown, total=total, file=tag("code", file))


def _table(title: str, columns: list[FieldView], rows: tuple[Row, ...], say: Phrasebook) -> Iterator[Html]:
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
            tag("td", _value(row.get(field.name, ""), say), role="cell", data_label=field.label)
            for field in columns
        ]
        yield tag("tr", *cells, role="row")
    yield Html("</tbody></table></div>")


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
    links = [tag("a", say(recipient.label), href=f"#{place(recipient)}") for recipient in recipients]
    return Html(", ").join(links) if links else Html.escape(say("no recipient"))


def place(recipient: Recipient) -> str:
    """Return the anchor of a recipient's description on the page."""
    return f"recipient-{recipient.name.lower()}"
