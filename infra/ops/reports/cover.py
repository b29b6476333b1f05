"""The first page of a regulator pack: what the pack holds, how to verify it, and what it does not hold.

It says nothing of a person that the other files do not say, since it is made from their counts, the facts of
the manifest and what was verified in the Ledger. Findings come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import instant, opening, table
from infra.ops.reports.archive import MANIFEST, PackedFile

PATH, WHAT = "00-read-me-first.html", "this page"
_VERIFY = f"""
Ask the controller for the SHA-256 of {MANIFEST} and for the fingerprint of the key of checkpoints, in \
another way than the one by which you received the pack, and compare both.
{MANIFEST} lists the size and the SHA-256 of each other file. Any program that computes SHA-256 can compare \
them. The command report verify PACK of the controller's software does it without an account.
The existence proof is a file beside the pack. The command report verify PACK --proof PROOF shows that this \
pack existed by a time, because a checkpoint signed its manifest. That the files are true rests on the \
evidence in the controller's Ledger; ledger.json states which part of it was verified for this pack.
"""
_LEFT_OUT = """
Names, accounts and contact data of people, and names of staff: a request is named by a random reference, \
which is on the receipt of its subject. Ask for a case by its reference.
Texts of requests, answers and breaches, messages, and copies of data: they may name people.
Single disclosures: an order may forbid the controller to inform its subject, so the pack has only counts.
Requests received on other days, and breaches closed before the period or discovered after it: ask for a \
pack of another period.
"""


def page(
    facts: Mapping[str, Any],
    files: Sequence[PackedFile],
    entries: Mapping[str, int],
    ledger: Mapping[str, Any],
    unreadable: int,
) -> Iterator[str]:
    """Yield the page.

    Args:
        facts: those of the manifest.
        files: the other files.
        entries: how many entries a file has, by its path.
        ledger: what was verified in the Ledger.
        unreadable: how many records could not be read.
    """
    heading = f"Regulator pack of {facts['controller']}"
    yield opening(heading, Language.ENGLISH)
    yield Html('<div class="page">')
    period = " to ".join(_day(facts["period"][name]) for name in ("first", "last"))
    yield tag("header", tag("h1", heading), tag("p", f"About the days from {period}.", class_="lead"))
    rows = ((one.path, one.what, _number(entries.get(one.path))) for one in files)
    manifest = (MANIFEST, "the size and the SHA-256 of each file", _number(len(files) + 1))
    cards = {
        "About this pack": _about(facts, ledger, period),
        "What it holds": table(("File", "What it says", "Entries"), (*rows, manifest)),
        "How to verify it": _list("ol", _VERIFY),
        "What it does not hold, and why": _list("ul", _LEFT_OUT),
    }
    links = (tag("li", tag("a", title, href=f"#part-{number}")) for number, title in enumerate(cards))
    yield tag("nav", tag("ul", *links), aria_label="Parts of this page")
    yield Html("<main>")
    yield from _faults(ledger["findings"], unreadable)
    for number, (title, content) in enumerate(cards.items()):
        inside = (tag("h2", title, id=f"part-{number}"), content)
        yield tag("section", *inside, class_="card", aria_label=title)
    yield Html("</main></div></body></html>\n")


def _faults(findings: Sequence[str], unreadable: int) -> Iterator[Html]:
    faults = [f"Findings of the Ledger, which are in ledger.json too: {len(findings)}"] if findings else []
    faults += findings
    if unreadable:
        faults.append(
            f"Records that are left out, because they were altered and cannot be read: {unreadable}"
        )
    if faults:
        yield tag("div", tag("h2", "Faults"), *(tag("p", one) for one in faults), class_="card warn")


def _about(facts: Mapping[str, Any], ledger: Mapping[str, Any], period: str) -> Html:
    requests = ledger["requests"]
    chosen = "" if requests["every"] == 1 else f", one of every {requests['every']} in the order of receipt"
    return pairs(
        ("Controller", facts["controller"]),
        ("Period", f"{period}, both included, by the time of {facts['period']['zone']}"),
        ("Requests in it", f"{requests['in_period']:,}"),
        ("Evidence verified", f"of {requests['verified']:,} requests{chosen}"),
        ("Findings of the Ledger", str(len(ledger["findings"]) or "none")),
        ("Made", instant(datetime.fromisoformat(facts["made_at"]), Language.ENGLISH)),
        ("Report", facts["report"]),
        ("Stage", facts["stage"]),
        ("Version", facts["version"]),
    )


def _list(kind: str, lines: str) -> Html:
    return tag(kind, *(tag("li", line) for line in lines.strip().splitlines()))


def _day(day: str) -> str:
    return day_in_words(date.fromisoformat(day), Language.ENGLISH)


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"
