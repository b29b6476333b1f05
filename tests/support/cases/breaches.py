"""Breaches of personal data: what operators record, and the jobs that notify people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.core import chain, clock
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import BreachId
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.jobs import notify_of_breaches, watch_breaches
from tests.support.clouds.cloud import take_messages
from tests.support.jobs.events import Context, messages
from tests.support.world.builders import a_schedule_event
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, World

BREACHES = "/admin/v1/breaches"
TEXTS = {
    "en": {
        "nature": "A backup was readable by a contractor.",
        "consequences": "Your number may get unwanted calls.",
        "measures": "We withdrew the access.",
        "advice": "Do not answer unknown numbers.",
    },
    "sr": {
        "nature": "Rezervna kopija je bila čitljiva izvođaču.",
        "consequences": "Na Vaš broj mogu stizati neželjeni pozivi.",
        "measures": "Pristup smo ukinuli.",
        "advice": "Ne javljajte se na nepoznate brojeve.",
    },
}


def a_breach(world: World, **changes: Any) -> dict[str, Any]:
    """Return a new breach that was discovered an hour ago; None leaves a field out."""
    body = {
        "discovered_at": clock.to_text(world.now - HOUR),
        "what": "A contractor had access to a backup.",
        "categories": ["user.contact.phone_number"],
        "people": ["users"],
        "people_count": 120,
        "consequences": "Unwanted calls.",
        "measures": "The access was withdrawn.",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def calls(operator: Operator, method: str, path: str = "", body: Any = None, **more: Any) -> Reply:
    return operator.world.call(method, f"{BREACHES}{path}", body=body, arn=operator.arn, **more)


def opens(operator: Operator, **changes: Any) -> str:
    """Open a breach; return its id."""
    reply = calls(operator, "POST", body=a_breach(operator.world, **changes))
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def shows(operator: Operator, breach_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = calls(operator, "GET", f"/{breach_id}").json
    return shown


def notifies(operator: Operator, breach_id: str, country: str = "RS", **changes: Any) -> Reply:
    """Record that an authority was notified now, with all particulars."""
    body = {
        "country": country,
        "notified_at": clock.to_text(operator.world.now),
        "reference": "073-12-2026",
        "complete": True,
        **changes,
    }
    return calls(operator, "POST", f"/{breach_id}/notifications", body=body)


def proposes(operator: Operator, breach_id: str, risk: str = "risk", **more: Any) -> Reply:
    body = {"risk": risk, "reasons": "Numbers only, but of many people.", **more}
    return calls(operator, "PUT", f"/{breach_id}/assessment", body=body)


def approves(operator: Operator, breach_id: str, etag: str | None = None) -> Reply:
    """Approve the current state, unless an ETag is given."""
    tag = etag or calls(operator, "GET", f"/{breach_id}").headers["etag"]
    return calls(operator, "POST", f"/{breach_id}/assessment/approval", headers={"If-Match": tag})


def assess(alice: Operator, bob: Operator, breach_id: str, risk: str = "risk", **more: Any) -> None:
    """Let alice propose an assessment and bob approve it."""
    assert proposes(alice, breach_id, risk, **more).status == 200
    assert approves(bob, breach_id).status == 200


def lists(operator: Operator, breach_id: str, user_ids: Sequence[str]) -> Reply:
    return calls(operator, "POST", f"/{breach_id}/affected", body={"user_ids": list(user_ids)})


def begins_notices(operator: Operator, breach_id: str) -> Reply:
    return calls(operator, "POST", f"/{breach_id}/notices")


def closes(operator: Operator, breach_id: str) -> Reply:
    return calls(operator, "POST", f"/{breach_id}/closing", body={"conclusion": "The cause is removed."})


def an_announced_breach(alice: Operator, bob: Operator, audience: str = "all", **more: Any) -> str:
    """Return a breach of high risk whose people are to be notified now."""
    breach_id = opens(alice)
    assess(alice, bob, breach_id, "high", audience=audience, texts=TEXTS, **more)
    assert begins_notices(alice, breach_id).status == 200
    return breach_id


def watch() -> dict[str, int]:
    """Run the schedule; return its counts."""
    found: dict[str, int] = watch_breaches(a_schedule_event(), Context())
    return found


def run(seconds: int = 300) -> None:
    """Run the schedule, and a worker for each message that it sent."""
    take_messages("breaches")
    watch()
    work(seconds)


def work(seconds: int = 300) -> None:
    """Let a worker work on each message that waits."""
    for body in take_messages("breaches"):
        assert notify_of_breaches(messages(body), Context(seconds)) == {"batchItemFailures": []}


def evidence_of(breach_id: str) -> list[tuple[str, Any]]:
    """Return event and data of each entry of a breach's history."""
    return [
        (entry.event, entry.data) for entry in chain.entries(store.BREACHES.history_of(BreachId(breach_id)))
    ]
