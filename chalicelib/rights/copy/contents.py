"""The contents of a package's files, made from the gathered data. Reads no table.

The page shows values as short texts, and instants in Belgrade time.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from pydantic import BaseModel

from chalicelib.accounts.avatars.model import Avatar
from chalicelib.core.clock import ZONE
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.languages import Language
from chalicelib.core.phrases import IN_ENGLISH, Phrasebook
from chalicelib.core.settings import settings
from chalicelib.privacy import remedies, words
from chalicelib.privacy.controller import SupervisoryAuthority
from chalicelib.privacy.periods import Period
from chalicelib.privacy.plans import UNDISCLOSED_RECORDS, Section, WithheldField
from chalicelib.privacy.purposes import Category
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.copy.archive import Written
from chalicelib.rights.copy.manifest import (
    AuthorityShape,
    ChatShape,
    ControllerShape,
    FileShape,
    Head,
    KindShape,
    LeftOut,
    Manifest,
    MissingFromCopy,
    RecipientShape,
    SectionShape,
    WithheldShape,
)
from chalicelib.rights.copy.model import ROWS, About, CopyKind, File, Row, SectionView, automated_decisions
from chalicelib.rights.copy.phrases import OLDER_MESSAGES, phrasebook, records
from chalicelib.rights.copy.reader import UNKNOWN, Unread, UnreadableReason
from chalicelib.rights.copy.selection import CHAT, CopyPart, Selection, received
from chalicelib.rights.copy.spool import Spools
from chalicelib.staff.billing.model import amount
from chalicelib.stream.export.parts import StreamReason

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)

CHAT_FILE, AVATAR_FILE = "chat/messages.ndjson", "avatar.jpg"
_HELD_THERE = (
    "Stream collects and stores this when you connect. Stream's export of your data does not contain it, so "
    "this copy does not contain it either"
)


# What is nearest to the person comes first on the page: profile, messages, devices, consents, invoices.
_FIRST = ("profile", CHAT.kind, "session", "known_device", "purposes", "invoice")


@dataclass(frozen=True)
class CopyRequest:
    """The request for a copy. The copy shows the data as of `received_at`."""

    copy: CopyKind
    request_id: str
    account_id: AccountId
    received_at: datetime
    country: str | None = None  # declared by the subject; its authority is named in addition to ours
    language: Language = Language.ENGLISH  # of the page; the other files are for programs, and in English

    @property
    def authorities(self) -> tuple[SupervisoryAuthority, ...]:
        """The authorities to which the subject can complain (RGT-9)."""
        return remedies.authorities_for(self.country)


@dataclass(frozen=True)
class Chat:
    """The subject's data at Stream, redacted for disclosure, and what it does not contain.

    Each call of `lines` returns every piece as a line of JSON, with its line end.
    """

    lines: Callable[[], Iterable[str]] = tuple
    counts: Mapping[str, int] = field(default_factory=dict)  # by kind of piece
    left_out: tuple[LeftOut, ...] = ()
    withheld: tuple[WithheldShape, ...] = ()  # fields that no copy discloses
    missing: tuple[MissingFromCopy, ...] = ()

    @property
    def total(self) -> int:
        """The number of pieces."""
        return sum(self.counts.values())


@dataclass
class Gathered:
    """The result of reading: records as lines on the disk, and what the copy says about them."""

    asked: CopyRequest
    chosen: Selection
    spools: Spools
    chat: Chat
    made_at: datetime
    user_id: UserId | None = None
    picture: bytes | None = field(default=None, repr=False)
    unread: Counter[Unread] = field(default_factory=Counter)
    _held: dict[str, set[str]] = field(default_factory=dict)

    def note_fields(self, kind: str, record: BaseModel) -> None:
        """Note which fields have a value: only recipients of such fields received data."""
        held = self._held.setdefault(kind, set())
        for name in self.chosen.parts[kind].fields - held:
            if getattr(record, name) is not None:
                held.add(name)

    def sections(self) -> Iterator[tuple[CopyPart, Section]]:
        """Return each kind with only those recipients that received data."""
        for kind, part in self.chosen.parts.items():
            yield part, received(part, self._held.get(kind, ()))

    @property
    def size(self) -> int:
        """An upper bound of the bytes of data.json: all records and the text around them."""
        around = 4096
        return sum(self.spools[kind].size + around for kind in self.chosen.parts)


def csv_file(kind: str) -> str:
    """Return the path of a kind's CSV file in the package."""
    return f"csv/{kind}.csv"


def data(gathered: Gathered) -> Iterator[str]:
    """Write data.json, record by record."""
    yield _opened(_head(gathered)) + ',\n"sections": {'
    for number, (part, section) in enumerate(gathered.sections()):
        beside = _opened(SectionShape.of(section))
        yield f'{"," if number else ""}\n"{part.kind}": {beside}, "records": ['
        for place, line in enumerate(gathered.spools[part.kind].lines()):
            yield f"{',' if place else ''}\n{line}"
        yield "]}"
    yield f'}},\n"chat": {_chat(gathered).model_dump_json(exclude_none=True)}}}\n'


