"""The chapter about access: Mila requests a copy of her data and reads it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import requests

from infra.local.children import LOCAL
from infra.local.tour.narration import Tour
from infra.local.tour.phone import Phone
from infra.local.waiting import until

_COPY_TIMEOUT = 60.0  # seconds for a copy; a handful of steps, each a message


def exercise_access(tour: Tour) -> None:
    """Mila requests a copy of her data, and gets a page that she can read."""
    mila = tour.phones["Mila"]
    refused = mila.call("POST", "/v1/rights-requests", {"right": "access"})
    tour.check("an access token alone is not enough", refused.problem == "step_up_required")
    mila.step_up()
    asked = mila.call("POST", "/v1/rights-requests", {"right": "access"}).body
    tour.say(f"her request must be answered by [italic]{asked['due_at']}[/]")
    silent = mila.silent()
    answered = until(lambda: answer_to(silent, asked["rights_request_id"]), "the answer", _COPY_TIMEOUT)
    tour.say(f"{answered['status']}: [italic]“{answered['decision']['text']}”[/]")
    tour.copy_id = asked["rights_request_id"]
    package = fetched(mila, tour.copy_id)
    manifest = json.loads(package.read("manifest.json"))
    kinds = sorted(Path(name).stem for name in package.namelist() if name.startswith("csv/"))
    tour.say(f"the copy contains: {', '.join(kinds)}")
    tour.check("nothing is missing", manifest["errors"] == [])
    wrong = [file["path"] for file in manifest["files"] if _digest(package, file["path"]) != file["sha256"]]
    tour.check("every file matches its checksum in the manifest", wrong == [])
    tour.check("it contains her message to Jovan", "chat/messages.ndjson" in package.namelist())
    folder = LOCAL / "export"
    package.extractall(folder)
    page = folder / "index.html"
    tour.say(f"the page: [bold]{page}[/]")
    tour.photograph(page.as_uri(), "true", folder / "phone.png")
    receipt = {"Rights-Receipt": asked["receipt"]}
    shown = mila.call("GET", f"/v1/rights-receipts/{asked['rights_request_id']}", token="", headers=receipt)
    tour.check(
        "the receipt shows the answer without signing in",
        shown.body["rights_request_id"] == asked["rights_request_id"],
    )


def answer_to(phone: Phone, request_id: str) -> dict[str, Any] | None:
    """Return the request once it is answered, or None."""
    request = phone.call("GET", f"/v1/rights-requests/{request_id}").body
    return request if request.get("decided_at") else None


def fetched(phone: Phone, request_id: str) -> zipfile.ZipFile:
    """Download the copy by the link that the app gets.

    Raises:
        AssertionError: hash or size differ from those in the API's response.
    """
    link = phone.call("GET", f"/v1/rights-requests/{request_id}/export").body
    content = requests.get(link["url"], timeout=35).content
    if (hashlib.sha256(content).hexdigest(), len(content)) != (link["sha256"], link["size"]):
        raise AssertionError("the copy does not match the hash and size in the API's response")
    return zipfile.ZipFile(io.BytesIO(content))


def _digest(package: zipfile.ZipFile, name: str) -> str:
    return hashlib.sha256(package.read(name)).hexdigest()
