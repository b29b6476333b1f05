"""`python -m infra.ops rights`: the operators' commands for rights requests.

Each command calls the internal API, signed with the operator's credentials: once, and `list` once per page.
A receipt is typed in or piped, because shells keep a history and other users see arguments.
The API records each action and each view under a pseudonym of the operator, which `show` resolves. Only
`verify` reads the evidence directly: the API cannot prove its own evidence.

The steps of a request notify processors of changed data (Art. 19 GDPR). Operators notify authorities, and
record that here.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.core import clock
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.languages import Language
from chalicelib.rights.answers import decisions
from chalicelib.rights.request import declaration
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.model import AuthoritySeen, OnBehalf
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status
from infra.ops.cases import tables
from infra.ops.cases.written_language import OtherLanguage, confirm_language
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import ask, emit, note
from infra.ops.options import FILE, Request, Version, checked, read_json

app = typer.Typer(name="rights", help="Rights requests: list, show, decide, extend.")
_ALL = "/rights-requests"


class ContactKind(StrEnum):
    """How a person without an account is reached."""

    PHONE = "phone"
    EMAIL = "email"
    PAPER = "paper"  # nothing names an account: you post the answer


class DayOfReceipt(StrEnum):
    """Whether you checked a day of receipt by which the answer is late already."""

    UNCHECKED = "unchecked"
    CHECKED = "checked"


class AccessKind(StrEnum):
    """Whether the subject can sign in. NUMBER: no code to the account's number reaches the subject."""

    KEPT = "kept"
    LOST = "lost"
    NUMBER = "number"


TextFile = Annotated[
    Path,
    typer.Option(
        **FILE,
        help="file with the explanation for the subject, in the language that `show` prints; outcome, reason "
        "and remedies are added (`wording`); not an option, because shells keep a history",
    ),
]


BodyFile = Annotated[Path, typer.Argument(**FILE, help="JSON file with the body")]


class CaseState(StrEnum):
    """Whether the answer to a request is outstanding."""

    OPEN = "open"
    CLOSED = "closed"


def _user(text: str | None) -> str | None:
    return checked(UserId, "user")(text) if text else None


@api_command(app, "list")
def list_requests(
    api: InternalApi,
    state: Annotated[CaseState | None, typer.Option(help="default: open; of a search, both")] = None,
    user: Annotated[
        str | None, typer.Option(help="user id, u_...; of an erased user, with --from", callback=_user)
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="first day of receipt, YYYY-MM-DD")] = None,
    to: Annotated[str | None, typer.Option("--to", help="last day of receipt; default: today")] = None,
    right: Annotated[Right | None, typer.Option()] = None,
    *,
    receipt: Annotated[
        bool, typer.Option("--receipt", help="ask for the link or receipt; a receipt alone needs --from")
    ] = False,
) -> None:
    """List the requests that await an answer, most urgent first; or search for any, also of erased users."""
    wanted = {"state": state, "user_id": user, "received_from": since, "received_to": to, "right": right}
    if since and not to:
        wanted["received_to"] = clock.day_of(clock.now()).isoformat()
    if receipt:
        wanted |= receipt_of(ask("link or receipt of the subject"))
    body = {name: value for name, value in wanted.items() if value}
    tables.print_list(api, f"{_ALL}/search", tables.FOUND if body else tables.OPEN, body)


def receipt_of(text: str) -> dict[str, str]:
    """Return the fields that a link names, which has the id of its request; or those of a receipt alone."""
    if not text:
        return {}
    request, _, receipt = text.rpartition("#")[2].partition(".")
    if not RightsRequestId.parse(request):
        return {"receipt": text}
    if not receipt:
        raise typer.BadParameter("not a whole link: it ends with the id of a request, a dot and the receipt")
    return {"rights_request_id": request, "receipt": receipt}


@api_command(app)
def show(api: InternalApi, request: Request) -> None:
    """Show one request with its evidence."""
    case = api.call("GET", f"{_ALL}/{request}")
    emit(case, *tables.whole(case))


@api_command(app)
def propose(
    api: InternalApi,
    request: Request,
    status: Annotated[
        Status,
        typer.Option(help="completed, partially_completed or refused; cancelled voids an entry of yours"),
    ],
    text_file: TextFile,
    reason: Annotated[
        RefusalReason | None,
        typer.Option(help="ground of a whole or partial refusal; must apply to the right"),
    ] = None,
    *,
    other_language: OtherLanguage = False,
) -> None:
    """Propose a decision. Work on the request waits until another operator approves it."""
    body = {"status": status, "text": _text_for(api, request, text_file, yes=other_language)}
    if reason:
        body["reason"] = reason
    _print_result(api.call("PUT", f"{_ALL}/{request}/proposal", body))


