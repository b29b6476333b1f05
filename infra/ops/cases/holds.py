"""`python -m infra.ops holds`: the operators' commands for holds.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. A hold needs two operators:
one places it, another one confirms it within 72 hours. Lifting it early needs two as well. Only the table of
one hold has the texts of operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi, Listing, api_command, emit_listing
from infra.ops.operator_console import confirm_unless, emit
from infra.ops.options import DryRun, FieldsFile, PlacedHold, Yes, read_toml

app = typer.Typer(name="holds", help="Holds: place, confirm, lift, list, show.")
_ALL = "/holds"
# Instants that an operator gives as days: the hold or its secrecy ends at the beginning of that day.
_DAYS = ("until", "secret_until")

_FACTS = (
    "user_id", "ground", "law", "authority", "reason", "disclosure_id", "until", "secret_until", "ends_at",
    "placed_by", "placed_at", "confirmed_by", "lift_proposed_by", "lifted_by",
)  # fmt: skip


@api_command(app, "list")
def list_holds(api: InternalApi) -> None:
    """List the holds that have not ended, by their end."""
    found = Listing(**api.call("GET", _ALL))
    emit_listing(found, LISTED.what, *LISTED.tables(found.items))


@api_command(app)
def show(api: InternalApi, hold: PlacedHold) -> None:
    """Show one hold, also after its end."""
    found = api.call("GET", f"{_ALL}/{hold}")
    emit(found, whole(found))


@api_command(app)
def place(
    api: InternalApi,
    user: Annotated[str, typer.Option(help="user id of the subject, u_...")],
    text_file: FieldsFile,
) -> None:
    """Place a hold. It ends after 72 hours unless another operator confirms it."""
    body = {"user_id": user, **read_toml(text_file, _DAYS)}
    _print_result(api.call("POST", _ALL, body))


@api_command(app)
def confirm(api: InternalApi, hold: PlacedHold) -> None:
    """Confirm the hold of another operator. It is then in force until its end."""
    _print_result(api.call("POST", f"{_ALL}/{hold}/confirmation"))


@api_command(app)
def propose_lift(api: InternalApi, hold: PlacedHold) -> None:
    """Propose to lift a hold before its end. Your own unconfirmed hold is lifted at once."""
    _print_result(api.call("PUT", f"{_ALL}/{hold}/lift-proposal"))


@api_command(app)
def lift(api: InternalApi, hold: PlacedHold, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Lift a hold, as another operator proposed. Records past their period are deleted within days."""
    if dry_run:
        found = api.call("GET", f"{_ALL}/{hold}")
        emit(found, whole(found), liftable(found))
        return
    confirm_unless(yes, f"Lift {hold}? Records that it alone keeps are deleted within days.")
    _print_result(api.call("POST", f"{_ALL}/{hold}/lift"))


def _print_result(hold: Case) -> None:
    emit(hold, f"{hold['id']}  {state(hold)}  ends {tables.local_time(hold['ends_at'])}")


def state(hold: Case) -> str:
    """Return whether the hold keeps records now, and what it needs for that."""
    if hold["in_force"]:
        return "in force"
    return "not in force until it is confirmed" if hold["awaits_confirmation"] else "ended"


def _listed(hold: Case) -> Sequence[object]:
    kinds, secret = ", ".join(hold["kinds"]), hold.get("secret_until", "")
    return hold["id"], kinds, state(hold), hold["ends_at"], secret, _needed_action(hold)


def whole(hold: Case) -> Table:
    """Return the table of one hold."""
    needs = _needed_action(hold) or "nothing"
    stated = (("state", state(hold)), ("needs", needs))
    return tables.facts(hold["id"], (*stated, *tables.fields_of(hold, "kinds", *_FACTS)))


def liftable(hold: Case) -> str:
    """Return what a lifting would do now."""
    if state(hold) == "ended":
        return "It has ended, so nothing is left to lift."
    if "lift_proposed_by" not in hold:
        return "It would be refused: another operator has to run `holds propose-lift` first."
    return (
        f"Would end it now instead of {tables.local_time(hold['ends_at'])}, unless you proposed that "
        "yourself. Records that it alone keeps, and that are past their period, are deleted within five days."
    )


def _needed_action(hold: Case) -> str:
    """Return the action that another operator may take, or ""."""
    if hold["awaits_confirmation"]:
        return "a confirmation"
    return "an approval of its lifting" if hold["in_force"] and "lift_proposed_by" in hold else ""


LISTED = tables.CaseList("holds", ("hold", "kinds", "state", "ends", "secret until", "needs"), _listed)
