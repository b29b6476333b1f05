"""The link in messages about an erasure: its holder acts without an account, as the link's page does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Self

import requests

from infra.local.tour.phone import Phone, PhoneAnswer, Unexpected
from infra.local.waiting import until

_LINK = re.compile(r"/privacy/request#(r_[0-9a-z]{26})\.([\w.-]+)")
_FINAL = {"completed", "partially_completed", "refused", "cancelled"}
_TIMEOUT = 60.0  # seconds for all steps of a request; each is a message


@dataclass(frozen=True)
class ReceiptLink:
    """The id of a request, its receipt, and the phone on which the link is opened."""

    phone: Phone = field(repr=False)
    request_id: str
    receipt: str = field(repr=False)

    @classmethod
    def received(cls, phone: Phone, message: str) -> Self:
        """Find the link in a mail or a text message.

        Raises:
            Unexpected: the message has no link.
        """
        found = _LINK.search(message)
        if not found:
            raise Unexpected("the message has no link")
        return cls(phone, *found.groups())

    @property
    def page(self) -> str:
        """Return the address of the page on the local cloud, where no host has the name in the message."""
        return f"{self.phone.api_url}/privacy/request#{self.request_id}.{self.receipt}"

    def read(self) -> dict[str, Any]:
        """Return the request."""
        return self._call("GET").body

    def cancel(self) -> PhoneAnswer:
        """Cancel the request."""
        return self._call("POST", "/cancel")

    def certificate(self) -> bytes:
        """Download the signed certificate, byte by byte."""
        address = f"{self.phone.api_url}{self._path}/certificate"
        answer = requests.get(address, headers=self._header, timeout=35)
        answer.raise_for_status()
        return answer.content

    def wait_for_step(self, name: str, status: str) -> None:
        """Wait until a step of the request has a status."""
        silent = replace(self, phone=self.phone.silent())
        until(lambda: _step(silent.read(), name) == status, f"{name} to be {status}", _TIMEOUT)

    def wait_for_answer(self) -> str:
        """Wait until the request is answered, and return its status."""
        silent = replace(self, phone=self.phone.silent())
        until(lambda: silent.read()["status"] in _FINAL, "the answer", _TIMEOUT)
        return str(self.read()["status"])

    def _call(self, method: str, action: str = "") -> PhoneAnswer:
        return self.phone.call(method, self._path + action, token="", headers=self._header)

    @property
    def _path(self) -> str:
        return f"/v1/rights-receipts/{self.request_id}"

    @property
    def _header(self) -> dict[str, str]:
        return {"Rights-Receipt": self.receipt}


def _step(request: dict[str, Any], name: str) -> str | None:
    return next((step["status"] for step in request["steps"] if step["name"] == name), None)
