"""The package that answers a request for access or portability: from a subject and an instant to S3.

    assembled = assemble(asked, chat, to=f"exports/{request_id}.zip")

`asked` says whose, which copy and as of when; `chat` is what Stream gave, or why it gave nothing. In the ZIP:

    index.html            for people               chat/messages.ndjson  what Stream held, one object a line
    data.json             everything, for programs csv/<kind>.csv        the same, for spreadsheets
    data.schema.json      its JSON Schema          manifest.json         hashes; what is withheld or missing

What must hold:

- Everything is read before anything is written, so a table or Stream that does not answer leaves no trace.
- Done again for the same key, it replaces the object as a whole; until then the one before stands.
- Memory is constant: records go over the disk (spool) into the ZIP, and the ZIP in parts to S3 (archive).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.core import clock
from chalicelib.rights.export import cells, contents, page, schema
from chalicelib.rights.export.archive import Archive, zipped_to
from chalicelib.rights.export.contents import CHAT_FILE, Chat, CopyRequest, Gathered, csv_file
from chalicelib.rights.export.manifest import MissingFromCopy
from chalicelib.rights.export.reading import Reading, Unread
from chalicelib.rights.export.selection import CHAT, selection
from chalicelib.rights.export.spool import Spools, spooled

JSON, CSV, HTML, LINES, SCHEMA = (
    "application/json",
    "text/csv; charset=utf-8; header=present",
    "text/html; charset=utf-8",
    "application/x-ndjson",
    "application/schema+json",
)


@dataclass(frozen=True)
class Assembled:
    """What was put to S3. Counts are of records by kind, errors of what is missing."""

    sha256: str
    size: int
    counts: Mapping[str, int]
    errors: tuple[MissingFromCopy, ...] = field(default=())


def assemble(asked: CopyRequest, chat: Chat, to: str) -> Assembled:
    """Read everything of a subject, and put the package of it to a key of the bucket of exports.

    Raises:
        Unavailable: a table, KMS or S3 does not answer; nothing was changed, and all may be done again.
        TooMuch: the records do not fit on the function's disk, which no retry mends.
    """
    with spooled() as spools:
        gathered = _gathered(asked, chat, spools)
        with zipped_to(to, asked.received_at) as (archive, upload):
            _write(archive, gathered)
        counts = {kind: spools[kind].total for kind in gathered.chosen.parts}
        counts[CHAT.kind] = chat.total
        return Assembled(upload.sha256, upload.size, counts, contents.missing(gathered))


def _gathered(asked: CopyRequest, chat: Chat, spools: Spools) -> Gathered:
    """Take everything in: each record is one line on the disk afterwards."""
    gathered = Gathered(asked, selection(asked.copy), spools, chat, made_at=clock.now())
    reading = Reading(asked.account_id, asked.received_at, gathered.chosen)
    fields = {kind: set(part.fields) for kind, part in gathered.chosen.parts.items()}
    for found in reading:
        if isinstance(found, Unread):
            gathered.unread[found] += 1
            continue
        kind, record = found
        spools.add(kind, record.model_dump_json(include=fields[kind], exclude_none=True))
        gathered.hold(kind, record)
    gathered.user_id = reading.user_id
    return gathered


def _write(archive: Archive, gathered: Gathered) -> None:
    """The files in their order; the manifest is last, since it has the hashes of the others."""
    spools = gathered.spools
    archive.add("index.html", HTML, page.page(contents.about(gathered), contents.views(gathered)))
    archive.add("data.json", JSON, contents.data(gathered), expected=gathered.size)
    archive.add("data.schema.json", SCHEMA, [schema.text()])
    for kind, part in gathered.chosen.parts.items():
        if spools[kind].total:
            names = tuple(told.name for told in part.section.told)
            rows = cells.rows(names, spools[kind].lines())
            archive.add(csv_file(kind), CSV, rows, expected=_MOST_OF_CSV * spools[kind].size)
    if gathered.chat.total:
        archive.add(CHAT_FILE, LINES, gathered.chat.lines())
    archive.add("manifest.json", JSON, [contents.manifest(gathered, archive.files)])


# A line of CSV has no names in it, but a quote of nested JSON is doubled, and absent fields leave commas.
_MOST_OF_CSV = 3
