"""A paper that proves an identity on the deployed stack: the form, S3's event, the worker, and operators."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until
from tests.e2e.test_guests import TIMEOUT, Guest
from tests.support.cases.images import SECRET, a_gif, a_jpeg

pytestmark = [pytest.mark.proof, pytest.mark.promise("RGT-11", "SEC-1")]


class Sender(Guest):
    """A guest who uploads papers."""

    @property
    def path(self) -> str:
        return f"/v1/rights-receipts/{self.made['rights_request_id']}/papers"

    def uploads(self, content: bytes) -> tuple[str, requests.Response]:
        """Send a file as a form of a browser does; return the id of the paper, and S3's answer."""
        offer = self.call("POST", self.path)
        assert offer.status == 201, offer.body
        fields = {name: (None, value) for name, value in offer.body["fields"].items()}
        file = {"file": ("passport.jpg", content, "image/jpeg")}
        return offer.body["paper_id"], requests.post(
            offer.body["url"], files=fields | file, allow_redirects=False, timeout=10
        )

    def paper(self, paper_id: str) -> dict[str, Any]:
        papers = self.call("GET", self.path.removesuffix("/papers")).body["identity"]["papers"]
        return next(one for one in papers if one["paper_id"] == paper_id)

    def settled(self, paper_id: str) -> dict[str, Any]:
        """Wait for the worker, and return the paper."""

        def found() -> dict[str, Any] | None:
            paper = self.paper(paper_id)
            return paper if paper["state"] in {"ready", "rejected"} else None

        return until(found, "the worker", TIMEOUT)


def test_paper_reaches_operators_without_its_metadata(
    cloud: LocalCloud, a_phone: Callable[[], Phone], run: Callable[..., Any]
) -> None:
    owner = a_phone()
    owner.sign_up("Mila")
    sender = Sender(cloud, owner)
    assert sender.asks()["status"] == "awaiting_verification"
    good, answer = sender.uploads(a_jpeg(orientation=6))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{cloud.target.issuer}/privacy/form/paper?")
    assert sender.settled(good)["state"] == "ready"
    _, large = sender.uploads(b"x" * 6_000_000)
    assert large.status_code == 400
    bad, _ = sender.uploads(a_gif())
    assert sender.settled(bad)["flaw"] == "other_type"
    request_id = sender.made["rights_request_id"]
    assert cloud.papers() == [f"clean/{request_id}/{good}"]
    opened = run("alice", "papers", request_id)
    assert opened.exit_code == 0, opened.output
    file = requests.get(opened.output.split()[-1], timeout=10)
    assert file.headers["Content-Disposition"] == f'attachment; filename="{good}.jpeg"'
    assert Image.open(io.BytesIO(file.content)).size == (20, 40)
    assert SECRET.encode() not in file.content
