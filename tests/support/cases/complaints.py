"""Complaints about the answers to requests, as operators record and decide them."""

from __future__ import annotations

from typing import Any

from chalicelib.core import clock
from chalicelib.rights.request import store
from chalicelib.rights.request.terms import Status
from tests.support.cases.scripted import stored
from tests.support.world.operators import Operator
from tests.support.world.world import Reply

COMPLAINTS = "/admin/v1/complaints"
DEADLINE = "2026-12-10T23:00:00Z"
# What makes a complaint that of an authority.
LETTER: dict[str, Any] = {
    "letter": {"authority_name": "The Commissioner", "letter_number": "072-04-17/2026", "due_at": DEADLINE}
}


def calls(operator: Operator, method: str, path: str = "", body: Any = None, **more: Any) -> Reply:
    return operator.world.call(method, f"{COMPLAINTS}{path}", body=body, arn=operator.arn, **more)


def records(operator: Operator, request_id: str, **changes: Any) -> Reply:
    """Record a person's complaint; `LETTER` in the changes makes it an authority's."""
    body = {
        "rights_request_id": request_id,
        "received_on": "2026-11-24",
        "text": "The copy lacks my messages.",
        **changes,
    }
    return calls(operator, "POST", body=body)


def proposes(operator: Operator, complaint: str, outcome: str = "upheld") -> Reply:
    body = {"outcome": outcome, "text": "We decide the request again."}
    return calls(operator, "PUT", f"/{complaint}/proposal", body)


def approves(operator: Operator, complaint: str, etag: str | None = None) -> Reply:
    """Approve the current version, unless an ETag is given."""
    tag = etag or calls(operator, "GET", f"/{complaint}").headers["etag"]
    return calls(operator, "POST", f"/{complaint}/approval", headers={"If-Match": tag})


def ends(request_id: str) -> None:
    """Close the contested request, as its procedure does."""
    before, now = stored(request_id), clock.now()
    if before.is_open:
        done = {"status": Status.COMPLETED, "decided_at": now, "closed_at": now, "run_at": None}
        store.move(before, before.model_copy(update=done))


def closes(operator: Operator, complaint: str) -> Reply:
    """Close a complaint, whose request is answered."""
    ends(complaint.partition(".")[0])
    return calls(operator, "POST", f"/{complaint}/closing")


def decides(first: Operator, second: Operator, complaint: str, outcome: str = "upheld") -> None:
    """Have two operators decide a complaint."""
    assert proposes(first, complaint, outcome).status == 200
    assert approves(second, complaint).status == 200
