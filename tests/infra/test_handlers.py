"""Tests that each function starts as in Lambda: from the zip alone, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.openapi import PLACE
from infra.packaging.groups import clean_environment
from tests.infra.templates import Template
from tests.infra.test_functions import FUNCTIONS
from tests.support.jobs.events import messages, report_of_mail
from tests.support.world.builders import a_schedule_event

PROBE = Path(__file__).with_name("probe.py")

AVATAR = f"incoming/a_{'0' * 26}/av_{'0' * 26}"
UPLOADED = f"incoming/r_{'0' * 26}/pp_{'0' * 26}"
# A port on which no server listens, so that a call to AWS fails immediately.
NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


@dataclass(frozen=True)
class Run:
    """The outcome of one event."""

    answer: dict[str, Any]
    logged: list[dict[str, Any]]
    complained: str

    def loaded_any_of(self, *packages: str) -> set[str]:
        """Return whether the process had loaded one of these packages at its end."""
        return {m.split(".")[0] for m in self.answer["loaded"]} & {*packages}


def request(method: str, path: str, *, body: str = "", **parts: str) -> dict[str, Any]:
    """Return a proxy event of the gateway."""
    headers = {"content-type": "application/json"}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {k: [v] for k, v in headers.items()},
        "multiValueQueryStringParameters": None,
        "pathParameters": parts,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": path,
            "requestId": "a-request",
            "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": {"account_id": f"a_{'0' * 26}", "session_id": f"s_{'0' * 26}"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def signed(event: dict[str, Any]) -> dict[str, Any]:
    """Return the same event, signed by an operator."""
    event["requestContext"]["identity"]["userArn"] = "arn:aws:iam::000000000000:user/alice"
    return event


def failed(*places: int) -> dict[str, Any]:
    """Return what a worker answers if messages have to be delivered again."""
    return {"batchItemFailures": [{"itemIdentifier": f"message-{place}"} for place in places]}


# One event for each function, and its outcome while AWS is unreachable.
EVENTS: dict[str, tuple[dict[str, Any], object]] = {
    "admin": (signed(request("GET", "/admin/v1/rights-requests")), 503),
    "about": (request("GET", "/v1/health"), 200),
    "site": (request("GET", "/privacy"), 200),
    "chat": (request("POST", "/v1/chat/token"), 503),
    "consents": (request("GET", "/v1/consents"), 503),
    "contacts": (request("GET", "/v1/contacts"), 503),
    "conversations": (request("POST", "/v1/conversations", body="{}"), 503),
    "hooks": (request("POST", "/v1/hooks/stream", body="{}"), 401),
    "notices": (request("GET", "/v1/notices/current"), 200),
    "notifications": (request("GET", "/v1/notifications"), 503),
    "profiles": (request("GET", "/v1/profile"), 503),
    "reports": (request("GET", "/v1/reports"), 503),
    "rights": (request("GET", "/v1/rights-requests"), 503),
    "sessions": (request("DELETE", "/v1/sessions/{session_id}", session_id=f"s_{'0' * 26}"), 503),
    "signup": (request("POST", "/v1/signup", body="{}"), 400),
    "usage": (request("POST", "/v1/usage", body="{}"), 503),
    # The call gets no response, so the run fails and the failure queue gets the event.
    "roll_up_usage": (a_schedule_event(), "EntryFailed: ('roll_up_usage', 'Unavailable')"),
    "access_token": (
        {
            "type": "TOKEN",
            "authorizationToken": "Bearer nonsense",
            "methodArn": "arn:aws:execute-api:a:b:c/d",
        },
        "Unauthorized: Unauthorized",
    ),
    # No version is announced at present, so no table is read.
    "announce_notices": (a_schedule_event(), {"due": 0, "abandoned": 0}),
    "announce_to_shard": (
        messages("nonsense", '{"version":"terms-2000-01-01","shard":"00"}'),
        failed(0),
    ),
    "note_bounces": (
        report_of_mail({"EmailTags": [{"Name": "mail_id", "Value": f"m_{'0' * 26}"}], "Destination": {}}),
        "EntryFailed: ('note_bounces', 'Unavailable')",
    ),
    "watch_breaches": (a_schedule_event(), "EntryFailed: ('watch_breaches', 'Unavailable')"),
    # Each source of the inbox is unavailable on its own; the state of the job is not.
    "report_inbox": (a_schedule_event(), "EntryFailed: ('report_inbox', 'Unavailable')"),
    "notify_of_breaches": (
        messages("nonsense", f'{{"breach":"br_{"0" * 26}","part":"00"}}'),
        failed(0, 1),
    ),
    "checkpoint_ledger": (
        a_schedule_event(),
        "EntryFailed: ('checkpoint_ledger', 'Unavailable')",
    ),
    "close_idle_accounts": (
        a_schedule_event(),
        "EntryFailed: ('close_idle_accounts', 'Unavailable')",
    ),
    "record_verified_codes": (
        a_schedule_event(),
        "EntryFailed: ('record_verified_codes', 'Unavailable')",
    ),
    "keep_holds": (a_schedule_event(), "EntryFailed: ('keep_holds', 'Unavailable')"),
    "purge_expired": (a_schedule_event(), "EntryFailed: ('purge_expired', 'Unavailable')"),
    "check_chat_settings": (a_schedule_event(), "EntryFailed: ('check_chat_settings', 'Unavailable')"),
    "reconcile_chat": (a_schedule_event(), "EntryFailed: ('reconcile_chat', 'Unavailable')"),
    "renew_consents": (a_schedule_event(), "EntryFailed: ('renew_consents', 'Unavailable')"),
    "renew_shard": (
        messages("nonsense", '{"shard":"00"}'),
        failed(0, 1),
    ),
    "work_on_hooks": (
        messages("nonsense", f'{{"type":"user.deleted","id":"u_{"0" * 26}","not_before":""}}'),
        failed(0, 1),
    ),
    "clean_avatars": (messages(json.dumps({"detail": {"object": {"key": AVATAR}}})), failed(0)),
    "clean_images": (messages(json.dumps({"detail": {"object": {"key": UPLOADED}}})), failed(0)),
    "sweep_rights": (a_schedule_event(), "EntryFailed: ('sweep_rights', 'Unavailable')"),
    "send_unsent": (a_schedule_event(), "EntryFailed: ('send_unsent', 'Unavailable')"),
    "work_on_reports": (a_schedule_event(), "EntryFailed: ('work_on_reports', 'Unavailable')"),
    "sync_chat_profiles": ({"Records": []}, None),
    "push_changes": ({"Records": []}, None),
    "push_messages": (messages("nonsense"), failed(0)),
    # The first message cannot be set aside during the outage; the request of the second one cannot be read.
    **dict.fromkeys(
        ("transfer_copies", "work_rights", "erase_accounts"),
        (
            messages("nonsense", f'{{"request_id":"r_{"0" * 26}"}}'),
            failed(0, 1),
        ),
    ),
}


# These load less than the others have in common.
LIGHT = {"about", "access_token", "checkpoint_ledger", "site"}
OF_IMAGES = {"clean_avatars", "clean_images"}  # they have a package of their own
ALONE = LIGHT | OF_IMAGES
COMMON = ["boto3", "chalice.app", "aws_lambda_powertools", "pydantic"]

Probe = Callable[[dict[str, dict[str, Any]], list[str]], dict[str, Run]]
Start = Callable[[str, dict[str, Any]], Run]


@pytest.fixture(scope="module")
def probe(unpacked: Path, unpacked_images: Path, functions: dict[str, Template]) -> Probe:
    """Start each function for an event, in a process that has imported some modules."""

    def probed(events: dict[str, dict[str, Any]], imported: list[str]) -> dict[str, Run]:
        handled = {name: [functions[name]["Handler"], event] for name, event in events.items()}
        folder = unpacked_images if events.keys() <= OF_IMAGES else unpacked
        arguments = (str(folder), json.dumps(imported), json.dumps(handled))
        child = subprocess.run(
            [sys.executable, "-S", "-I", str(PROBE), *arguments],
            env=clean_environment(**NOWHERE),
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode == 0, child.stderr
        return {done["function"]: _run_of(done) for done in map(json.loads, child.stdout.splitlines())}

    return probed


def _run_of(done: dict[str, Any]) -> Run:
    if done["code"]:
        return Run({"error": done["err"]}, [], done["err"])
    *logged, answer = (json.loads(line) for line in done["out"].splitlines() if line)
    return Run(answer, logged, done["err"])


@pytest.fixture(scope="module")
def start(probe: Probe) -> Start:
    """Start a function for one event."""
    return lambda name, event: probe({name: event}, [])[name]


@pytest.fixture(scope="module")
def run(probe: Probe, start: Start) -> Callable[[str], Run]:
    """Run a function with its event in EVENTS; those that import the same modules begin with them."""
    events = {name: event for name, (event, _) in EVENTS.items()}

    @cache
    def heavy() -> dict[str, Run]:
        return probe({name: event for name, event in events.items() if name not in ALONE}, COMMON)

    return cache(lambda name: start(name, events[name]) if name in ALONE else heavy()[name])


def test_there_is_an_event_for_every_function() -> None:
    assert EVENTS.keys() == FUNCTIONS


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_handler_imports_and_answers_from_the_zip_alone(name: str, run: Callable[[str], Run]) -> None:
    answer, expected = run(name).answer, EVENTS[name][1]
    match expected:
        case int():
            assert answer["result"]["statusCode"] == expected
        case str():
            assert answer["error"] == expected
        case _:
            assert answer["result"] == expected
    assert answer["outside"] == []


@pytest.mark.proof
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_entry_point_is_observed(name: str, run: Callable[[str], Run]) -> None:
    metrics = [line for line in run(name).logged if "_aws" in line]
    assert metrics, "no metric was emitted: the entry is not @observed"
    assert {m["_aws"]["CloudWatchMetrics"][0]["Namespace"] for m in metrics} == {"RU4M"}


def test_authorizer_starts_without_the_heavy_packages(run: Callable[[str], Run]) -> None:
    assert run("access_token").loaded_any_of("boto3", "pydantic", "stream_chat", "phonenumbers") == set()


def test_chat_token_is_minted_without_streams_sdk(run: Callable[[str], Run]) -> None:
    assert run("chat").loaded_any_of("stream_chat", "aiohttp", "requests") == set()


CALL_STREAM = {
    "check_chat_settings",
    "conversations",
    "erase_accounts",
    "reconcile_chat",
    "reports",
    "send_unsent",
    "sync_chat_profiles",
    "work_on_hooks",
    "work_on_reports",
    "work_rights",
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS - CALL_STREAM))
def test_only_functions_that_call_stream_load_its_sdk(name: str, run: Callable[[str], Run]) -> None:
    assert run(name).loaded_any_of("stream_chat", "aiohttp") == set()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_loads_test_tools_or_a_tracer(name: str, run: Callable[[str], Run]) -> None:
    assert run(name).loaded_any_of("moto", "pytest", "aws_xray_sdk", "click", "yaml") == set()


def test_cold_first_page_loads_hardly_more_than_a_cold_check_of_health(run: Callable[[str], Run]) -> None:
    assert len(run("site").answer["loaded"]) <= 1.2 * len(run("about").answer["loaded"])


def test_zip_has_the_committed_api_contract_and_serves_it(start: Start) -> None:
    served = start("about", request("GET", "/v1/openapi.json")).answer["result"]
    assert served["statusCode"] == 200
    assert json.loads(served["body"]) == json.loads(PLACE.read_text())


@pytest.mark.promise("SEC-1")
def test_problem_does_not_repeat_the_input(start: Start) -> None:
    canary = "+381609999999"
    body = json.dumps({"phone": canary, "surprise": canary})
    done = start("signup", request("POST", "/v1/signup", body=body))
    assert done.answer["result"]["statusCode"] == 400
    assert canary not in json.dumps([done.answer["result"], done.logged]) + done.complained
