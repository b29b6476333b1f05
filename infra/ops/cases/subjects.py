"""`python -m infra.ops subjects` and `consents`: find a subject, look at an account and at its decisions.

Each command calls the internal API, as those of `infra.ops.cases.requests` do, which counts and records each
look. The contact is typed in or piped, because shells keep a history and other users see arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.cases.requests import ContactKind
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import ask, emit
from infra.ops.options import Subject
from infra.ops.refused import NOT_IN_ORDER

app = typer.Typer(name="subjects", help="Subjects: find one by a contact, show the state of an account.")
consents = typer.Typer(name="consents", help="Consents of a subject, and their evidence.")
_ALL = "/subjects"

_STATES = {
    "open": "open",
    "frozen": "frozen: its erasure has begun, and can be cancelled",
    "restricted": "restricted: only privacy rights can be used",
    "erasing": "being erased, past the point of no return",
    "no_account": "no account that a letter may reach has this contact",
}


@api_command(app)
def find(
    api: InternalApi,
    *,
    phone: Annotated[bool, typer.Option("--phone", help="ask for the mobile number, as +381...")] = False,
    email: Annotated[bool, typer.Option("--email", help="ask for the address of the mailbox")] = False,
) -> None:
    """Find the account of a number or mailbox, which the command asks for; it can be piped in."""
    if phone == email:
        raise typer.BadParameter("exactly one of --phone and --email")
    contact = ContactKind.PHONE if phone else ContactKind.EMAIL
    value = ask(f"{contact} of the subject")
    found = api.call("POST", f"{_ALL}/search", {contact: value})
    changed = "the number was changed some days ago" if "number_was_changed" in found else None
    parts = (found.get("user_id"), _STATES[found["state"]], changed)
    emit(found, "  ".join(filter(None, parts)))


@api_command(app)
def show(api: InternalApi, user: Subject) -> None:
    """Show the state of an account: dates, open requests, holds and restrictions; nothing of the profile."""
    found = api.call("GET", f"{_ALL}/{user}")
    emit(found, *whole(found))


def whole(found: dict[str, Any]) -> Iterator[Table]:
    """Return all tables about one account."""
    instants = ("created_at", "last_used_at", "closes_at", "erasure_from")
    named = ((name.replace("_", " "), value) for name, value in tables.fields_of(found, *instants))
    state, lost = ("state", _STATES[found["state"]]), ("altered, unreadable", found["unreadable"])
    yield tables.facts(found["user_id"], (state, *named, lost))
    requests = (
        (one["rights_request_id"], one["right"], one["status"], tables.last_day(one["due_at"]))
        for one in found["open_requests"]
    )
    yield tables.table_of("open requests", ("request", "right", "status", "due"), requests)
    holds = ((one["id"], "yes" if one["in_force"] else "no", one["ends_at"]) for one in found["holds"])
    yield tables.table_of("holds", ("hold", "in force", "ends"), holds)
    columns = ("by request", "kind", "since", "purposes", "ground")
    yield tables.table_of("restrictions, objections", columns, map(_restraint, found["restraints"]))


def _restraint(one: dict[str, Any]) -> Sequence[object]:
    purposes = ", ".join(one["purposes"]) or "all use but storage"
    return one["rights_request_id"], one["kind"], one["since"], purposes, one.get("ground", "")


_PROOFS = {
    "proven": "proven",
    "owed": "recorded once the history is repaired",
    "missing": "no evidence",
    "uncertain": "uncertain: the history was altered, or is too long to be read",
}


@api_command(consents, "show")
def show_consents(api: InternalApi, user: Subject) -> None:
    """Show the decisions of a subject with their evidence. Exit status 3: not all of them are proven."""
    found = api.call("GET", f"{_ALL}/{user}/consents")
    emit(found, *consent_tables(found))
    proven = all(one["proof"] == "proven" for one in found["items"])
    sys.exit(0 if found["intact"] and proven else NOT_IN_ORDER)


def consent_tables(found: dict[str, Any]) -> Iterator[Table]:
    """Return the decisions of a subject, and what their evidence proves."""
    columns = ("purpose", "state", "since", "method", "notice", "evidence")
    yield tables.table_of("decisions", columns, map(_decision, found["items"]))
    yield tables.facts("", [("evidence", _verdict(found))])


def _decision(one: dict[str, Any]) -> Sequence[object]:
    notice, proof = one.get("notice_version", ""), _PROOFS[one["proof"]]
    return one["purpose"], one["state"], one["since"], one["method"], notice, proof


def _verdict(found: dict[str, Any]) -> str:
    if not found["readable"]:
        return "The decisions cannot be read, because they were altered: restore the item from before that."
    if not found["intact"]:
        return "The history was altered. `ledger verify --since N` compares it with the signed checkpoints."
    return f"What was read of the history is intact: {found['entries']} entries follow one another."
