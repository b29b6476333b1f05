"""What a right does, how long it takes, and what we need (RGT-11)."""

from collections.abc import Iterator, Mapping

from chalicelib.core.markup import Html
from chalicelib.rights.request.terms import Right
from chalicelib.site.layout import Reader

TITLES: Mapping[Right, str] = {right: right.value for right in Right}


def about(_reader: Reader, _right: Right) -> Iterator[Html]:
    """Build what the page says about a right."""
    yield Html()
