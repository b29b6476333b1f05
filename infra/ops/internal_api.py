"""Calls to the internal routes, signed as whoever runs the command (SigV4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from infra.deploy import api_url
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks, stack_name


class CallRefused(RuntimeError):
    """The API will not do it; the text says why, in its own words."""


@dataclass(frozen=True)
class Reply:
    """What it answered."""

    body: dict[str, Any]
    etag: str | None


@dataclass(frozen=True)
class InternalApi:
    """The internal routes of a stage."""

    account: AwsAccount
    url: str

    @classmethod
    def of(cls, account: AwsAccount, stage: str) -> InternalApi:
        """Where the service stack says that they are."""
        outputs = Stacks(account, lambda _: None).outputs(stack_name(stage, "service"))
        return cls(account, api_url(account, outputs))

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, etag: str | None = None
    ) -> Reply:
        """Send one request, once: whoever typed the command may type it again.

        Raises:
            Refused: any answer but a good one.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if etag:
            headers["If-Match"] = etag
        content = json.dumps(body).encode() if body is not None else None
        request = AWSRequest(method, f"{self.url}/admin/v1/rights-requests{path}", headers, content)
        SigV4Auth(self.account.credentials, "execute-api", self.account.region).add_auth(request)
        answer = URLLib3Session(timeout=35).send(request.prepare())
        told = _read(answer.content)
        if answer.status_code >= 400:
            raise CallRefused(_why(answer.status_code, told))
        return Reply(told, answer.headers.get("ETag"))


def _read(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _why(status: int, problem: dict[str, Any]) -> str:
    """The problem in a line; a gateway between us and the API may answer in another shape."""
    said = [f"{status} {problem.get('code', '')}".strip(), str(problem.get("detail", ""))]
    said += [f"{error['pointer']}: {error['message']}" for error in problem.get("errors", ())]
    if "open_request_id" in problem:
        said.append(f"by {problem['open_request_id']}")
    if "request_id" in problem:
        said.append(f"call {problem['request_id']}")
    return "; ".join(part for part in said if part)