@app.command()
def wording(
    right: Annotated[Right, typer.Option()],
    status: Annotated[Status, typer.Option(help="completed, partially_completed, refused or cancelled")],
    reason: Annotated[RefusalReason | None, typer.Option(help="reason of a whole or partial refusal")] = None,
    country: Annotated[str | None, typer.Option(help="country that the subject declared, e.g. DE")] = None,
) -> None:
    """Print the text of a decision in each language. The text of a proposal fills its gap."""
    if reason and reason not in declaration.of(right).refusals:
        raise typer.BadParameter(f"The law knows no such reason to refuse {right}")
    texts = {
        language.value: decisions.template(right, status, reason, country, language) for language in Language
    }
    emit(texts, *(f"{language}\n\n{text}\n" for language, text in texts.items()))


@api_command(app)
def withdraw(api: InternalApi, request: Request) -> None:
    """Withdraw a proposal."""
    _print_result(api.call("DELETE", f"{_ALL}/{request}/proposal"))


@api_command(app)
def approve(api: InternalApi, request: Request, version: Version) -> None:
    """Approve the proposal of another operator."""
    _print_result(api.call("POST", f"{_ALL}/{request}/approval", etag=f'"{version}"'))


@api_command(app)
def propose_lifting(
    api: InternalApi, request: Request, text_file: TextFile, *, other_language: OtherLanguage = False
) -> None:
    """Propose to end a restriction. It lasts until another operator approved that and the notice is over."""
    body = {"text": _text_for(api, request, text_file, yes=other_language)}
    _print_result(api.call("PUT", f"{_ALL}/{request}/lifting", body))


@api_command(app)
def withdraw_lifting(api: InternalApi, request: Request) -> None:
    """Withdraw the end of a restriction before it takes effect."""
    _print_result(api.call("DELETE", f"{_ALL}/{request}/lifting"))


@api_command(app)
def approve_lifting(api: InternalApi, request: Request, version: Version) -> None:
    """Approve the end of a restriction that another operator proposed. The subject is notified before."""
    _print_result(api.call("POST", f"{_ALL}/{request}/lifting/approval", etag=f'"{version}"'))


@api_command(app)
def extend(
    api: InternalApi,
    request: Request,
    days: Annotated[int, typer.Option(min=1, max=60)],
    reason: Annotated[ExtensionReason, typer.Option()],
) -> None:
    """Extend the deadline for the answer. The subject is notified.

    Of what operators entered and a warning has to precede, a second operator runs the same command.
    """
    case = api.call("PUT", f"{_ALL}/{request}/extension", {"days": days, "reason": reason})
    _print_result(case)
    if "proposed_extension" in case:
        note("Another operator has to run the same command.")


@api_command(app)
def ask_identity(api: InternalApi, request: Request) -> None:
    """Record that proof of identity was requested. The plan waits for it."""
    case = api.call("POST", f"{_ALL}/{request}/identity-check")
    _print_result(case)
    if not case["clock_stands_still"]:
        note("The deadline keeps running: proof was requested late, or was already requested before.")


@api_command(app)
def identity_came(api: InternalApi, request: Request) -> None:
    """Record that you checked the subject's identity or authority. The plan continues.

    A copy or an erasure without the app continues after a second operator did the same. The one who entered
    an erasure, or a lost number, is the first of the two. Run it again to see the key for a number again.
    """
    case = api.call("POST", f"{_ALL}/{request}/identity-proof")
    if "open_erasure" in case:
        note(f"The account has an open erasure, perhaps of a thief: {case['open_erasure']}. Decide it first.")
    key = case.get("release_key")
    emit(case, tables.line(case), *([f"release key, to be given only to the subject: {key}"] if key else ()))


@api_command(app)
def papers(
    api: InternalApi,
    request: Request,
) -> None:
    """List the papers that prove an identity, with links of two minutes. Each call is recorded."""
    found = api.call("GET", f"{_ALL}/{request}/papers")["items"]
    emit(found, tables.papers(found), *(one["url"] for one in found if "url" in one))


@api_command(app)
def retry(api: InternalApi, request: Request) -> None:
    """Retry a step that stopped."""
    _print_result(api.call("POST", f"{_ALL}/{request}/retry"))


