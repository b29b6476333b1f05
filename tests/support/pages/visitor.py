"""A person who uses the site in a browser without scripts: follows links, fills in forms, presses buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from tests.support.pages.reading import Read, read
from tests.support.world.world import Reply, World

_HOST = "https://api.test.example"


@dataclass
class Form:
    """A form of a page: where it is sent, what its fields hold, and the fields of each button."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """The forms of a page, its links by their texts, and the text that it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.shown = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if tag == "input" and self.forms:  # the checker of certificates has no form
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag == "select":
            self.forms[-1].fields[given["name"]] = ""
        if tag == "option" and "selected" in given:
            self.forms[-1].fields[next(o["name"] for t, o in self._open if t == "select")] = given["value"]
        if tag in {"a", "button", "textarea", "select", "style", "script"}:
            self._open.append((tag, given))
            self._text = ""

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            return
        _, given = self._open.pop()
        if tag == "a":
            self.links[self._text] = given.get("href", "")
        if tag == "button":
            named = {given["name"]: given["value"]} if "name" in given else {}
            self.forms[-1].buttons[self._text] = named
        if tag == "textarea":
            self.forms[-1].fields[given["name"]] = self._text.removeprefix("\n")

    def handle_data(self, data: str) -> None:
        self._text += data
        if not self._open or self._open[-1][0] not in {"style", "script"}:
            self.shown += data


@dataclass
class Visitor:
    """A reader of the site.

    Attributes:
        keeps_cookies: whether the browser keeps cookies.
        network: its address on the network.
        headers: that the browser sends besides its cookie.
        status: of the page that is shown.
        place: its address.
        set_cookie: the cookie that the last step set, with its attributes.
    """

    world: World
    keeps_cookies: bool = True
    network: str = "203.0.113.7"
    headers: dict[str, str] = field(default_factory=dict)
    place: str = f"{_HOST}/privacy"
    status: int = 0
    cookie: str = ""
    set_cookie: str | None = None
    reply: Reply | None = None

    def opens(self, path: str) -> Visitor:
        """Open an address, relative to the page that is shown."""
        self.set_cookie = None
        self._go("GET", path, b"")
        return self

    def follows(self, text: str) -> Visitor:
        """Follow the link with a text."""
        assert text in self.links, self.shown
        return self.opens(self.links[text])

    def presses(self, button: str, **typed: str) -> Visitor:
        """Fill in the fields of the form with a button, and press it."""
        assert button in self.buttons, self.shown
        form = next(one for one in self._page.forms if button in one.buttons)
        assert typed.keys() <= form.fields.keys()
        self.sends(form.action, {**form.fields, **typed, **form.buttons[button]})
        return self

    def sends(self, action: str, fields: dict[str, str], site: str = "same-origin") -> Visitor:
        """Send fields to an address, as a page of a site does."""
        return self.sends_raw(action, urlencode(fields).encode(), site)

    def sends_raw(self, action: str, fields: bytes, site: str = "same-origin") -> Visitor:
        """Send fields as they are encoded already."""
        self.set_cookie = None
        self._go("POST", action, fields, site)
        return self

    @property
    def shown(self) -> str:
        """The text of the page."""
        return self._page.shown

    def field(self, name: str) -> str:
        """What a field of the page holds."""
        return next(one.fields[name] for one in self._page.forms if name in one.fields)

    @property
    def buttons(self) -> list[str]:
        """The buttons of the page."""
        return [name for one in self._page.forms for name in one.buttons]

    @property
    def links(self) -> dict[str, str]:
        """The addresses of the links, by their texts."""
        return self._page.links

    @property
    def read(self) -> Read:
        """The elements of the page, all of them closed."""
        assert self.reply
        return read(self.reply.text)

    @property
    def _page(self) -> _Forms:
        assert self.reply
        found = _Forms()
        found.feed(self.reply.text)
        return found

    def _go(self, method: str, address: str, sent: bytes, site: str = "same-origin") -> None:
        self.place = urljoin(self.place, address)
        path = urlsplit(self.place).path + (f"?{query}" if (query := urlsplit(self.place).query) else "")
        headers = {"Accept": "text/html", "Sec-Fetch-Site": site, **self.headers}
        headers |= {"Cookie": self.cookie} if self.cookie else {}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        self.reply = self.world.call(method, path, raw=sent, headers=headers, address=self.network)
        self.status = self.reply.status
        self.set_cookie = kept = self.reply.headers.get("set-cookie", self.set_cookie)
        if self.keeps_cookies and kept:
            self.cookie = "" if "Max-Age=0" in kept else kept.split(";")[0]
        if self.status == 303 and self.reply.headers["location"].startswith((".", "/", "privacy", "form")):
            self._go("GET", self.reply.headers["location"], b"")
