"""The files of a regulator pack: what each says, made from what the reader and the Ledger return (ADR 53).

No file names a person, an account or a member of staff. A request is named by its id, which is random and
which its subject has on their receipt.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from chalicelib.core import clock
from chalicelib.retention.purge.evidence import FINISHED, NOTHING_FOUND
from infra.ops.reports.archive import PackWriter
from infra.ops.reports.reader import ReportReader
from infra.processing.texts import csv_of

_LOG_COLUMNS = (
    "reference", "right", "channel", "received_on", "due_on", "answered_on", "closed_on", "outcome", "reason",
    "late", "extension_days", "extension_reason", "paused_days", "without_account", "represented", "missing",
)  # fmt: skip
_CERTIFICATE_COLUMNS = ("reference", "closed_on", "sha256")
_YES_NO = {True: "yes", False: "no"}
_IN_MEMORY = 1 << 20
_BREACH_FIELDS = (
    "id", "status", "discovered_at", "opened_at", "risk", "audience", "notices_from", "notices_done_at",
    "closed_at", "open_duties",
)  # fmt: skip
_COMPLAINT_FIELDS = (
    "id", "complainant", "status", "complained_at", "due_at", "outcome", "decided_at", "closed_at",
)  # fmt: skip
_CLOCK_FIELDS = (
    "country", "authority", "rule", "due_at", "notified_at", "follow_up_due_at", "completed_at",
)  # fmt: skip


@dataclass
class RequestsSeen:
    """What the log has passed on: the ids in its order, and counts."""

    references: list[str] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    late: int = 0
    certificates: int = 0

    def summary(self, unreadable: Iterable[str]) -> dict[str, Any]:
        """The counts of the log, and the requests that could not be read."""
        by_right: dict[str, dict[str, int]] = {}
        for (right, outcome), number in sorted(self.outcomes.items()):
            by_right.setdefault(right, {})[outcome] = number
        return {
            "received": len(self.references),
            "late": self.late,
            "by_right": by_right,
            "unreadable": sorted(unreadable),
        }


def add_files(pack: PackWriter, reader: ReportReader, state: Mapping[str, Any]) -> RequestsSeen:
    """Add all files but that of the Ledger; return what the log has passed on."""
    record = state["record_of_processing"]
    kinds = len(record["processing"])
    pack.add_json("record-of-processing.json", "the record of processing, Art. 30(1) GDPR", record, kinds)
    pack.add("record-of-processing.csv", "the same, for spreadsheets", [csv_of(record)])
    recipients = record["recipients"]
    pack.add_json("recipients.json", "the register of recipients", recipients, len(recipients))
    kept = retention(record, state["purge"])
    said = "the periods in force, and what the purge stated about each day"
    pack.add_json("retention.json", said, kept, kinds)
    notices = state["notices"]
    pack.add_json("notices.json", "the versions of the terms and the privacy policy", notices, len(notices))
    seen = RequestsSeen()
    with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="") as certificates:
        pack.add("rights-log.csv", "the requests received in the period", _log(reader, seen, certificates))
        certificates.seek(0)
        pack.add("certificates.csv", "SHA-256 of the certificates of their erasures", certificates)
    summary = seen.summary(reader.unreadable["requests"])
    pack.add_json("rights-summary.json", "counts of the log", summary, len(summary["by_right"]))
    found = breaches(reader)
    pack.add_json("breaches.json", "breaches that were open in the period", found, len(found["items"]))
    received, about = complaints(reader), "complaints received in it, about answers to requests"
    pack.add_json("complaints.json", about, received, len(received["items"]))
    counts = disclosures(reader)
    grounds = len(counts["by_ground"])
    pack.add_json("disclosures.json", "counts of disclosures proposed in it", counts, grounds)
    pack.entries |= {
        "record-of-processing.csv": kinds,
        "rights-log.csv": len(seen.references),
        "certificates.csv": seen.certificates,
    }
    return seen


def retention(record: Mapping[str, Any], purge: list[dict[str, Any]]) -> dict[str, Any]:
    """The periods in force, the statements of the purge, and what the newest one says is left.

    `expired_items_left` is null if no statement says it: there is none, or its run did not read all.
    """
    periods = [
        {name: row[name] for name in ("kind", "where", "kept", "period")} for row in record["processing"]
    ]
    return {
        "periods": periods,
        "expired_items_left": _left(purge[0]) if purge else None,
        "stated_at": purge[0]["at"] if purge else None,
        "statements": purge,
    }


def _left(statement: Mapping[str, Any]) -> int | None:
    """What was past its end and stored when a run of the purge ended; null if the run did not read all."""
    said = statement["said"]
    if statement["event"] == NOTHING_FOUND:
        return 0
    if statement["event"] != FINISHED or not said["complete"]:
        return None
    left: int = sum(place["found"] - place["deleted"] for place in said["tables"].values())
    return left


def breaches(reader: ReportReader) -> dict[str, Any]:
    """The breaches that were open at some time of the period, without any text; and those not readable."""
    first, end = clock.to_text(reader.since), clock.to_text(reader.until)
    found = [
        one for one in reader.breaches() if one["discovered_at"] < end and one.get("closed_at", end) >= first
    ]
    found.sort(key=lambda one: (one["discovered_at"], one["id"]))
    return {"items": [_breach(one) for one in found], "unreadable": sorted(reader.unreadable["breaches"])}


def _breach(one: Mapping[str, Any]) -> dict[str, Any]:
    clocks = [{name: of[name] for name in _CLOCK_FIELDS if name in of} for of in one["clocks"]]
    return {**{name: one[name] for name in _BREACH_FIELDS if name in one}, "authorities": clocks}


def complaints(reader: ReportReader) -> dict[str, Any]:
    """The complaints that were received in the period, without any text; and those not readable."""
    found = sorted(reader.complaints(), key=lambda one: (one["complained_at"], one["id"]))
    items = [{name: one[name] for name in _COMPLAINT_FIELDS if name in one} for one in found]
    return {"items": items, "unreadable": sorted(reader.unreadable["complaints"])}


def disclosures(reader: ReportReader) -> dict[str, Any]:
    """Counts of disclosures by ground and status; `given` counts those whose data went out.

    `unreadable` counts those that were altered, of the period or later: their ids stay secret, as all do.
    """
    counts: dict[str, Counter[str]] = {}
    for one in reader.disclosures():
        of_ground = counts.setdefault(one["ground"], Counter())
        of_ground[one["status"]] += 1
        of_ground["given"] += "disclosed_at" in one
        of_ground["secret_now"] += one["secret"]
    by_ground = {ground: dict(sorted(of.items())) for ground, of in sorted(counts.items())}
    return {"by_ground": by_ground, "unreadable": len(reader.unreadable["disclosures"])}


def _log(reader: ReportReader, seen: RequestsSeen, certificates: IO[str]) -> Iterator[str]:
    """Yield the lines of the log, and write those of the certificates beside it."""
    certificates.write(_line(_CERTIFICATE_COLUMNS))
    yield _line(_LOG_COLUMNS)
    for one in reader.requests():
        seen.references.append(one["rights_request_id"])
        seen.outcomes[one["right"], one["status"]] += 1
        seen.late += one["late"]
        if "certificate" in one:
            seen.certificates += 1
            certificates.write(
                _line((one["rights_request_id"], _day(one.get("closed_at")), one["certificate"]))
            )
        yield _line(
            (
                one["rights_request_id"],
                one["right"],
                one["received_by"],
                *(_day(one.get(name)) for name in ("received_at", "due_at", "answered_at", "closed_at")),
                one["status"],
                one.get("reason", ""),
                _YES_NO[one["late"]],
                one.get("extension_days", ""),
                one.get("extension_reason", ""),
                one["paused_days"],
                _YES_NO[one["without_account"]],
                _YES_NO[one["represented"]],
                "; ".join(one["missing"]),
            )
        )


def _line(values: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue()


def _day(instant: str | None) -> str:
    """The day of an instant in the controller's zone, by which periods count."""
    return clock.day_of(datetime.fromisoformat(instant)).isoformat() if instant else ""
