"""The notice of a breach as its readers get it, and how many of them there are (ADR 96)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi

_MAX_CALLS = 100  # 100,000 accounts; `--after` continues
_IN_APP = ("nature", "consequences", "measures", "advice")


def newest_of(breach: Case) -> Case:
    """Return the assessment that waits for an approval, else the newest approved one; empty without one."""
    found: Case = breach.get("proposal") or (*reversed(breach["assessments"]), {})[0]
    return found


def read(api: InternalApi, path: str, after: str | None) -> Case:
    """Read the notice, and add up the counts page by page until their end or the limit."""
    counts, cursor, accounts = defaultdict[str, Counter[str]](Counter), after, 0
    for _ in range(_MAX_CALLS):
        page = api.call("GET", f"{path}?cursor={cursor}" if cursor else path)
        cursor, accounts = page.get("next_cursor"), accounts + page["read"]
        for country, channels in page["counts"].items():
            counts[country].update(channels)
        if cursor is None:
            break
    return page | {"read": accounts, "counts": counts, "next_cursor": cursor}


def shown(seen: Case, newest: Case) -> Iterator[RenderableType]:
    """Return the counts and the notice in each language; nothing if no person is to be notified."""
    if not seen:
        return
    yield _counted(seen)
    yield "No text message is sent: it has no room for what the law demands."
    if seen["next_cursor"]:
        yield f"There are more accounts: `--after {seen['next_cursor']}` counts on from here."
    for language, notice in seen["notices"].items():
        yield f"\n--- {language}: mail ---\nSubject: {notice['subject']}\n\n{notice['Text']}"
        yield tables.facts(f"{language}: page in the app", tables.fields_of(notice, *_IN_APP))
    yield f"SHA-256 of the notice: {seen['digest']}"
    if newest.get("rendering", seen["digest"]) != seen["digest"]:
        yield "It is NOT the notice that was proposed: withdraw the assessment, and propose it again."


def write(seen: Case, folder: Path) -> str:
    """Write the mail of each language as HTML and as plain text; return a line about the files."""
    folder.mkdir(parents=True, exist_ok=True)
    for language, notice in seen["notices"].items():
        (folder / f"{language}.html").write_text(notice["Html"], encoding="utf-8")
        (folder / f"{language}.txt").write_text(notice["Text"], encoding="utf-8")
    return f"The mails are in {folder}: {', '.join(seen['notices'])}, each as .html and .txt."


def tables_of(page: Case) -> Iterator[Table]:
    """Return the tables of a page of the preview, for the desk."""
    yield _counted(page)
    for language, notice in page["notices"].items():
        yield tables.facts(f"In the app, {language}", tables.fields_of(notice, "subject", *_IN_APP))
    yield tables.facts("SHA-256 of the notice", [("digest", page["digest"])])


def _counted(seen: Case) -> Table:
    rows = (
        ("no country declared" if country == "none" else country, channel.replace("_", " "), accounts)
        for country, channels in sorted(seen["counts"].items())
        for channel, accounts in channels.items()
    )
    return tables.table_of(f"{seen['read']} accounts read", ("country", "channel", "accounts"), rows)
