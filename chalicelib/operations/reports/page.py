"""The yearly figures as a page for the public, in English and in Serbian in both scripts.

The page is one self-contained file (`core/page`): no script, no request, no picture. Its parts are the three
languages, one after the other, so that one address serves all readers.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import opening, table
from chalicelib.core.phrases import Phrasebook, in_script
from chalicelib.operations.reports.figures import (
    BREACHES,
    OPEN,
    BreachResult,
    DisclosureResult,
    Published,
    RequestResult,
    YearFigures,
)
from chalicelib.operations.reports.hidden_cells import TOTAL
from chalicelib.operations.reports.serbian import YEAR
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.serbian import PRIVACY
from chalicelib.rights.complaints.model import Complainant, ComplaintOutcome
from chalicelib.rights.request import declaration
from chalicelib.rights.request.terms import Right
from chalicelib.staff.disclosures.model import DisclosureGround

_HEADING = "Privacy at RU4M in {year}"
_LEAD = "What people asked RU4M about their data, how we answered, and which data others asked us for."
_NOT_OVER = "The year is not over. These figures cover what we received up to {day}."
_AS_OF = "The figures show what was decided by {day}."
_DASH = (
    "A dash stands for a figure that we do not publish: it is from 1 to 9, or such a figure could be "
    "computed from it. This protects people who could otherwise be recognised."
)
_COUNTED = (
    "A request counts in the year in which we received it, in the app, by letter or in another way. Accounts "
    "that we close because they were not used do not count."
)
_DAYS = (
    "Days count from the day on which we received a request to the day on which it was decided. They include "
    "days in which we waited for a proof of identity. They are shown if they are about ten answers or more, "
    "whose number can be read above, and disclose nothing about fewer."
)
_COMPLAINED = (
    "A complaint about one of our answers counts in the year in which we received it, from the person or "
    "from an authority. It is decided by two members of our staff who had no part in the answer."
)
_DISCLOSED = (
    "A disclosure counts in the year in which it was recorded. Data goes out only after a second member of "
    "our staff approved it."
)
_NAMES = (
    (Language.ENGLISH, "English"),
    (Language.SERBIAN_LATIN, "Srpski"),
    (Language.SERBIAN_CYRILLIC, "Српски"),
)
_REQUEST_COLUMNS = {
    TOTAL: "Received",
    RequestResult.COMPLIED: "Complied with",
    RequestResult.IN_PART: "In part",
    RequestResult.DENIED: "Denied",
    RequestResult.WITHDRAWN: "Withdrawn",
    RequestResult.OPEN: "Open",
}
_COMPLAINT_COLUMNS = {
    TOTAL: "Received",
    ComplaintOutcome.UPHELD: "Upheld",
    ComplaintOutcome.REJECTED: "Rejected",
    OPEN: "Open",
}
_COMPLAINANTS = {
    Complainant.PERSON: "People",
    Complainant.AUTHORITY: "Authorities",
    TOTAL: "All complaints",
}
_DISCLOSURE_COLUMNS = {
    TOTAL: "Recorded",
    DisclosureResult.GIVEN: "Data given",
    DisclosureResult.REFUSED: "Denied",
    DisclosureResult.WITHDRAWN: "Withdrawn",
    DisclosureResult.OPEN: "Open",
}
_BREACH_ROWS = {
    TOTAL: "Discovered",
    BreachResult.BOTH: "An authority and the people affected were notified",
    BreachResult.AUTHORITY: "Only an authority was notified",
    BreachResult.PEOPLE: "Only the people affected were notified so far",
    BreachResult.NOBODY: "No notification was required, or none was sent so far",
}


def page(figures: YearFigures) -> str:
    """Render the figures of a year."""
    return "".join(_pieces(figures))


def _pieces(figures: YearFigures) -> Iterator[str]:
    heading = _HEADING.format(year=figures.year)
    yield opening(heading, Language.ENGLISH)
    yield Html('<div class="page">')
    links = [tag("li", tag("a", name, href=f"#{one}", lang=one)) for one, name in _NAMES]
    yield tag("header", tag("h1", f"RU4M {figures.year}"))
    yield tag("nav", tag("ul", *links), aria_label="Language / Jezik")
    yield Html("<main>")
    for language, _ in _NAMES:
        say = phrasebook(language)
        yield tag("div", *part(figures, say), lang=language, id=language)
    yield Html("</main></div></body></html>\n")


def phrasebook(language: Language) -> Phrasebook:
    """The phrases of the figures in a language."""
    return Phrasebook(language, YEAR, PRIVACY)


def part(figures: YearFigures, say: Phrasebook) -> Iterator[Html]:
    """Build the figures in one language."""
    yield tag("h2", say(_HEADING, year=str(figures.year)))
    controller = f"{CONTROLLER.name}, {CONTROLLER.address}, {CONTROLLER.country}"
    notes = (
        []
        if figures.is_whole
        else [tag("p", say(_NOT_OVER, day=_day(figures.last, say)), class_="note warn")]
    )
    yield tag(
        "div",
        tag("p", say(_LEAD), class_="lead"),
        *notes,
        tag("p", say(_AS_OF, day=_day(figures.made_on, say))),
        tag("p", say(_DASH)),
        pairs((say("Controller"), say(controller))),
        class_="card",
    )
    requests = _counts("Right", _rights(), _REQUEST_COLUMNS, figures.requests, say)
    yield from _chapter("Requests about rights", _COUNTED, requests, say)
    yield from _chapter("Days to answer", _DAYS, _days(figures, say), say)
    complaints = _counts("Complaint of", _COMPLAINANTS, _COMPLAINT_COLUMNS, figures.complaints, say)
    yield from _chapter("Complaints about answers", _COMPLAINED, complaints, say)
    grounds = {ground: ground.plainly for ground in DisclosureGround} | {TOTAL: "All grounds"}
    disclosures = _counts("Ground", grounds, _DISCLOSURE_COLUMNS, figures.disclosures, say)
    yield from _chapter("Disclosures to authorities and others", _DISCLOSED, disclosures, say)
    counted = "A breach counts in the year in which we discovered it."
    yield from _chapter("Breaches of personal data", counted, _breaches(figures.breaches, say), say)


def _chapter(title: str, about: str, content: Html, say: Phrasebook) -> Iterator[Html]:
    inside = (
        tag("h3", say(title)),
        tag("p", say(about), class_="quiet"),
        tag("div", content, class_="figures"),
    )
    yield tag("section", *inside, class_="card", aria_label=say(title))


def _counts(
    head: str, names: Mapping[str, str], columns: Mapping[str, str], cells: Published, say: Phrasebook
) -> Html:
    heads = tuple(map(say, (head, *columns.values())))
    rows = (
        (_sentence(say(name)), *(_count(cells[row, one], say) for one in columns))
        for row, name in names.items()
    )
    return table(heads, rows)


def _days(figures: YearFigures, say: Phrasebook) -> Html:
    rows = (
        (say(name), _number(figures.days[right].median, say), _number(figures.days[right].mean, say))
        for right, name in _rights().items()
    )
    return table(tuple(map(say, ("Right", "Median", "Mean"))), rows)


def _breaches(cells: Published, say: Phrasebook) -> Html:
    return pairs(*((say(name), _count(cells[BREACHES, one], say)) for one, name in _BREACH_ROWS.items()))


def _count(count: int | None, say: Phrasebook) -> Html:
    return Html.escape(say.number(count)) if count is not None else _dash(say)


def _number(value: float | None, say: Phrasebook) -> Html:
    if value is None:
        return _dash(say)
    written = f"{value:g}"
    return Html.escape(written.replace(".", ",") if say.language.is_serbian else written)


def _dash(say: Phrasebook) -> Html:
    return tag("span", "–", role="img", aria_label=say("not published"))  # noqa: RUF001 - the dash of the legend


def _day(day: date, say: Phrasebook) -> str:
    return in_script(day_in_words(day, say.language), say.language)


def _sentence(said: str) -> str:
    return said[:1].upper() + said[1:]


def _rights() -> dict[str, str]:
    """The titles of the rights by their names, and that of their total."""
    return {**{right: declaration.of(right).words.title for right in Right}, TOTAL: "All rights"}
