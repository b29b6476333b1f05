"""Calls to the internal routes, signed with the operator's credentials (SigV4), and their lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec

import typer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from rich.console import RenderableType

from infra.deployment.account import AwsAccount
from infra.deployment.rollout import api_url
from infra.deployment.stacks import Stacks, stack_name
from infra.ops.commands import command_over, open_stage
from infra.ops.operator_console import emit, note
from infra.ops.options import Endpoint, Region, Stage
from infra.ops.refused import POLICY, SIGN_IN, CommandRefused


class CallRefused(CommandRefused):
    """The API refused the call; the text is the reason it gave.

    Attributes:
        mistakes: by the name of the field, such as `texts.en.nature`.
        is_certain: whether nothing was changed; after an error of a server that is not known.
    """

    def __init__(
        self, reason: str, mistakes: Mapping[str, str] = MappingProxyType({}), *, is_certain: bool = True
    ) -> None:
        super().__init__(reason)
        self.mistakes, self.is_certain = mistakes, is_certain


class InternalApi:
    """The internal routes of a stage. Their URL is found at the first call, after mistakes in the command."""

    def __init__(self, account: AwsAccount, find_url: Callable[[], str]) -> None:
        self._account, self._find_url = account, cache(find_url)

    @classmethod
    def of(cls, account: AwsAccount, stage: str) -> InternalApi:
        """The API in the outputs of the service stack."""
        stacks = Stacks(account)
        return cls(account, lambda: api_url(account, stacks.outputs(stack_name(stage, "service"))))

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, etag: str | None = None
    ) -> dict[str, Any]:
        """Send one request, without retries: the operator can repeat the command.

        Args:
            method: the method.
            path: the part after `/admin/v1`.
            body: the JSON body.
            etag: the version that the call is about.

        Raises:
            CallRefused: the response is an error.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if etag:
            headers["If-Match"] = etag
        sent = json.dumps(body).encode() if body is not None else None
        request = AWSRequest(method, f"{self._find_url()}/admin/v1{path}", headers, sent)
        SigV4Auth(self._account.credentials, "execute-api", self._account.region).add_auth(request)
        response = URLLib3Session(timeout=35).send(request.prepare())
        content = _read(response.content)
        if response.status_code >= 400:
            status = response.status_code
            is_certain = status < HTTPStatus.INTERNAL_SERVER_ERROR
            raise CallRefused(_reason(status, content), _mistakes(content), is_certain=is_certain)
        return content


def download(url: str) -> bytes:
    """The bytes of a link, in memory.

    Raises:
        CallRefused: no answer, the link is over, or its object is gone.
    """
    try:
        response = URLLib3Session(timeout=35).send(AWSRequest("GET", url).prepare())
    except HTTPClientError:
        raise CallRefused(
            "the storage does not answer: run the command again"
        ) from None  # it quotes the link
    if response.status_code != HTTPStatus.OK:
        raise CallRefused(f"the link answered {response.status_code}: run the command again")
    content: bytes = response.content
    return content


def _read(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _reason(status: int, problem: dict[str, Any]) -> str:
    """Return the problem in one line. A gateway before the API may respond in another format."""
    parts = [f"{status} {problem.get('code', '')}".strip(), str(problem.get("detail", ""))]
    parts += [f"{error['pointer']}: {error['message']}" for error in problem.get("errors", ())]
    if "open_rights_request_id" in problem:
        parts.append(f"open request {problem['open_rights_request_id']}")
    if "request_id" in problem:
        parts.append(f"call {problem['request_id']}")
    # A gateway that refuses a role says it in its own format.
    parts.append(_remedy({"code": "forbidden", **problem} if status == HTTPStatus.FORBIDDEN else problem))
    return "; ".join(part for part in parts if part)


def _mistakes(problem: dict[str, Any]) -> dict[str, str]:
    """Return the mistakes in a body by field; that of an item counts as its field's."""
    places = ((str(one["pointer"]).strip("#/"), str(one["message"])) for one in problem.get("errors", ()))
    return {re.sub(r"(/[0-9]+)+$", "", place).replace("/", "."): message for place, message in places}


def _remedy(problem: dict[str, Any]) -> str:
    """Return what to do about a problem; "" if its text says that already."""
    if "expired" in str(problem.get("message")):  # the gateway, of the token of a session
        return f"the credentials have expired. {SIGN_IN}"
    if "retry_after" in problem:
        return f"try again in {problem['retry_after']} s"
    return _REMEDIES.get(str(problem.get("code")), "")


_REMEDIES = {
    "forbidden": f"{POLICY} `operators` in the settings of the stage has to accept your ARN, too.",
    "not_found": "look for the id with `list`, and check --stage",
    "changed_meanwhile": "look at the change with `show`, and use the version that it prints",
    "own_proposal": "another operator has to do this",
    "invalid_phone": "a mobile number, such as 060 123 4567 of Serbia, or with its country code, +43 ...",
    "rendering_changed": "withdraw the assessment, look at the notice, and propose it again",
    "late_receipt": "check the day; if it is right, add `--day checked`",
    "nothing_proposed": "propose it first; another operator then approves it",
    "proposed_already": "look at the proposal with `show`; it can be withdrawn",
    "unavailable": "run the command again in a minute",
    "internal_error": "a defect: the log of the function admin has this call",
}


_MAX_LISTED = 500  # items; one page more may be read
_MAX_CALLS = 100  # a page may have few items: a page of erasures leaves out the other requests


P = ParamSpec("P")


def _api_of(stage: Stage, region: Region, endpoint: Endpoint = None) -> InternalApi:
    return InternalApi.of(*open_stage(stage, region, endpoint))


def api_command(
    app: typer.Typer, name: str | None = None, panel: str | None = None
) -> Callable[[Callable[Concatenate[InternalApi, P], None]], Callable[P, None]]:
    """Add a command that calls the API of a deployed stage."""
    return command_over(_api_of, app.command(name, rich_help_panel=panel))


@dataclass
class Listing:
    """The beginning of a list: its items, the ids of unreadable ones, and whether there may be more."""

    items: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    has_more: bool = True


def read_list(api: InternalApi, path: str, body: dict[str, Any] | None = None) -> Listing:
    """Read a list page by page, until its end or one of the two limits; `body`: what a search is for."""
    found, query, mark = Listing(), "", "&" if "?" in path else "?"
    for _ in range(_MAX_CALLS):
        page = api.call("GET", path + query) if body is None else api.call("POST", path + query, body)
        found.items += page["items"]
        found.unreadable += page["unreadable"]
        found.has_more = "next_cursor" in page
        if not found.has_more or len(found.items) >= _MAX_LISTED:
            break
        query = f"{mark}cursor={page['next_cursor']}"
    return found


def altered(name: str) -> str:
    """Return the line about an item that the API could not open."""
    return f"{name} cannot be read because it was altered: restore its item from before that"


def emit_listing(found: Listing, what: str, *rendered: RenderableType) -> None:
    """Print a list, the ids of items that the API could not open, and whether there may be more."""
    emit({"items": found.items, "unreadable": found.unreadable, "has_more": found.has_more}, *rendered)
    for one in found.unreadable:
        note(altered(one))
    if found.has_more:
        note(f"Only the first {len(found.items)} {what} are listed; there may be more.")
