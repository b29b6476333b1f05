"""A person who uses the site in a browser: reads, fills in fields, presses buttons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from infra.local.chromium import PHONE, Browser, Screen


@dataclass
class Person:
    """A person before a browser.

    Attributes:
        url: of the API, below which the site is.
        language: in which they read.
    """

    chromium: Browser
    url: str
    language: str = "en"
    screen: Screen = PHONE

    def opens(self, path: str, after: str = "") -> Person:
        """Open a page of the site. `after`: what follows `#`."""
        fragment = f"#{after}" if after else ""
        self.chromium.visit(f"{self.url}{path}?language={self.language}{fragment}", self.screen)
        return self

    def switches_scripts_off(self) -> Person:
        """Run no script of any page from now on."""
        self.chromium.call("Emulation.setScriptExecutionDisabled", value=True)
        return self

    def presses(self, button: str, **typed: str) -> Person:
        """Type into fields by their ids, press the button with a text, and wait for the next page."""
        for field, text in typed.items():
            self._run(f"document.getElementById({json.dumps(field)}).value = {json.dumps(text)}")
        self._run(f"{_found('button', button)}.click()")
        self.chromium.loaded()
        return self

    def chooses_file(self, field: str, file: Path) -> Person:
        """Choose a file of this machine in a field."""
        root = self.chromium.call("DOM.getDocument")["root"]["nodeId"]
        node = self.chromium.call("DOM.querySelector", nodeId=root, selector=f"#{field}")["nodeId"]
        self.chromium.call("DOM.setFileInputFiles", files=[str(file)], nodeId=node)
        return self

    @property
    def shown(self) -> str:
        """The text of the page."""
        return str(self.chromium.value("document.body.innerText"))

    def downloads(self) -> list[str]:
        """Return the addresses of archives that the browser asked for."""
        self.chromium.value("0")  # reads what the browser reported since
        return [url for url in self.chromium.asked if ".zip?" in url]

    @property
    def outcome(self) -> str:
        """What the page says of the certificate that was chosen."""
        return str(self.chromium.value("document.getElementById('result').dataset.outcome"))

    @property
    def receipt(self) -> tuple[str, str]:
        """The id of the request that is shown, and its receipt."""
        link = str(self.chromium.value("document.getElementById('receipt').textContent"))
        request_id, _, receipt = link.rpartition("#")[2].partition(".")
        return request_id, receipt

    def _run(self, expression: str) -> None:
        self.chromium.value(f"{expression}; 0")


def _found(selector: str, text: str) -> str:
    found = f"[...document.querySelectorAll({json.dumps(selector)})]"
    return f"{found}.find(one => one.textContent === {json.dumps(text)})"
