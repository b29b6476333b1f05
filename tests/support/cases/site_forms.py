"""Forms of the site, filled in and sent by a visitor without scripts."""

from __future__ import annotations

import re

from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right
from tests.support.cases.erasure_requests import stored
from tests.support.pages.visitor import Visitor
from tests.support.world.world import Fields

SEND, AGAIN, CONTINUE, CLOSE = "Send me a code", "Send a new code", "Continue", "Close the form"
NO_FORM, CODE_PAGE = "No form is open", "Enter the code"
_RECEIPT = re.compile(r"/privacy/request#((r_[0-9a-z]{26})\.[\w.-]+)")

# What the page of a right needs besides a contact.
NEEDED = {Right.RECTIFICATION: {"reason": "The name is wrong."}, Right.RESTRICTION: {"ground": "a"}}


def asks(visitor: Visitor, right: str, **typed: str) -> Visitor:
    """Fill in the form of a right, and get the page that asks for the code."""
    return visitor.opens(f"/privacy/rights/{right}").presses(SEND, **typed)


def enters_code(visitor: Visitor, contact: str) -> Visitor:
    """Enter the last code that was sent to a contact."""
    return visitor.presses(CONTINUE, code=code_to(visitor, contact))


def requests(visitor: Visitor, right: str, **typed: str) -> Visitor:
    """Make a request: from the page of the right to the page with the receipt."""
    return enters_code(asks(visitor, right, **typed), typed["contact"])


def shows(visitor: Visitor, receipt: str) -> Visitor:
    """Paste a receipt, or a link with it, to see the request."""
    return visitor.opens("/privacy/request").presses("Show my request", receipt=receipt)


def code_to(visitor: Visitor, contact: str) -> str:
    """Return the last code that was sent to a contact."""
    sent_to = visitor.world.code_mailed_to if "@" in contact else visitor.world.code_for
    return sent_to(contact)


def receipt_on(visitor: Visitor) -> str:
    """Return the id of the request on the page, with its receipt."""
    return _found(visitor)[1]


def request_on(visitor: Visitor) -> RightsRequest:
    """Return the stored request that the page shows."""
    return stored(RightsRequestId(_found(visitor)[2]))


def mistakes(visitor: Visitor) -> dict[str, str]:
    """Return the mistakes in the list on top of the page, by the field to which each links.

    Each stands beside its field too, which is marked as invalid; each reference of the page has a target.
    """
    page = visitor.read
    ids = page.attributes("id")
    described = " ".join(page.attributes("aria-describedby")).split()
    links = [href.removeprefix("#") for href in page.attributes("href") if href.startswith("#")]
    assert {*described, *links} <= {*ids}
    assert len({*ids}) == len(ids)
    return Fields({field: text for field, text in _listed(page.pieces) if text})


def _listed(pieces: list[tuple[str, dict[str, str | None], str]]) -> list[tuple[str, str]]:
    names = [given.get("id") for _, given, _ in pieces]
    if "mistakes" not in names:
        return []
    found, begun = [], names.index("mistakes")
    for name, given, text in pieces[begun + 1 :]:
        if name not in {"h2", "ul", "li", "a"}:
            break
        if name in {"li", "a"}:
            field = str(given.get("href", ""))[1:]
            found.append((field, str(text)))
    return found


def _found(visitor: Visitor) -> re.Match[str]:
    assert visitor.reply
    found = _RECEIPT.search(visitor.reply.text)
    assert found, visitor.shown
    return found
