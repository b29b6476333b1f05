"""`python -m infra.ops rights`: the operators' commands for rights requests.

Each command calls the internal API, signed with the operator's credentials: once, and `list` once per page.
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

from chalicelib.core.languages import Language
from chalicelib.rights.answers import decisions
from chalicelib.rights.request import declaration
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.identity import AuthoritySeen, OnBehalf
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status
from infra.deployment.account import AwsAccount
from infra.ops.cases import tables
from infra.ops.internal_api import InternalApi, connected, emit_listing, read_list
from infra.ops.operator_console import ask, emit, note
from infra.ops.options import Endpoint, Region, Request, Stage, Version, read_json

app = typer.Typer(help="Rights requests: list, show, decide, extend.", pretty_exceptions_enable=False)
_ALL = "/rights-requests"


class ContactKind(StrEnum):
    """How a person without an account is reached."""

    PHONE = "phone"
    EMAIL = "email"
    PAPER = "paper"  # nothing names an account: you post the answer


class AccessKind(StrEnum):
    """Whether the subject can sign in."""

    KEPT = "kept"
    LOST = "lost"


TextFile = Annotated[
    Path,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="file with the explanation for the subject, in the language that `show` prints; outcome, reason "
        "and remedies are added (`wording`); not an option, because shells keep a history",
    ),
]


BodyFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON file with the body")]


@app.command("list")
def list_open(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the requests that await an answer, most urgent first."""
    with connected(stage, region, endpoint) as api:
        found = read_list(api, _ALL)
        emit_listing(found, "requests", tables.listed(found.items))