@api_command(app)
def enter(  # noqa: PLR0913, PLR0917 - the options of a command
    api: InternalApi,
    right: Annotated[Right, typer.Option()],
    by: Annotated[ReceivedBy, typer.Option(help="channel of receipt")],
    on: Annotated[str, typer.Option(help="day of receipt, YYYY-MM-DD")],
    user: Annotated[str | None, typer.Option(help="user id of the subject, u_...")] = None,
    contact: Annotated[
        ContactKind | None,
        typer.Option(
            help="no user id is known: the command asks for the number or address, so no shell keeps it; "
            "paper: the letter names neither, and you post the answer"
        ),
    ] = None,
    access: Annotated[
        AccessKind,
        typer.Option(
            help="lost: the subject cannot sign in, and two operators check the identity; number: with right "
            "rectification, the subject then proves another number by the receipt and the release key, and "
            "the account gets it"
        ),
    ] = AccessKind.KEPT,
    day: Annotated[
        DayOfReceipt,
        typer.Option(help="checked: the answer is late already, and the day of receipt is right"),
    ] = DayOfReceipt.UNCHECKED,
    on_behalf: Annotated[OnBehalf | None, typer.Option(help="the person who wrote for the subject")] = None,
    authority: Annotated[AuthoritySeen | None, typer.Option(help="the document that you read")] = None,
    seen_on: Annotated[str | None, typer.Option(help="the day on which you read it, YYYY-MM-DD")] = None,
    file: Annotated[
        str | None, typer.Option(help="the number of its file in the office, such as 117/2026")
    ] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="a purpose concerned; may be repeated")] = None,
    locale: Annotated[
        str | None, typer.Option(help="of a person without an account: sr-Latn, sr-Cyrl or en")
    ] = None,
) -> None:
    """Enter a request that was received outside the app; `enter-file` enters one that says more."""
    given: dict[str, Any] = {"right": right, "received_by": by, "received_on": on, "user_id": user}
    given |= {"on_behalf": on_behalf, "authority": authority, "authority_seen_on": seen_on}
    given |= {
        "authority_reference": file,
        "late_receipt_confirmed": day is DayOfReceipt.CHECKED or None,
        "purposes": purpose or None,
        "locale": locale,
        "without_access": access is AccessKind.LOST or None,
        "number_lost": access is AccessKind.NUMBER or None,
    }
    if contact is ContactKind.PAPER:
        given["on_paper"] = True
    elif contact:
        given[contact] = ask(f"{contact} of the subject")
    _enter(api, {name: value for name, value in given.items() if value is not None})


@api_command(app, "enter-file")
def enter_file(api: InternalApi, file: BodyFile) -> None:
    """Enter a request that says more, such as the changes and the reason of a rectification.

    The file has `user_id`, `right`, `received_by`, `received_on`, and the fields that the right allows.
    """
    body = read_json(file)
    _enter(api, body)


@api_command(app, "propose-file")
def propose_file(
    api: InternalApi, request: Request, file: BodyFile, *, other_language: OtherLanguage = False
) -> None:
    """Propose a decision with values, such as those that a partial rectification corrects.

    The file has `status`, `text`, `corrections`, and the `reason` of a refusal.
    """
    body = read_json(file)
    _confirm_language(api, request, str(body.get("text", "")), yes=other_language)
    _print_result(api.call("PUT", f"{_ALL}/{request}/proposal", body))


@stage_command(app, "verify")
def verify_evidence(
    deployed: DeployedStage,
    request: Request,
    since: Annotated[int, typer.Option(min=1, help="number of the first checkpoint to use")] = 1,
) -> None:
    """Verify a request's evidence against the checkpoints of the Ledger."""
    from infra.ops.data.ledger import verify

    sys.exit(verify(*deployed, [f"rights#{request}"], since))


@api_command(app, "recipients")
def list_recipients(api: InternalApi, request: Request) -> None:
    """List the recipients of data that a request changed, and which of them were notified."""
    found = api.call("GET", f"{_ALL}/{request}/recipients")
    emit(found, tables.recipients(found["items"]))


@api_command(app)
def notified(
    api: InternalApi,
    request: Request,
    number: Annotated[int, typer.Argument(min=0, help="number printed by `recipients`")],
    on: Annotated[str, typer.Option(help="day of the notice, YYYY-MM-DD")],
) -> None:
    """Record the day on which you notified an authority of the change."""
    body = {"number": number, "notified_on": on}
    found = api.call("PUT", f"{_ALL}/{request}/recipients", body)
    emit(found, tables.recipients(found["items"]))


def _text_for(api: InternalApi, request: str, file: Path, *, yes: bool) -> str:
    text = file.read_text(encoding="utf-8")
    _confirm_language(api, request, text, yes=yes)
    return text


def _confirm_language(api: InternalApi, request: str, text: str, *, yes: bool) -> None:
    """Ask if a text for the subject is in another language than the case; the look is recorded."""
    confirm_language(api.call("GET", f"{_ALL}/{request}")["language"], text, yes=yes)


def _enter(api: InternalApi, body: dict[str, Any]) -> None:
    case = api.call("POST", _ALL, body)
    receipt = f"receipt, to be given only to the subject: {case['receipt']}"
    posted = [f"post this answer:\n{case['decision']['text']}"] if body.get("on_paper") else []
    emit(case, tables.line(case), receipt, *posted)


def _print_result(case: dict[str, Any]) -> None:
    emit(case, tables.line(case))
