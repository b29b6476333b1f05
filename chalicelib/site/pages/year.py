"""The yearly figures: those of each year that was published, the newest first.

`ops report year YEAR --publish` writes the figures of a year, in each language, into a folder beside this
module. A commit publishes them, and they are never rendered again. The page reads no table.
"""

from collections.abc import Iterator
from pathlib import Path

from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.privacy.facts import Facts
from chalicelib.site.clauses.year import CHAPTERS
from chalicelib.site.layout import Reader
from chalicelib.site.pages import stated

TITLE = "The year in figures"
FOLDER = Path(__file__).with_name("years")


def file_of(year: int, language: Language) -> Path:
    """The file with the figures of a year in a language."""
    return FOLDER / f"{year}.{language}.html"


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    published = sorted(FOLDER.glob(f"*.{reader.language}.html"), reverse=True)
    yield from (tag("div", Html(file.read_text(encoding="utf-8"))) for file in published)
    if not published:
        yield from stated.sections(reader, CHAPTERS, Facts({}))
