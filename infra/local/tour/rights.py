"""Mila asks for a copy of what is known of her, and reads it: access, to its end on the deployed cloud."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from infra.local import chromium
from infra.local.children import LOCAL
from infra.local.chromium import PHONE, NoChromium
from infra.local.tour.phone import Phone
from infra.local.tour.telling import Tour
from infra.local.waiting import until

_PATIENCE = 60.0  # seconds for a copy; a handful of steps, each a message


def exercising_access(tour: Tour) -> None:
    """Mila asks for all that is known of her, and has it in moments: a page that she can read."""
    mila = tour.phones["Mila"]
    refused = mila.call("POST", "/v1/rights-requests", {"right": "access"})
    tour.check("a token alone opens no copy of a life", refused.problem == "step_up_required")
    mila.step_up(mila.ask_to_step_up().body["challenge_id"], mila.read_code())
    asked = mila.call("POST", "/v1/rights-requests", {"right": "access"}).body
    tour.say(f"she asked; the answer is due by [italic]{asked['due_at']}[/]")
    unheard = replace(mila, on_answer=lambda _: None)  # looked at often, told once
    answered = until(lambda: answer_to(unheard, asked["id"]), "the answer", _PATIENCE)
    tour.say(f"{answered['status']}: [italic]“{answered['decision']['text']}”[/]")
    package = fetched(mila, asked["id"])
    told = json.loads(package.read("manifest.json"))
    kinds = sorted(Path(name).stem for name in package.namelist() if name.startswith("csv/"))
    tour.say(f"in it: {', '.join(kinds)}")
    tour.check("nothing is missing", told["errors"] == [])
    wrong = [one["path"] for one in told["files"] if _digest(package, one["path"]) != one["sha256"]]
    tour.check("each file is what the manifest says", wrong == [])
    tour.check("her message to Jovan is there", "chat/messages.ndjson" in package.namelist())
    show(tour, package)
    receipt = {"Rights-Receipt": asked["receipt"]}
    shown = mila.call("GET", f"/v1/rights-receipts/{asked['id']}", token="", headers=receipt)
    tour.check("whoever has the receipt sees the answer, without an account", shown.body["id"] == asked["id"])


def answer_to(phone: Phone, request_id: str) -> dict[str, Any] | None:
    """The request, once it is answered."""
    request = phone.call("GET", f"/v1/rights-requests/{request_id}").body
    return request if request.get("decided_at") else None


def fetched(phone: Phone, request_id: str) -> zipfile.ZipFile:
    """The copy, by the link that the app gets.

    Raises:
        AssertionError: it is not what the API said that it is.
    """
    link = phone.call("GET", f"/v1/rights-requests/{request_id}/export").body
    content = requests.get(link["url"], timeout=35).content
    if (hashlib.sha256(content).hexdigest(), len(content)) != (link["sha256"], link["size"]):
        raise AssertionError("the copy is not what the API said")
    return zipfile.ZipFile(io.BytesIO(content))


def _digest(package: zipfile.ZipFile, name: str) -> str:
    return hashlib.sha256(package.read(name)).hexdigest()


def show(tour: Tour, package: zipfile.ZipFile) -> None:
    """Lay the package out where somebody can look at it, with a picture if there is a browser."""
    folder = LOCAL / "export"
    package.extractall(folder)
    page = folder / "index.html"
    tour.say(f"the page: [bold]{page}[/]")
    try:
        with chromium.browser() as browser:
            browser.show(page, PHONE)
            picture = folder / "phone.png"
            picture.write_bytes(browser.picture())
            tour.say(f"on her phone: [bold]{picture}[/]")
            fits = browser.value("document.documentElement.scrollWidth <= innerWidth")
            tour.check("it fits her phone", bool(fits))
    except NoChromium:
        tour.say("(no picture: no Chromium on this machine)")
