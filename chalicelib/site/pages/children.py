"""Our standards of child safety, for which both app stores ask, and the ages of consents."""

from collections.abc import Iterator

from chalicelib.consents import ages
from chalicelib.core.markup import Html
from chalicelib.site.clauses.children import CHAPTERS
from chalicelib.site.layout import Reader
from chalicelib.site.pages import stated

TITLE = "Safety of children"


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    elsewhere = [age for country, (age, _) in ages.THRESHOLDS.items() if country != "RS"]
    found = {
        "serbia": ages.threshold("RS", None),
        "youngest": min(elsewhere),
        "oldest": max(elsewhere),
        "otherwise": ages.threshold(None, None),
    }
    facts = stated.facts({f"age/{name}": str(age) for name, age in found.items()})
    yield from stated.sections(reader, CHAPTERS, facts)
