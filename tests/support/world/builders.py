"""Builders of test values that are unique in a run."""

import itertools
import uuid
from typing import Any

from chalicelib.core import clock

_numbers = itertools.count(1)


def a_phone() -> str:
    """Return a valid Serbian mobile number, E.164."""
    return f"+38160{next(_numbers):07d}"


def an_address() -> str:
    """Return a valid email address, spelled as it is stored."""
    return f"person{next(_numbers)}@example.com"


def a_device(**changes: Any) -> dict[str, Any]:
    return {"device_id": str(uuid.uuid4()), "platform": "ios"} | changes


def an_event(**changes: Any) -> dict[str, Any]:
    """Return a usage event at noon of the world's first day."""
    event = {"event_id": str(uuid.uuid4()), "name": "meeting.joined", "occurred_at": "2026-11-24T12:00:00Z"}
    return event | changes


def a_fault(**changes: Any) -> dict[str, Any]:
    return an_event(name="app.crashed", diagnostics={"kind": "crash", "error": "SIGSEGV"}) | changes


def a_schedule_event() -> dict[str, Any]:
    """Return an event as EventBridge sends it by a schedule."""
    return {
        "version": "0",
        "id": "an-event",
        "account": "000000000000",
        "region": "eu-central-1",
        "time": clock.to_text(clock.now()),
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "resources": [],
        "detail": {},
    }


def an_invoice(**changes: Any) -> dict[str, Any]:
    """Return an invoice without its user, as an operator records it."""
    invoice = {
        "invoice_number": f"RU-2026-{next(_numbers):07d}",
        "issued_on": "2026-11-24",
        "amount_minor": 990,
        "currency": "EUR",
        "service_from": "2026-11-01",
        "service_to": "2026-11-30",
        "provider_reference": "pi_3Q9xTest",
    }
    return invoice | changes


TERMS, PRIVACY = "terms-2024-05-08", "privacy-2024-05-08"


def a_verification(code: str, **changes: Any) -> dict[str, Any]:
    return {"code": code, "terms_version": TERMS, "privacy_version": PRIVACY} | changes


def other_than(code: str) -> str:
    """Return a code that differs from the given one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
