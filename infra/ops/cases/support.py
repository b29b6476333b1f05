"""`python -m infra.ops support`: messages to our support (USE-10, ADR 100).

Each command calls the internal API, as those of `infra.ops.cases.requests` do. A job mails the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chalicelib.core.ids import SupportMessageId
from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import FILE, id_argument

app = typer.Typer(name="support", help="Messages to our support: list, show, answer, close.")
_ALL = "/support-messages"
_Message = Annotated[str, id_argument(SupportMessageId, "message")]
_FACTS = (
    "status", "received_at", "email", "locale", "text", "answer", "answered_by", "answered_at", "mail",
    "closed_at", "account_id",
)  # fmt: skip


@api_command(app, "list")
def list_all(api: InternalApi) -> None:
    """List all messages: those whose answer is not mailed yet, open ones, closed ones."""
    tables.print_list(api, _ALL, LISTED)


@api_command(app)
def show(api: InternalApi, message: _Message) -> None:
    """Show one message with its evidence."""
    found = api.call("GET", f"{_ALL}/{message}")
    emit(found, *whole(found))


@api_command(app)
def answer(
    api: InternalApi,
    message: _Message,
    text_file: Annotated[Path, typer.Option(**FILE, help="file with the answer, as it is mailed")],
) -> None:
    """Answer a message. A job mails the answer within the hour, without your name."""
    _print_result(
        api.call("POST", f"{_ALL}/{message}/answer", {"text": text_file.read_text(encoding="utf-8")})
    )


@api_command(app)
def close(api: InternalApi, message: _Message) -> None:
    """Close a message that needs no answer, or whose answer did not arrive."""
    _print_result(api.call("POST", f"{_ALL}/{message}/closing"))


def _print_result(one: Case) -> None:
    emit(one, f"{one['id']}  {one['status']}")


def whole(one: Case) -> Iterator[Table]:
    """Return all tables about one message."""
    one = tables.with_names(one, one["staff"])
    yield tables.facts(one["id"], tables.fields_of(one, *_FACTS))
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


LISTED = tables.CaseList(
    "messages",
    ("message", "state", "received", "answer"),
    lambda one: (one["id"], one["status"], one["received_at"], one.get("mail", "")),
)
