"""The smoke test after a deployment: the public routes answer, and what needs a token or a signature refuses.

It writes nothing, so it may run against a stage with users.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.stream.model import WEBHOOK_PATH
from infra.deployment import receivers
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, ok, refused, unknown, warning

_DEADLINE = 60.0  # seconds; a new stage of API Gateway and its first functions take a while
_PAUSE = 2.0
_TIMEOUT = 30.0  # seconds; the gateway gives up after 29
_ROLL_BACK = "Read the log of the function, then `make rollback` or deploy a correction."


@dataclass(frozen=True)
class SmokeRequest:
    """A request without valid credentials, and the statuses with which the service is as it should be."""

    method: str
    path: str
    wanted: tuple[int, ...]
    bearer: str = ""
    remedy: str = _ROLL_BACK


_REQUESTS = (
    SmokeRequest("GET", "/v1/controller", (200,)),
    SmokeRequest("GET", "/.well-known/jwks.json", (200,)),
    # Without a token the gateway would not ask the authorizer, which reads the published keys.
    SmokeRequest("GET", "/v1/profile", (401,), bearer="not.a.token"),
    SmokeRequest("GET", "/admin/v1/rights-requests", (404,)),  # unsigned, so it shows nothing
    SmokeRequest("POST", WEBHOOK_PATH, (401,)),
)
# SAM's own stage, which an update of the stack leaves (ADR 72). For a missing stage AWS answers 403, the
# emulator 404.
_SECOND_STAGE = SmokeRequest(
    "GET", "/Stage/v1/health", (403, 404),
    remedy="Delete the stage named `Stage` in API Gateway: it has no throttle, WAF, log or alarms.",
)  # fmt: skip


def try_deployed(
    account: AwsAccount, stage: str, url: str, version: str, topic: str
) -> Iterator[DeploymentFinding]:
    """Try a deployed stage.

    Args:
        account: the account of the stage.
        stage: the stage.
        url: where API Gateway serves the API.
        version: the deployed version, which the service has to state.
        topic: the further topic of alarms; empty if there is none.
    """
    health = _version(url, stage, version)
    yield health
    if health.remedy:
        return  # every other request would fail for the same reason
    yield from (_try(url, request) for request in _REQUESTS)
    yield _try(url.rpartition("/")[0], _SECOND_STAGE)
    yield _receivers(account, stage, topic)


def try_domain(issuer: str, version: str) -> DeploymentFinding:
    """Try the custom domain, which answers once its DNS record exists."""
    try:
        answer = requests.get(f"{issuer}/v1/health", timeout=_TIMEOUT)
        stated = answer.json().get("version") if answer.ok else None
    except (requests.RequestException, ValueError) as failure:
        what = f"{issuer} does not answer ({type(failure).__name__})"
        return warning("domain", what, "Point its DNS record at the target above.")
    if stated != version:
        what = f"{issuer} answers with status {answer.status_code} and version {stated}"
        return warning("domain", what, "Point its DNS record at the target above.")
    return ok("domain", f"{issuer} answers")


def _version(url: str, stage: str, version: str) -> DeploymentFinding:
    """Wait until the service states the deployed version."""
    until, wanted = time.monotonic() + _DEADLINE, {"status": "ok", "version": version, "stage": stage}
    while (found := _health(url)) != wanted and time.monotonic() < until:
        time.sleep(_PAUSE)
    if found == wanted:
        return ok("health", f"version {version} answers at {url}")
    stated = found.get("version") or found.get("failure")
    what = f"GET /v1/health states {stated} after {_DEADLINE:.0f} seconds, not version {version}"
    return refused("health", what, _ROLL_BACK)


def _health(url: str) -> dict[str, Any]:
    try:
        answer = requests.get(f"{url}/v1/health", timeout=_TIMEOUT)
        body = answer.json()
    except (requests.RequestException, ValueError) as failure:
        return {"failure": type(failure).__name__}
    if not answer.ok or not isinstance(body, dict):
        return {"failure": f"status {answer.status_code}"}
    return body


def _try(url: str, request: SmokeRequest) -> DeploymentFinding:
    name = f"{request.method} {request.path}"
    try:
        headers = {"Authorization": f"Bearer {request.bearer}"} if request.bearer else {}
        answer = requests.request(request.method, url + request.path, headers=headers, timeout=_TIMEOUT)
    except requests.RequestException as failure:
        return refused(name, f"no answer ({type(failure).__name__})", _ROLL_BACK)
    if answer.status_code not in request.wanted:
        wanted = " or ".join(map(str, request.wanted))
        what = f"status {answer.status_code} without valid credentials, not {wanted}"
        return refused(name, what, request.remedy)
    return ok(name, f"status {answer.status_code} without credentials")


def _receivers(account: AwsAccount, stage: str, topic: str) -> DeploymentFinding:
    try:
        confirmed = receivers.is_confirmed(account, stage, topic)
    except (ClientError, BotoCoreError) as failure:
        return unknown("alarms", f"the subscriptions are not shown ({type(failure).__name__})", _CHECK)
    if not confirmed:
        return warning("alarms", "no receiver has confirmed its subscription", _CONFIRM)
    return ok("alarms", "a receiver has confirmed its subscription")


_CHECK = "Run `ops alarms check`."
_CONFIRM = "Open the link in the mail of AWS, then run `ops alarms check`."
