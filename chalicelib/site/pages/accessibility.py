"""The statement of accessibility."""

from collections.abc import Iterator
from datetime import date

from chalicelib.core.languages import day_in_words
from chalicelib.core.markup import Html
from chalicelib.core.phrases import in_script
from chalicelib.site.clauses.accessibility import CHAPTERS, NAMES
from chalicelib.site.layout import Reader, paragraphs
from chalicelib.site.pages import stated

TITLE = "Accessibility"
_STATED_ON = date(2026, 12, 1)  # the day on which the text was compared with the tests


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    yield from stated.sections(reader, CHAPTERS, stated.facts(NAMES))
    day = in_script(day_in_words(_STATED_ON, reader.language), reader.language)
    yield paragraphs(reader.say("This statement is of {day}.", day=day))
