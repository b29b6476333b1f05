"""The pages of rights: their titles, and what stands above their forms (RGT-11)."""

from collections.abc import Iterator

from chalicelib.core.markup import Html
from chalicelib.rights.request.terms import Right
from chalicelib.site.clauses import titles
from chalicelib.site.layout import Reader

TITLES = titles.TITLES


def about(reader: Reader, right: Right) -> Iterator[Html]:
    """Build what the page says about a right; its clauses are loaded when a page is asked for."""
    from chalicelib.site.pages import about_right

    return about_right.parts(reader, right)
