"""Holds as tables for a terminal. Only that of one hold has the texts of operators."""

from __future__ import annotations

from typing import Any

from rich.table import Table

Row = dict[str, Any]

_FACTS = (
    "user_id", "ground", "law", "authority", "reason", "disclosure_id", "until", "secret_until", "ends_at",
    "placed_by", "placed_at", "confirmed_by", "lift_proposed_by", "lifted_by",
)  # fmt: skip


def line(hold: Row) -> str:
    """Return the state of a hold in one line."""
    return f"{hold['id']}  {state(hold)}  ends {hold['ends_at']}"


def state(hold: Row) -> str:
    """Return whether the hold keeps records now, and what it needs for that."""
    if hold["in_force"]:
        return "in force"
    return "not in force until it is confirmed" if hold["awaits_confirmation"] else "ended"


def listed(holds: list[Row]) -> Table:
    """Return a table with one row per hold."""
    table = Table(title=f"{len(holds)} holds")
    table.add_column("hold", no_wrap=True)
    for name in ("kinds", "state", "ends", "secret until", "needs"):
        table.add_column(name)
    for hold in holds:
        kinds, secret = ", ".join(hold["kinds"]), hold.get("secret_until", "")
        table.add_row(hold["id"], kinds, state(hold), hold["ends_at"], secret, _needed_action(hold))
    return table


def whole(hold: Row) -> Table:
    """Return the table of one hold."""
    table = Table(show_header=False, title=hold["id"])
    table.add_row("state", state(hold))
    table.add_row("needs", _needed_action(hold) or "nothing")
    table.add_row("kinds", ", ".join(hold["kinds"]))
    for name in _FACTS:
        if name in hold:
            table.add_row(name, str(hold[name]))
    return table


def liftable(hold: Row) -> str:
    """Return what a lifting would do now."""
    if state(hold) == "ended":
        return "It has ended, so nothing is left to lift."
    if "lift_proposed_by" not in hold:
        return "It would be refused: another operator has to run `holds propose-lift` first."
    return (
        f"Would end it now instead of {hold['ends_at']}, unless you proposed that yourself. Records that it "
        "alone keeps, and that are past their period, are deleted within five days."
    )


def _needed_action(hold: Row) -> str:
    """Return the action that another operator may take, or ""."""
    if hold["awaits_confirmation"]:
        return "a confirmation"
    return "an approval of its lifting" if hold["in_force"] and "lift_proposed_by" in hold else ""
