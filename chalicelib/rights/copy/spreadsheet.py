"""One kind of record as CSV (RFC 4180), for spreadsheets.

The file is UTF-8 with a byte order mark, without which spreadsheets misread non-ASCII letters. Lines end with
CR LF, the first row names the fields, and a field without a value is an empty cell.

A spreadsheet runs a text that looks like a formula, and a name may look like one. So an apostrophe is put
before a text that begins with one of `COMPUTED`, and before an empty text, which would look like a missing
value. The apostrophe itself is in `COMPUTED`, so removing one apostrophe from every text that begins with one
restores the exact value. Other values (numbers, true, false, lists, objects) are JSON, which no spreadsheet
runs.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator

GUARD = "'"
COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", GUARD)  # noqa: RUF001 - as East Asian spreadsheets read them

_MARK = "\ufeff"


def rows(fields: tuple[str, ...], lines: Iterable[str]) -> Iterator[str]:
    """Yield the file row by row; each line is the JSON of a record."""
    yield _MARK + _row(fields)
    for line in lines:
        record = json.loads(line)
        yield _row(cell(record.get(name)) for name in fields)


def cell(value: object) -> str:
    """Return a JSON value as a cell; None means no value."""
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
