"""Builds a copy's page of real size, with values of every declared kind, also hostile ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.core.phrases import IN_ENGLISH, Phrasebook
from chalicelib.privacy import plans, register
from chalicelib.privacy.plans import WithheldField
from chalicelib.privacy.register import WITHOUT_RECORD
from chalicelib.rights.copy.model import ROWS, About, CopyKind, File, Row, SectionView
from chalicelib.rights.copy.page import page
from chalicelib.rights.copy.phrases import phrasebook

RECEIVED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

SCRIPT = "<script>document.title = 'hurt'</script>"
OVERRIDE = "gnp.erutcip\u202egpj.exe"
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 12
STACKED_MARKS = "Z" + "\u0301\u0323" * 60
HOSTILE = (
    SCRIPT,
    '"><img src=https://tracker.example/x onerror=alert(1)>',
    "'></td></table></section><h1>Your account was deleted</h1>",
    OVERRIDE,
    LONG_WORD,
    STACKED_MARKS,
    "half a character \ud83d, a null \x00 and a bell \x07",
    "</style><style>*{display:none}",
    "سلام، این یک پیام است",
    "一二三四五六七八九十" * 20,
    "two\nlines",
    "&lt;b&gt; &amp;amp;",
)

# One value for each field that a kind has, as records store it.
_PLAIN = {
    "account_id": "a_01jdd4f3v0qk7m8x2c5t9w6zre", "user_id": "u_7h2k9d3m5p8q", "state": "active",
    "phone": "+381601234567", "locale": "sr-Latn-RS", "pseudonym": "c3f9a17e6b0d4428",
    "created_at": "2025-02-03 08:15:22 UTC", "accepted_at": "2025-02-03 08:16:01 UTC",
    "version": "terms-2024-05-08", "display_name": "Mila Petrović", "name": "Mila Petrović",
    "date_of_birth": "1991-04-17", "job_title": "Hydrologist", "employer": "Institute of Water, Novi Sad",
    "country": "RS", "email": "mila@example.com",
    "discoverable": "yes", "online_visible": "no", "consents": "analytics, contact matching",
    "device": "5b0f2a6e-7f7e-4a0c-9c59-0a4a8b1d2e77", "last_used_at": "2026-11-19 21:40:10 UTC",
    "announced_at": "2026-10-01 10:00:00 UTC", "channel": "mail", "at": "2026-11-19 21:40:10 UTC",
    "platform": "ios", "os_version": "19.1", "app_version": "2.4.0", "model": "iPhone 17",
}  # fmt: skip
# As a young account: in the order of contents.py, and without these.
FIRST = ("profile", "chat_message", "session", "known_device", "purposes", "invoice")
NONE = ("contact", "contact_code", "contact_count", "invitation", "sent_invitation", "stream_case")
_SIZES = {"profile": 1, "account": 1, "purposes": 1, "session": 7, "usage_event": 4218, "chat_message": 312}


def _rank(view: SectionView) -> tuple[bool, int]:
    return not view.copied, FIRST.index(view.kind) if view.kind in FIRST else len(FIRST)


def an_about(**changes: object) -> About:
    kinds = tuple(view.kind for view in sections() if view.copied)
    about = About(
        copy=CopyKind.ACCESS,
        request_id="r_01jdd4f3v0qk7m8x2c5t9w6zre",
        received_at=RECEIVED,
        made_at=RECEIVED + timedelta(hours=2),
        contact="privacy@test.example",
        kinds=kinds,
        none=NONE,
        files=(
            File("data.json", "all records, for programs"),
            File("data.schema.json", "what data.json looks like"),
            File("csv/", "the same for spreadsheets, a file for each kind"),
            File("chat/messages.ndjson", "your messages, as Stream keeps them"),
            File("manifest.json", "what is in the package, and a checksum of each file"),
        ),
    )
    return replace(about, **changes)  # type: ignore[arg-type] # a field's own type


def sections(hostile: tuple[str, ...] = HOSTILE, say: Phrasebook = IN_ENGLISH) -> Iterator[SectionView]:
    """Return the sections of a page in its order."""
    yield from sorted((one for one in _every(hostile, say) if one.kind not in NONE), key=_rank)


def _every(hostile: tuple[str, ...], say: Phrasebook) -> Iterator[SectionView]:
    """Return a section for each declared kind, then those that no record class holds."""
    for section in plans.export_plan(register.records()):
        names = [field.name for field in section.disclosed]
        total = _SIZES.get(section.kind, 3) if names else 0
        rows = [_row(names, number, hostile) for number in range(min(total, ROWS))]
        yield SectionView.of(section, say, rows, total, f"csv/{section.kind}.csv")
    yield from _elsewhere(hostile, say)


def _row(names: list[str], number: int, hostile: tuple[str, ...]) -> Row:
    row = {name: _PLAIN.get(name, f"{name}-{number}") for name in names}
    chosen = [name for name in names if name in {"name", "screen", "job_title", "device", "diagnostics"}]
    for name in chosen:
        row[name] = hostile[number % len(hostile)] if number % 2 else f"meeting.{name}"
    return row | {name: f"2026-11-{1 + number % 28:02} 21:40:10 UTC" for name in names if name == "at"}


def _elsewhere(hostile: tuple[str, ...], say: Phrasebook) -> Iterator[SectionView]:
    chat, evidence = (kind for kind in WITHOUT_RECORD if kind.kind in {"chat_message", "evidence"})
    texts = ["See you at nine", "I am late, sorry", *hostile]
    messages = [
        {
            "at": f"2026-11-{1 + n % 28:02} 09:00:00 UTC",
            "channel": "Sunday hike",
            "text": texts[n % len(texts)],
        }
        for n in range(ROWS)
    ]
    yield SectionView.of_data_without_record(
        chat,
        say,
        messages,
        _SIZES["chat_message"],
        "chat/messages.ndjson",
        withheld=(
            WithheldField("members", "names and messages of other people are theirs (Art. 15(4) GDPR)"),
        ),
        missing=("Stream gave no copy of 2 of 314 messages, and was asked three times.",),
    )
    entries = [{"at": _PLAIN["accepted_at"], "entry": "consent_given", "seal": "9f3c" * 16}]
    yield SectionView.of_data_without_record(evidence, say, entries, 1, "csv/evidence.csv")


def a_page(about: About | None = None, hostile: tuple[str, ...] = HOSTILE) -> str:
    about = about or an_about()
    return "".join(page(about, sections(hostile, phrasebook(about.language))))
