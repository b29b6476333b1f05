"""Assembles the package for a request for access or portability, and uploads it to S3.

    assembled = assemble(asked, chat, to=f"exports/{request_id}.zip")

`asked` names the subject and the kind of copy. The copy shows the data as of `asked.received_at`. `chat` is
Stream's export, or the reason why there is none. The ZIP contains:

    index.html            for people
    data.json             all records from our tables, for programs
    data.schema.json      the JSON Schema of data.json
    csv/<kind>.csv        the records of one kind, for spreadsheets
    chat/messages.ndjson  data at Stream, one object per line
    avatar.jpg            the subject's picture, if they have one
    manifest.json         hashes of the files; what is withheld or missing

Invariants:

- All tables are read before the upload starts. If a table does not respond, `Unavailable` is raised and S3 is
  unchanged.
- A repetition with the same key replaces the object as a whole; until then the previous object stays.
- Memory is constant: records go through the disk (spool) into the ZIP, and the ZIP in parts to S3 (archive).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.accounts.avatars import service as avatars
from chalicelib.accounts.avatars.model import Avatar
from chalicelib.core import clock
from chalicelib.rights.copy import contents, page, schema, spreadsheet
from chalicelib.rights.copy.archive import Archive, zipped_to
from chalicelib.rights.copy.contents import AVATAR_FILE, CHAT_FILE, Chat, CopyRequest, Gathered, csv_file
from chalicelib.rights.copy.manifest import MissingFromCopy
from chalicelib.rights.copy.reader import Reading, Unread, UnreadableReason
from chalicelib.rights.copy.selection import CHAT, selection
from chalicelib.rights.copy.spool import Spools, spooled

JSON, CSV, HTML, LINES, SCHEMA, JPEG = (
    "application/json",
    "text/csv; charset=utf-8; header=present",
    "text/html; charset=utf-8",
    "application/x-ndjson",
    "application/schema+json",
    "image/jpeg",
)


@dataclass(frozen=True)
class Assembled:
    """The uploaded package.

    `counts`: records by kind; `missing`: data that could not be included.
    """

    sha256: str
    size: int
    counts: Mapping[str, int]
    missing: tuple[MissingFromCopy, ...] = field(default=())


def assemble(asked: CopyRequest, chat: Chat, to: str) -> Assembled:
    """Read all data of a subject, and upload the package to a key of the export bucket.

    Raises:
        Unavailable: a table, KMS or S3 does not respond. If only the last response was lost, S3 has
            the new package. The call can be repeated.
        AwsBug: AWS rejects a call, and a retry would not help.
        TooMuch: the records do not fit on the function's disk. A retry cannot succeed.
    """
    with spooled() as spools:
        gathered = _gather(asked, chat, spools)
        with zipped_to(to, asked.received_at) as (archive, upload):
            _write(archive, gathered)
        counts = {kind: spools[kind].total for kind in gathered.chosen.parts}
        counts[CHAT.kind] = chat.total
        return Assembled(upload.sha256, upload.size, counts, contents.missing(gathered))


def assemble_chat(chat: Chat, as_of: datetime, to: str) -> Assembled:
    """Upload a package with Stream's part only to a key of the export bucket.

    Raises:
        Unavailable, AwsBug: as for `assemble`.
    """
    with zipped_to(to, as_of) as (archive, upload):
        archive.add(CHAT_FILE, LINES, chat.lines())
    return Assembled(upload.sha256, upload.size, {CHAT.kind: chat.total}, chat.missing)


def _gather(asked: CopyRequest, chat: Chat, spools: Spools) -> Gathered:
    """Read all records; each becomes one line on the disk."""
    gathered = Gathered(asked, selection(asked.copy), spools, chat, made_at=clock.now())
    reading = Reading(asked.account_id, asked.received_at, gathered.chosen)
    fields = {kind: set(part.fields) for kind, part in gathered.chosen.parts.items()}
    for found in reading:
        if isinstance(found, Unread):
            gathered.unread[found] += 1
            continue
        kind, record = found
        spools.add(kind, record.model_dump_json(include=fields[kind], exclude_none=True))
        gathered.note_fields(kind, record)
    gathered.user_id = reading.user_id
    _add_picture(gathered, reading.avatar)
    return gathered


def _add_picture(gathered: Gathered, avatar: Avatar | None) -> None:
    """Read the picture that the subject shows now, for either kind of copy."""
    if avatar and avatar.picture:
        gathered.picture = avatars.read_kept(avatar.picture)
        if gathered.picture is None:
            gathered.unread[Unread(Avatar.declaration.kind, UnreadableReason.FILE_GONE)] += 1


def _write(archive: Archive, gathered: Gathered) -> None:
    """Write the files in order; the manifest is last, because it has the hashes of the others."""
    spools = gathered.spools
    archive.add("index.html", HTML, page.page(contents.about(gathered), contents.views(gathered)))
    archive.add("data.json", JSON, contents.data(gathered), expected=gathered.size)
    archive.add("data.schema.json", SCHEMA, [schema.text()])
    for kind, part in gathered.chosen.parts.items():
        if spools[kind].total:
            names = tuple(field.name for field in part.section.disclosed)
            rows = spreadsheet.rows(names, spools[kind].lines())
            archive.add(csv_file(kind), CSV, rows, expected=_MAX_CSV_FACTOR * spools[kind].size)
    if gathered.chat.total:
        archive.add(CHAT_FILE, LINES, gathered.chat.lines())
    if gathered.picture:
        archive.add_bytes(AVATAR_FILE, JPEG, [gathered.picture])
    archive.add("manifest.json", JSON, [contents.manifest(gathered, archive.files)])


# A CSV file has at most this many times the bytes of its JSON lines. It repeats no field names, but doubles
# quotes and has a comma for each absent field.
_MAX_CSV_FACTOR = 3
