"""`python -m infra.ops subjects`: find a subject by number or mailbox, and look at the state of an account.

Each command calls the internal API, as those of `infra.ops.cases.requests` do, which counts and records each
look. The contact is typed in or piped, because shells keep a history and other users see arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.table import Table

from infra.ops.cases.requests import ContactKind
from infra.ops.internal_api import connected
from infra.ops.operator_console import ask, emit
from infra.ops.options import Endpoint, Region, Stage, Subject

app = typer.Typer(help="Subjects: find one by a contact, show the state of an account.")
_ALL = "/subjects"


_STATES = {
    "open": "open",
    "frozen": "frozen: its erasure has begun, and can be cancelled",
    "restricted": "restricted: only privacy rights can be used",
    "erasing": "being erased, past the point of no return",
    "no_account": "no account that a letter may reach has this contact",
}


@app.command()
def find(
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    *,
    phone: Annotated[bool, typer.Option("--phone", help="ask for the mobile number, as +381...")] = False,
    email: Annotated[bool, typer.Option("--email", help="ask for the address of the mailbox")] = False,
) -> None:
    """Find the account of a number or mailbox, which the command asks for; it can be piped in."""
    if phone == email:
        raise typer.BadParameter("exactly one of --phone and --email")
    contact = ContactKind.PHONE if phone else ContactKind.EMAIL
    value = ask(f"{contact} of the subject")
    with connected(stage, region, endpoint) as api:
        found = api.call("POST", f"{_ALL}/search", {contact: value}).body
        changed = "the number was changed some days ago" if "number_was_changed" in found else None
        parts = (found.get("user_id"), _STATES[found["state"]], changed)
        emit(found, "  ".join(filter(None, parts)))


@app.command()
def show(user: Subject, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show the state of an account: dates, open requests, holds and restrictions; nothing of the profile."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", f"{_ALL}/{user}").body
        emit(found, *_tables(found))


def _tables(found: dict[str, Any]) -> Iterator[Table]:
    facts = Table(show_header=False, title=found["user_id"])
    facts.add_row("state", _STATES[found["state"]])
    for name in ("created_at", "last_used_at", "closes_at", "erasure_from"):
        if name in found:
            facts.add_row(name.replace("_", " "), found[name])
    if lost := found["unreadable"]:
        facts.add_row("altered, unreadable", ", ".join(lost))
    yield facts
    requests = Table("request", "right", "status", "due", title="open requests")
    for one in found["open_requests"]:
        requests.add_row(one["id"], one["right"], one["status"], one["due_at"][:10])
    yield requests
    holds = Table("hold", "in force", "ends", title="holds")
    for one in found["holds"]:
        holds.add_row(one["id"], "yes" if one["in_force"] else "no", one["ends_at"])
    yield holds
    restraints = Table("by request", "kind", "since", "purposes", "ground", title="restrictions, objections")
    for one in found["restraints"]:
        purposes = ", ".join(one["purposes"]) or "all use but storage"
        restraints.add_row(one["request_id"], one["kind"], one["since"], purposes, one.get("ground", ""))
    yield restraints
