"""Tests `ops logs` on an emulated AWS (ADR 93)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import CliRunner, Result

from chalicelib.core import clock
from chalicelib.core.clock import HOUR, MINUTE
from infra.deployment.account import AwsAccount
from infra.ops.__main__ import app
from infra.ops.alarms import logs as command
from tests.infra.fakes import REGION
from tests.support.patches import fail_at

GROUP = "/aws/lambda/ru4m-staging-admin"
LINE = json.dumps({"level": "ERROR", "message": "entry_failed", "service": "ru4m", "request_id": "r_1234"})


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the client of the command, for a stage with the log of the function admin."""
    with mock_aws():
        client = AwsAccount(REGION).client("logs")
        monkeypatch.setattr(AwsAccount, "client", lambda *_: client)
        client.create_log_group(logGroupName=GROUP)
        client.create_log_stream(logGroupName=GROUP, logStreamName="one")
        yield client


def write(logs: Any, *lines: str, ago: timedelta = MINUTE) -> datetime:
    at = clock.now() - ago
    events = [{"timestamp": clock.to_epoch(at) * 1000, "message": line} for line in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)
    return at


def ops(*words: str, form: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(app, [*form, "logs", *words, "--stage", "staging", "--region", REGION])


def test_lines_are_shown_in_words_with_belgrades_time(logs: Any) -> None:
    at = write(logs, LINE, "[1]").astimezone(clock.ZONE)
    first, second, last = ops("admin").output.splitlines()
    assert first == f"{at:%F %H:%M:%S %Z}  ERROR entry_failed request_id=r_1234"
    assert second.endswith("  [1]")
    assert last.startswith("2 lines of admin since")


def test_lines_of_one_request_since_an_hour_are_found(logs: Any) -> None:
    write(logs, LINE, ago=2 * HOUR)
    write(logs, LINE, "other")
    done = json.loads(ops("admin", "--since", "1h", "--request", "r_1234", form=("--json",)).stdout)
    assert ([one["line"] for one in done["items"]], done["has_more"]) == ([LINE], False)
    assert ops("admin", "--since", "3h", "--request", "r_1234").output.count("entry_failed") == 2


def test_number_of_lines_is_bounded_and_said(logs: Any) -> None:
    write(logs, *map(str, range(5)))
    done = ops("admin", "--maximum", "3")
    assert "3 lines of admin" in done.output
    assert "There may be more" in done.output


def test_number_of_calls_is_bounded(logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def empty_page(**asked: Any) -> dict[str, Any]:
        calls.append(asked.get("nextToken"))
        return {"events": [], "nextToken": str(len(calls))}

    monkeypatch.setattr(logs, "filter_log_events", empty_page)
    assert "There may be more" in ops("admin").output
    assert calls == [None, *map(str, range(1, command._MAX_CALLS))]


def test_missing_log_group_is_said_in_one_line(logs: Any) -> None:
    done = ops("signup")
    assert done.exit_code == 1
    assert "FilterLogEvents found nothing (ResourceNotFoundException)" in done.output


def test_role_without_the_permission_learns_which_policy_it_needs(logs: Any) -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "FilterLogEvents")
    fail_at(logs, "filter_log_events", denied)
    done = ops("admin")
    assert done.exit_code == 1
    assert "AWS denies FilterLogEvents" in done.output
    assert "OnCallPolicyArn for alarms, queues, logs" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "about, access_token, admin"),
        (["admin", "--since", "yesterday"], "30m, 1h or 2d"),
        (["admin", "--since", "0h"], "30m, 1h or 2d"),
        (["admin", "--request", '" or "'], "not an id"),
    ],
)
def test_unknown_function_length_or_id_is_refused(words: list[str], said: str) -> None:
    done = ops(*words)
    assert (done.exit_code, said in done.output) == (2, True), done.output