@app.command()
def show(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show one request with its evidence."""
    with connected(stage, region, endpoint) as api:
        case = api.call("GET", f"{_ALL}/{request}").body
        emit(case, *tables.whole(case))


@app.command()
def propose(
    request: Request,
    status: Annotated[Status, typer.Option(help="completed, partially_completed or refused")],
    text_file: TextFile,
    stage: Stage,
    region: Region,
    reason: Annotated[
        RefusalReason | None,
        typer.Option(help="ground of a whole or partial refusal; must apply to the right"),
    ] = None,
    endpoint: Endpoint = None,
) -> None:
    """Propose a decision. Work on the request waits until another operator approves it."""
    body = {"status": status, "text": text_file.read_text(encoding="utf-8")}
    if reason:
        body["reason"] = reason
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("PUT", f"{_ALL}/{request}/proposal", body).body)


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


@app.command()
def withdraw(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Withdraw a proposal."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("DELETE", f"{_ALL}/{request}/proposal").body)


@app.command()
def approve(
    request: Request,
    version: Version,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Approve the proposal of another operator."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{request}/approval", etag=f'"{version}"').body)


@app.command()
def propose_lifting(
    request: Request, text_file: TextFile, stage: Stage, region: Region, endpoint: Endpoint = None
) -> None:
    """Propose to end a restriction. It lasts until another operator approved that and the notice is over."""
    body = {"text": text_file.read_text(encoding="utf-8")}
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("PUT", f"{_ALL}/{request}/lifting", body).body)


@app.command()
def withdraw_lifting(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Withdraw the end of a restriction before it takes effect."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("DELETE", f"{_ALL}/{request}/lifting").body)


@app.command()
def approve_lifting(
    request: Request,
    version: Version,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Approve the end of a restriction that another operator proposed. The subject is notified before."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{request}/lifting/approval", etag=f'"{version}"').body)


@app.command()
def extend(
    request: Request,
    days: Annotated[int, typer.Option(min=1, max=60)],
    reason: Annotated[ExtensionReason, typer.Option()],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Extend the deadline for the answer. The subject is notified."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("PUT", f"{_ALL}/{request}/extension", {"days": days, "reason": reason}).body)


@app.command()
def ask_identity(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Record that proof of identity was requested. The plan waits for it."""
    with connected(stage, region, endpoint) as api:
        case = api.call("POST", f"{_ALL}/{request}/identity-check").body
        _print_result(case)
        if not case["clock_stands_still"]:
            note("The deadline keeps running: proof was requested late, or was already requested before.")


@app.command()
def identity_came(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Record that you checked the subject's identity or authority. The plan continues.

    A copy or an erasure without the app continues after a second operator did the same.
    """
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{request}/identity-proof").body)


@app.command()
def retry(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Retry a step that stopped."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{request}/retry").body)


@app.command()
def enter(  # noqa: PLR0913, PLR0917 - the options of a command
    right: Annotated[Right, typer.Option()],
    by: Annotated[ReceivedBy, typer.Option(help="channel of receipt")],
    on: Annotated[str, typer.Option(help="day of receipt, YYYY-MM-DD")],
    stage: Stage,
    region: Region,
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
        typer.Option(help="lost: the subject cannot sign in, and two operators check the identity"),
    ] = AccessKind.KEPT,
    on_behalf: Annotated[OnBehalf | None, typer.Option(help="the person who wrote for the subject")] = None,
    authority: Annotated[AuthoritySeen | None, typer.Option(help="what you saw; keep no copy of it")] = None,
    seen_on: Annotated[str | None, typer.Option(help="the day on which you saw it, YYYY-MM-DD")] = None,
    endpoint: Endpoint = None,
    purpose: Annotated[list[str] | None, typer.Option(help="a purpose concerned; may be repeated")] = None,
    locale: Annotated[
        str | None, typer.Option(help="of a person without an account: sr-Latn, sr-Cyrl or en")
    ] = None,
) -> None:
    """Enter a request that was received outside the app; `enter-file` enters one that says more."""
    given: dict[str, Any] = {"right": right, "received_by": by, "received_on": on, "user_id": user}
    given |= {"on_behalf": on_behalf, "authority": authority, "authority_seen_on": seen_on}
    given |= {
        "purposes": purpose or None,
        "locale": locale,
        "without_access": access is AccessKind.LOST or None,
    }
    if contact is ContactKind.PAPER:
        given["on_paper"] = True
    elif contact:
        given[contact] = ask(f"{contact} of the subject")
    with connected(stage, region, endpoint) as api:
        _enter(api, {name: value for name, value in given.items() if value is not None})


@app.command("enter-file")
def enter_file(file: BodyFile, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Enter a request that says more, such as the changes and the reason of a rectification.

    The file has `user_id`, `right`, `received_by`, `received_on`, and the fields that the right allows.
    """
    body = read_json(file)
    with connected(stage, region, endpoint) as api:
        _enter(api, body)


@app.command("propose-file")
def propose_file(
    request: Request, file: BodyFile, stage: Stage, region: Region, endpoint: Endpoint = None
) -> None:
    """Propose a decision with values, such as those that a partial rectification corrects.

    The file has `status`, `text`, `corrections`, and the `reason` of a refusal.
    """
    body = read_json(file)
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("PUT", f"{_ALL}/{request}/proposal", body).body)


@app.command("verify")
def verify_evidence(
    request: Request,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    since: Annotated[int, typer.Option(min=1, help="number of the first checkpoint to use")] = 1,
) -> None:
    """Verify a request's evidence against the checkpoints of the Ledger."""
    from infra.ops.data.ledger import verify

    sys.exit(verify(AwsAccount(region, endpoint), stage, [f"rights#{request}"], since))


@app.command("unnotified")
def list_unnotified(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the requests with recipients that you have to notify, longest due first."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", "/unnotified-recipients").body
        emit(found, *(f"{one['id']}  since {one['since']}" for one in found["items"]))


@app.command("recipients")
def list_recipients(request: Request, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List the recipients of data that a request changed, and which of them were notified."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", f"{_ALL}/{request}/recipients").body
        emit(found, tables.recipients(found["items"]))


@app.command()
def notified(
    request: Request,
    number: Annotated[int, typer.Argument(min=0, help="number printed by `recipients`")],
    on: Annotated[str, typer.Option(help="day of the notice, YYYY-MM-DD")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Record the day on which you notified an authority of the change."""
    body = {"number": number, "notified_on": on}
    with connected(stage, region, endpoint) as api:
        found = api.call("PUT", f"{_ALL}/{request}/recipients", body).body
        emit(found, tables.recipients(found["items"]))


def _enter(api: InternalApi, body: dict[str, Any]) -> None:
    case = api.call("POST", _ALL, body).body
    receipt = f"receipt, to be given only to the subject: {case['receipt']}"
    posted = [f"post this answer:\n{case['decision']['text']}"] if body.get("on_paper") else []
    emit(case, tables.line(case), receipt, *posted)


def _print_result(case: dict[str, Any]) -> None:
    emit(case, tables.line(case))