def manifest(gathered: Gathered, files: Iterable[Written]) -> str:
    """Write manifest.json, after all other files."""
    sections = list(gathered.sections())
    named = {r for _, section in sections for r in section.recipients} | set(_chat_recipients(gathered))
    whole = Manifest(
        **dict(_head(gathered)),
        authorities=tuple(map(AuthorityShape.showing, gathered.asked.authorities)),
        files=tuple(map(FileShape.showing, files)),
        kinds=tuple(_kind(gathered, part, section) for part, section in sections),
        kinds_left_out=gathered.chosen.left_out,
        chat=_chat(gathered),
        recipients={r.name: RecipientShape.of(r) for r in Recipient if r in named},
        automated_decisions=automated_decisions(IN_ENGLISH)
        if gathered.chosen.copy is CopyKind.ACCESS
        else None,
        errors=missing(gathered),
    )
    return whole.model_dump_json(exclude_none=True, indent=1) + "\n"


def missing(gathered: Gathered) -> tuple[MissingFromCopy, ...]:
    """Return the data that could not be included, counted by kind and reason."""
    unread = tuple(
        MissingFromCopy(what=one.kind, reason=one.reason.value, text=one.reason.plainly, count=count)
        for one, count in sorted(gathered.unread.items())
    )
    return (*unread, *gathered.chat.missing)


def about(gathered: Gathered) -> About:
    """Return the content above and below the records on the page."""
    unknown = (UNKNOWN,) if any(gap.what == UNKNOWN for gap in missing(gathered)) else ()
    return About(
        copy=gathered.asked.copy,
        request_id=gathered.asked.request_id,
        received_at=gathered.asked.received_at,
        made_at=gathered.made_at,
        contact=settings().contact_email,
        kinds=(*(kind for kind in _shown(gathered) if not _is_apart(gathered, kind)), *unknown),
        files=_files(gathered),
        authorities=gathered.asked.authorities,
        language=gathered.asked.language,
        none=tuple(kind for kind in gathered.chosen.parts if _has_none(gathered, kind)),
    )


def _shown(gathered: Gathered) -> list[str]:
    """Return the kinds that the page shows, in its order; of equal rank, in that of the tables."""
    shown = (kind for kind in (*gathered.chosen.parts, CHAT.kind) if not _has_none(gathered, kind))
    return sorted(shown, key=lambda kind: (_is_apart(gathered, kind), (*_FIRST, kind).index(kind)))


def _is_apart(gathered: Gathered, kind: str) -> bool:
    """Return whether no copy contains records of this kind."""
    return kind != CHAT.kind and not gathered.chosen.parts[kind].section.disclosed


def _has_none(gathered: Gathered, kind: str) -> bool:
    """Return whether there is certainly no record: none was found, is unread, or may be secret."""
    if kind == CHAT.kind or gathered.spools[kind].total or kind in {one.kind for one in gathered.unread}:
        return False
    section = gathered.chosen.parts[kind].section
    return bool(section.disclosed) and all(one.name != UNDISCLOSED_RECORDS for one in section.withheld)


def views(gathered: Gathered) -> Iterator[SectionView]:
    """Return the kinds of record as the page shows them, without those of which there is no record."""
    say = phrasebook(gathered.asked.language)
    sections = {part.kind: section for part, section in gathered.sections()}
    for kind in _shown(gathered):
        if kind == CHAT.kind:
            yield _chat_view(gathered, say)
            continue
        spool = gathered.spools[kind]
        shown = (row(line, say) for line in islice(spool.lines(), ROWS))
        file = csv_file(kind) if spool.total else None
        lost = _sentences(gathered, kind, say)
        yield SectionView.of(sections[kind], say, shown, spool.total, file, lost)
    if lost := _sentences(gathered, UNKNOWN, say):
        yield SectionView(
            kind=UNKNOWN,
            title=say(words.title(UNKNOWN)),
            why=say("no longer known"),
            basis=say("no longer known"),
            kept=say("until the account is deleted"),
            fields=(),
            rows=(),
            total=0,
            missing=lost,
        )


def row(line: str, say: Phrasebook) -> Row:
    """Return the row of a record's JSON; an amount is in the unit of its currency."""
    record = json.loads(line)
    if "amount_minor" in record:
        charged = amount(record["amount_minor"], record["currency"])
        record["amount_minor"] = charged.replace(".", ",") if say.language.is_serbian else charged
    return {name: shown(value, say) for name, value in record.items()}


def shown(value: object, say: Phrasebook) -> str:
    """Return a JSON value as one line of text."""
    match value:
        case bool():
            return say("yes" if value else "no")
        case str():
            return _instant(value) if _INSTANT.fullmatch(value) else value
        case list():
            return ", ".join(shown(inner, say) for inner in value)
        case dict():
            return "; ".join(
                f"{say(words.label(name))}: {_inner(inner, say)}" for name, inner in value.items()
            )
        case _:
            return str(value)


