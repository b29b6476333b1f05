"""Logs and the wrapper of every entry point show names of failures, and no personal data."""

import json
import logging
import os
import subprocess
import sys
import traceback

import pytest

from chalicelib.core import observe
from tests.support.clouds import environment
from tests.support.world.builders import a_phone
from tests.support.world.world import World


class Broken(Exception):
    """A failure whose text contains a user's input."""


@observe.observed
def some_job(note: str) -> None:
    raise Broken(note)


@pytest.mark.promise("SEC-1")
def test_failing_entry_point_raises_names_of_errors_only(world: World) -> None:
    """Lambda logs the error that leaves an entry point, including its causes."""
    canary = world.canaries("note")
    with pytest.raises(observe.EntryFailed) as failed:
        some_job(canary)
    shown = "".join(traceback.format_exception(failed.value))
    assert failed.value.args == ("some_job", "Broken")
    assert world.canaries.in_text(shown) == []
    assert world.canaries.in_text(world.log.getvalue()) == []


def test_failing_entry_point_logs_the_error_and_its_location(world: World) -> None:
    with pytest.raises(observe.EntryFailed):
        some_job("note")
    (line,) = world.log_lines
    assert (line["message"], line["error"], line["function"]) == ("entry_failed", "Broken", "some_job")
    assert line["at"].startswith("test_observe.py:")


@pytest.mark.promise("SEC-1")
def test_request_is_logged_by_its_route_and_not_by_its_path(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    mila = world.a_user()
    mila.gets(f"/v1/users/{mila.user_id}")
    mila.calls("GET", f"/v1/profile?phone={a_phone()}")
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines() if '"RequestServed"' in line]
    assert [(line["route"], line["status"]) for line in lines[-2:]] == [
        ("GET /v1/users/{user_id}", 200),
        ("GET /v1/profile", 200),
    ]
    assert mila.user_id not in written + world.log.getvalue()


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("variable", "level"),
    [("AWS_LAMBDA_LOG_LEVEL", "DEBUG"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR"), ("POWERTOOLS_LOG_LEVEL", "DEBUG")],
)
def test_info_lines_are_logged_and_debug_lines_never_are(variable: str, level: str) -> None:
    """Debug lines of libraries contain requests."""
    script = (
        "import logging; logging.basicConfig(level=logging.DEBUG); from chalicelib.core import observe;"
        "logging.getLogger('botocore').debug('request'); observe.logger.debug('x'); observe.log('y');"
    )
    variables = {**os.environ, **environment.variables(), variable: level, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=True
    )
    assert [json.loads(line)["message"] for line in done.stdout.splitlines()] == ["y"]
    assert "request" not in done.stderr


def test_log_level_is_info_in_any_environment() -> None:
    assert logging.getLogger("ru4m").level == logging.INFO
    assert not logging.getLogger("ru4m").isEnabledFor(logging.DEBUG)


def test_unlisted_field_cannot_be_logged() -> None:
    with pytest.raises(observe.NotLoggable, match="phone"):
        observe.log("event", phone="+381601234567")
