"""One kind of record as CSV (RFC 4180), for whoever opens it in a spreadsheet.

UTF-8 with a byte order mark, without which spreadsheets take the letters of half of Europe for another
alphabet; lines end with CR LF; the first row names the fields; what a record does not hold is an empty cell.

A spreadsheet computes what looks like a formula, and a name may look like one. So a text that begins with one
of `COMPUTED` has an apostrophe before it, and so has an empty one, which would look absent. An apostrophe
itself is one of them: taking one away from every text that begins with one gives back exactly what was there.
What is no text (numbers, true, false, lists, objects) stands as JSON, which no spreadsheet computes.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator

GUARD = "'"
COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", GUARD)  # noqa: RUF001 - as East Asian spreadsheets read them

_MARK = "\ufeff"


def rows(fields: tuple[str, ...], lines: Iterable[str]) -> Iterator[str]:
    """The file, row by row; a line is a record's JSON."""
    yield _MARK + _row(fields)
    for line in lines:
        record = json.loads(line)
        yield _row(cell(record.get(name)) for name in fields)


def cell(value: object) -> str:
    """A value of JSON as a cell; None is absent."""
    match value:
        case None:
            return ""
        case str():
            return GUARD + value if not value or value.startswith(COMPUTED) else value
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _row(cells: Iterable[str]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()
