"""The first page of the privacy centre: what a person can do here without the app."""

from collections.abc import Iterator

from chalicelib.core.markup import Html
from chalicelib.site.layout import Reader, paragraphs

TITLE = "Privacy centre"


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    yield paragraphs(reader.say("Use your rights over your data here, with or without the RU4M app."))
