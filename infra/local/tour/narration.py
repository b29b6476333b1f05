"""The console output of the tour, and the state that its chapters share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from stream_chat import StreamChat

from infra.local import chromium
from infra.local.backups import TableBackups
from infra.local.chromium import PHONE, NoChromium
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, PhoneAnswer
from infra.local.waiting import until

_GOOD = 400


class TourFailed(AssertionError):
    """A check of the tour failed."""


@dataclass
class Tour:
    """The cloud, the users so far, and the console.

    Attributes:
        number: of this tour on the cloud, from 0. Each has other phone numbers, addresses and days.
        phones: the users that signed up in earlier chapters.
        backups: those that a later chapter restores.
        copy_id: the request whose copy a later chapter looks for.
    """

    cloud: LocalCloud
    console: Console
    number: int = 0
    phones: dict[str, Phone] = field(default_factory=dict)
    backups: TableBackups | None = None
    copy_id: str = ""
    pair_cid: str = ""

    def someone(self, name: str, line: str) -> Phone:
        """Add a user with a phone, and print its responses."""
        phone = self.phone(line)
        phone.on_answer = lambda answer: self._exchange(name, answer)
        self.phones[name] = phone
        return phone

    def phone(self, line: str) -> Phone:
        """Return a phone with a Serbian number that is not assigned; `line` is its last seven digits."""
        return Phone(self.cloud.state.api_url, f"+3816{self.number}{line}", self.cloud.texts_to)

    def say(self, text: str) -> None:
        """Print one line."""
        self.console.print(f"  {text}", highlight=False)

    def check(self, fact: str, holds: bool) -> None:  # noqa: FBT001 - reads as a sentence
        """Print a fact that holds.

        Raises:
            TourFailed: it does not hold.
        """
        if not holds:
            raise TourFailed(fact)
        self.console.print(f"  [green]✓[/] {fact}", highlight=False)

    def wait_for(self, fact: str, look: Callable[[], bool], seconds: float = 15.0) -> None:
        """Wait until a fact holds, and print it.

        Raises:
            NotInTime: it did not hold within `seconds`.
        """
        until(look, fact, seconds)
        self.check(fact, holds=True)

    def photograph(self, url: str, ready: str, file: Path) -> None:
        """Take a picture of a page on a phone, if a browser is installed.

        Args:
            url: the address of the page, on this machine.
            ready: a JavaScript expression that is true once the page is complete.
            file: the picture.
        """
        try:
            with chromium.browser() as browser:
                browser.visit(url, PHONE)
                until(lambda: browser.value(ready), "the page")
                file.write_bytes(browser.picture())
                self.say(f"on her phone: [bold]{file}[/]")
                fits = browser.value("document.documentElement.scrollWidth <= innerWidth")
                self.check("the page fits her phone's screen", bool(fits))
        except NoChromium:
            self.say("(no screenshot: Chromium is not installed)")

    def name_at_stream(self, phone: Phone) -> object:
        """Return the display name of a user at Stream."""
        return self.cloud.stream.state()["users"].get(phone.user_id, {}).get("name")

    def stream_api(self) -> StreamChat:
        """Return Stream's server API; the tour creates channels with it."""
        stream = self.cloud.stream
        return StreamChat(stream.api_key, stream.secret, base_url=stream.url)

    def _exchange(self, name: str, answer: PhoneAnswer) -> None:
        colour = "green" if answer.status < _GOOD else "yellow"
        note = f" {answer.problem}" if answer.problem else ""
        self.console.print(
            f"  [dim]{name:>6}[/] {answer.method:<6} {answer.path}  [{colour}]{answer.status}[/]{note}",
            highlight=False,
        )


Chapter = Callable[[Tour], None]


def play(tour: Tour, chapters: Sequence[Chapter]) -> bool:
    """Play chapters in order until one fails; return whether all succeeded."""
    for number, chapter in enumerate(chapters, 1):
        title = (chapter.__doc__ or chapter.__name__).splitlines()[0].rstrip(".")
        tour.console.print(f"\n[bold]{number}. {title}[/]")
        started = time.monotonic()
        try:
            chapter(tour)
        except Exception as error:  # noqa: BLE001 - a failure of any kind ends the tour, not the cloud
            tour.console.print(f"  [red]✗[/] {type(error).__name__}: {error}", highlight=False)
            for line in tour.cloud.log_lines():
                if '"ERROR"' in line:
                    tour.console.print(f"  {line}", markup=False, style="dim")
            return False
        tour.console.print(f"  [dim]{time.monotonic() - started:.1f} s[/]")
    return True
