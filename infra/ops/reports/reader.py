"""Reads what a report needs, page by page, over the internal API. It keeps no more than a page in memory.

The operator's limit of calls a minute, or a busy service, makes a command wait and repeat the call. All these
calls may be repeated: a second `begin` would only begin a second report, which no command reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.core import clock
from infra.ops.internal_api import CallRefused, InternalApi
from infra.ops.refused import CommandRefused

MAX_PAGES = 20_000  # two million requests
_TRIES = 40
_BETWEEN = timedelta(seconds=3)  # two minutes in all; the limit of calls counts by the minute
_PASSING = ("429", "503")
_TELL_EVERY = 10  # pages

Say = Callable[[str], object]


class TooManyPages(CommandRefused):
    """The period has more records than one report reads."""


@dataclass
class ReportReader:
    """The pages of one report.

    Attributes:
        unreadable: the ids of records that the API could not open so far, by `requests`, `complaints`,
            `disclosures` and `breaches`.
    """

    api: InternalApi
    report_id: str
    first: date
    last: date
    say: Say
    unreadable: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def begin(cls, api: InternalApi, first: date, last: date, say: Say) -> ReportReader:
        """Begin a report, which the Ledger records.

        Raises:
            CallRefused: the API refused it.
        """
        body = {"first": first.isoformat(), "last": last.isoformat()}
        return cls(api, _call(api, "POST", "/reports", body)["id"], first, last, say)

    @property
    def since(self) -> datetime:
        """The first instant of the period."""
        return clock.beginning_of(self.first)

    @property
    def until(self) -> datetime:
        """The first instant after the period."""
        return clock.beginning_of(self.last + timedelta(days=1))

    def state(self) -> dict[str, Any]:
        """What the deployed stage is."""
        return _call(self.api, "GET", f"/reports/{self.report_id}/state")

    def requests(self) -> Iterator[dict[str, Any]]:
        """Yield the requests that were received in the period, oldest first."""
        read = 0
        for number, page in enumerate(self._pages(f"/reports/{self.report_id}/requests"), 1):
            yield from page["items"]
            read += len(page["items"])
            if not number % _TELL_EVERY:
                self.say(f"{read} requests read")

    def disclosures(self) -> Iterator[dict[str, Any]]:
        """Yield the disclosures that were proposed in the period, newest first."""
        for page in self._pages("/disclosures"):
            for one in page["items"]:
                proposed_at = datetime.fromisoformat(one["proposed_at"])
                if proposed_at < self.since:
                    return
                if proposed_at < self.until:
                    yield one

    def complaints(self) -> Iterator[dict[str, Any]]:
        """Yield the complaints that were received in the period, open ones first."""
        for page in self._pages("/complaints"):
            for one in page["items"]:
                if self.since <= datetime.fromisoformat(one["complained_at"]) < self.until:
                    yield one

    def breaches(self) -> Iterator[dict[str, Any]]:
        """Yield all breaches, open ones first."""
        for page in self._pages("/breaches"):
            yield from page["items"]

    def say_unreadable(self, consequence: str) -> None:
        """Say how many records the API could not open, if any, and what follows from that."""
        if number := sum(map(len, self.unreadable.values())):
            self.say(f"{number} records cannot be read, because they were altered. {consequence}")

    def record_manifest(self, sha256: str) -> None:
        """Record the hash of a pack's manifest in the Ledger."""
        _call(self.api, "PUT", f"/reports/{self.report_id}/manifest", {"sha256": sha256})

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        query = ""
        for _ in range(MAX_PAGES):
            page = _call(self.api, "GET", path + query)
            self.unreadable[path.rpartition("/")[2]] += page.get("unreadable", ())
            yield page
            if "next_cursor" not in page:
                return
            query = f"?cursor={page['next_cursor']}"
        raise TooManyPages(f"The period has more than {MAX_PAGES} pages of {path}. Choose a shorter one.")


def _call(api: InternalApi, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Make a call, and repeat it while the service refuses it for now."""
    for _ in range(_TRIES - 1):
        try:
            return api.call(method, path, body)
        except CallRefused as refused:
            if not str(refused).startswith(_PASSING):
                raise
        clock.pause(_BETWEEN)
    return api.call(method, path, body)