def _instant(value: str) -> str:
    try:
        there = datetime.fromisoformat(value).astimezone(ZONE)
    except (ValueError, OverflowError):  # a text that only looks like an instant
        return value
    return f"{there:%Y-%m-%d %H:%M:%S %Z}"


def _inner(value: object, say: Phrasebook) -> str:
    return f"({shown(value, say)})" if isinstance(value, dict) else shown(value, say)


def _chat_view(gathered: Gathered, say: Phrasebook) -> SectionView:
    chat = gathered.chat
    shown = tuple(row(line, say) for line in islice(chat.lines(), ROWS))
    left_out = (
        WithheldField(f"{say(words.label(part.what))} ({say.number(part.count)})", say(part.text))
        for part in chat.left_out
    )
    return SectionView.of_data_without_record(
        replace(CHAT, recipients=_chat_recipients(gathered)),
        say,
        rows=shown,
        total=chat.total,
        rest=CHAT_FILE if chat.total else None,
        withheld=(*left_out, *_chat_withheld_shown(gathered, say)),
        missing=_sentences(gathered, CHAT.kind, say),
    )


def _files(gathered: Gathered) -> tuple[File, ...]:
    with_records = [kind for kind in gathered.chosen.parts if gathered.spools[kind].total]
    chat = (File(CHAT_FILE, words.title(CHAT.kind)),) if gathered.chat.total else ()
    return (
        File("data.json", "all records, for programs"),
        File("data.schema.json", "the format of data.json, for programs (JSON Schema)"),
        *(File(csv_file(kind), words.title(kind)) for kind in with_records),
        *chat,
        *((File(AVATAR_FILE, words.title(Avatar.declaration.kind)),) if gathered.picture else ()),
        File(
            "manifest.json",
            "everything in this package, with checksums; what is not in it, and why",
        ),
    )


def _sentences(gathered: Gathered, kind: str, say: Phrasebook) -> tuple[str, ...]:
    return tuple(_sentence(gap, say) for gap in missing(gathered) if gap.what == kind)


def _sentence(lost: MissingFromCopy, say: Phrasebook) -> str:
    text = say(lost.text).removesuffix(".")
    if lost.what == CHAT.kind or lost.reason == UnreadableReason.NO_LEAD:  # not about single records
        return f"{text[:1].upper()}{text[1:]}."
    return say("{records} could not be included: {why}.", records=records(lost.count, say), why=text)


def _head(gathered: Gathered) -> Head:
    return Head(
        right=gathered.asked.copy,
        request_id=gathered.asked.request_id,
        subject=gathered.user_id,
        controller=ControllerShape.ours(),
        asked_at=gathered.asked.received_at,
        as_of=gathered.asked.received_at,
        made_at=gathered.made_at,
    )


def _kind(gathered: Gathered, part: CopyPart, section: Section) -> KindShape:
    total = gathered.spools[part.kind].total
    return KindShape.of(section, total, csv_file(part.kind) if total else None, part.left_out)


def _chat(gathered: Gathered) -> ChatShape:
    chat = gathered.chat
    return ChatShape(
        file=CHAT_FILE if chat.total else None,
        records=dict(chat.counts),
        left_out=chat.left_out,
        withheld=_chat_withheld(gathered),
        missing=chat.missing,
    )


def _chat_recipients(gathered: Gathered) -> tuple[Recipient, ...]:
    """Return the recipients of the chat; a portability copy names no recipients."""
    is_named = gathered.chosen.copy is CopyKind.ACCESS and _is_at_stream(gathered)
    return CHAT.recipients if is_named else ()


def _is_at_stream(gathered: Gathered) -> bool:
    """Return whether Stream has data of the subject, even if it could not be included."""
    chat = gathered.chat
    return bool(chat.total) or any(gap.reason != StreamReason.NOT_THERE for gap in chat.missing)


def _chat_withheld(gathered: Gathered) -> tuple[WithheldShape, ...]:
    """Return fields that no copy discloses, deleted messages, and what Stream collects from the device."""
    collected = {
        category
        for recipient in _chat_recipients(gathered)
        for category in recipient.entry.collects - {Category.CONTENT_PRIVATE}
    }
    held_there = (
        WithheldShape(name=words.category(category), why=_HELD_THERE) for category in sorted(collected)
    )
    older = WithheldShape(
        name="older messages", why=OLDER_MESSAGES.format(Period.CHAT_MESSAGES.length.plainly)
    )
    return (*gathered.chat.withheld, *([older] if _is_at_stream(gathered) else []), *held_there)


def _chat_withheld_shown(gathered: Gathered, say: Phrasebook) -> Iterator[WithheldField]:
    """Return them as the page shows them: Stream's own names of fields stay, ours are translated."""
    for withheld in _chat_withheld(gathered):
        where, separator, name = withheld.name.partition(": ")
        named = f"{say(words.label(where))}{separator}{say(name)}"
        yield WithheldField(named, say(withheld.why))


def _opened(shape: BaseModel) -> str:
    """Return a JSON object without its closing brace, so that more can be added."""
    return shape.model_dump_json(exclude_none=True).removesuffix("}")
