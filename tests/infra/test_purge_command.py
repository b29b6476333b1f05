"""Tests `python -m infra.ops purge run`: its output, and that it begins one run only."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from infra.deployment.account import AwsAccount
from infra.ops import __main__ as command
from tests.infra.fakes import REGION
from tests.support import patches

COUNTS = {"found": 2, "deleted": 1, "spared": 3, "oldest_minutes": 90, "complete": 1}


class FakeLambda:
    """An AWS Lambda whose purge returns given counts."""

    def __init__(self, counts: dict[str, int], **answer: str) -> None:
        self.answer = {"Payload": io.BytesIO(json.dumps(counts).encode()), **answer}
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return self.answer


def purge(found: FakeLambda, *options: str) -> Result:
    patches.current().setattr(AwsAccount, "patient_client", lambda *_: found)
    where = ["--stage", "staging", "--region", REGION]
    return CliRunner().invoke(command.app, ["purge", "run", *where, *options])


def test_command_prints_the_counts_of_the_run() -> None:
    done = purge(FakeLambda(COUNTS))
    text = "2 found, 1 deleted, 3 kept for longer; the oldest was 90 minutes past its end\n"
    assert (done.exit_code, done.output) == (0, text)


def test_command_says_that_a_run_was_incomplete() -> None:
    done = purge(FakeLambda(COUNTS | {"found": 0, "oldest_minutes": 0, "complete": 0}))
    assert "kept for longer; not all that is due was read, run it again" in done.output


def test_command_fails_with_the_run() -> None:
    done = purge(FakeLambda({}, FunctionError="Unhandled"))
    assert (done.exit_code, done.output) == (1, "The run failed. The log of purge_expired has the reason.\n")


def test_dry_run_is_passed_on() -> None:
    found = FakeLambda(COUNTS)
    purge(found, "--dry-run")
    assert found.asked[0]["FunctionName"] == "ru4m-staging-purge_expired"
    assert json.loads(found.asked[0]["Payload"])["detail"] == {"dry_run": True}


@pytest.fixture
def failing_endpoint() -> Iterator[tuple[str, list[str]]]:
    """Return the address of a server that fails each request, and the paths that it gets."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            paths.append(self.path)
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


def test_call_without_an_answer_is_not_sent_again(failing_endpoint: tuple[str, list[str]]) -> None:
    """A second call would begin a second run."""
    address, paths = failing_endpoint
    account = AwsAccount(REGION, address, "test", "test")
    with pytest.raises(ClientError):
        account.patient_client("lambda").invoke(FunctionName="any")
    assert len(paths) == 1
    assert account.patient_client("lambda").meta.config.read_timeout > 15 * 60
