"""What an operator sees after an ordinary mistake: one line on stderr that names the remedy."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from unittest.mock import patch

import pytest
import time_machine
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner, Result

from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import declaration
from infra.deployment.account import AwsAccount
from infra.ops import internal_api, operator_console, profiles
from infra.ops.__main__ import app
from infra.ops.cases import erasures
from infra.ops.internal_api import CallRefused, InternalApi
from infra.ops.profiles import FILE, PROFILE, REGION, STAGE
from infra.ops.refusals import DEBUG
from infra.ops.scheduled import RunFailed
from tests.support.patches import fail_at

A_STAGE = {STAGE: "staging", REGION: "eu-central-1"}


@pytest.fixture(autouse=True)
def no_profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Point to a file of profiles that does not exist yet, and restore the environment afterwards."""
    file = tmp_path / "ops.toml"
    for name in (STAGE, REGION, PROFILE, DEBUG, profiles.ENDPOINT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(FILE, str(file))
    return file


def ops(*words: str, env: Mapping[str, str] = MappingProxyType({})) -> Result:
    with patch.dict(os.environ, env):  # a command leaves its profile in the environment of the process
        return CliRunner().invoke(app, list(words))


def refused_by_aws(code: str, text: str = "", operation: str = "DescribeStacks") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, operation)


MISTAKES = {
    "no stage": (("rights", "list"), {}, "Missing option '--stage'", 2),
    "no region": (("rights", "list"), {STAGE: "staging"}, "Missing option '--region'", 2),
    "a region outside the EU": (("rights", "list"), A_STAGE | {REGION: "us-east-1"}, "not in the EU", 2),
    "an id of another kind": (("rights", "show", "u_1"), A_STAGE, "not a request id", 2),
    "a version that is no number": (
        ("rights", "approve", str(RightsRequestId.new()), "--version", "two"),
        A_STAGE,
        "a valid integer",
        2,
    ),
    "an unknown command": (("rights", "decide"), A_STAGE, "No such command 'decide'", 2),
    "a mistyped command": (("rights", "shw"), A_STAGE, "Did you mean 'show'? See", 2),
    "an unknown right": (
        ("rights", "enter", "--right", "acces", "--by", "letter", "--on", "2026-11-20"),
        A_STAGE,
        "'--right': 'acces' is not one of",
        2,
    ),
    "an unknown profile": (("--profile", "other", "rights", "list"), {}, "has no profile other", 2),
    "a file that is no JSON": (("rights", "enter-file", __file__), A_STAGE, "not a JSON file", 2),
    "no contact": (("subjects", "find"), A_STAGE, "exactly one of --phone and --email", 2),
    "no contact typed": (("subjects", "find", "--phone"), A_STAGE, "nothing was typed as phone", 2),
    "a restored table without a name": (
        ("switch-tables", "--restored", "accounts"),
        A_STAGE,
        "each table once, as accounts=NAME",
        2,
    ),
    "no local cloud": (("--local", "rights", "list"), {}, "start one with `make run`", 2),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_the_call_ends_in_one_line(
    mistake: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(profiles, "_LOCAL", tmp_path / "state.json")
    words, env, text, status = MISTAKES[mistake]
    done = ops(*words, env=env)
    assert (done.exit_code, done.stdout) == (status, "")
    assert text in done.stderr
    assert done.stderr.removeprefix("phone of the subject: \n").count("\n") == 1


def test_local_cloud_that_was_killed_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (state := tmp_path / "state.json").write_text(
        '{"region": "eu-central-1", "aws_endpoint": "https://aws.test"}'
    )
    monkeypatch.setattr(profiles, "_LOCAL", state)
    fail_at(profiles, "sign_in", EndpointConnectionError(endpoint_url="https://aws.test"))
    done = ops("--local", "rights", "list")
    assert (done.exit_code, done.stderr) == (
        2,
        "refused: No local cloud runs: start one with `make run` or `make cloud`.\n",
    )


def test_missing_confirmation_ends_in_a_line_with_the_remedy() -> None:
    done = ops("retention", "redate", "--kind", "session", env=A_STAGE)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("refused: not confirmed, so nothing was changed; --yes")


FAILURES = {
    "no credentials": (NoCredentialsError(), "aws sso login"),
    "expired credentials": (refused_by_aws("ExpiredToken"), "aws sso login"),
    "a missing policy": (refused_by_aws("AccessDenied"), "Check --stage and --region. Your role needs"),
    "a stage that does not exist": (
        refused_by_aws("ValidationError", "Stack with id ru4m-prod-service does not exist"),
        "Check --stage and --region",
    ),
    "another refusal of AWS": (refused_by_aws("Throttling", "Rate\nexceeded"), "Throttling: Rate exceeded"),
    "no connection": (EndpointConnectionError(endpoint_url="https://aws.test"), "--endpoint-url"),
    "a table that does not exist": (
        refused_by_aws("ResourceNotFoundException", "Function not found", "Invoke"),
        "Check --stage and --region",
    ),
    "a function that failed": (RunFailed("The run failed. The log of the job has the reason."), "The log of"),
    "a file in another encoding": (
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        "Save it as UTF-8",
    ),
    "a refusal by the API": (CallRefused("404 not_found; call abc"), "refused: 404 not_found; call abc"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failure_ends_in_one_line_with_the_remedy(failure: str) -> None:
    error, text = FAILURES[failure]
    fail_at(InternalApi, "of", error)
    done = ops("rights", "list", env=A_STAGE)
    assert (done.exit_code, done.stdout) == (1, "")
    assert text in done.stderr
    assert done.stderr.count("\n") == 1


ANSWERS = {
    "a missing policy": ({"code": "forbidden"}, 403, "OperatorPolicyArn"),
    "an ARN that is not accepted": ({"code": "forbidden"}, 403, "`operators` in the settings of the stage"),
    "an unknown id": ({"code": "not_found"}, 404, "look for the id with `list`"),
    "an old version": ({"code": "changed_meanwhile"}, 412, "the version that it prints"),
    "an own proposal": ({"code": "own_proposal"}, 403, "another operator has to do this"),
    "too many calls": ({"code": "too_many_requests", "retry_after": 42}, 429, "try again in 42 s"),
    "an outage": ({"code": "unavailable"}, 503, "again in a minute"),
    "an invalid field": (
        {"code": "invalid_request", "errors": [{"pointer": "/text", "message": "too short"}]},
        400,
        "/text: too short",
    ),
    "a gateway's own text": (None, 502, "refused: 502"),
    "a gateway that refuses the role": (None, 403, "OperatorPolicyArn"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_refusal_by_the_api_names_the_remedy_in_one_line(
    answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, status, text = ANSWERS[answer]
    content = json.dumps(problem).encode() if problem else b"<html>Bad Gateway</html>"
    replied = SimpleNamespace(status_code=status, content=content, headers={})
    session = SimpleNamespace(send=lambda _: replied)
    monkeypatch.setattr(internal_api, "URLLib3Session", lambda **_: session)
    account = AwsAccount("eu-central-1", None, "ANA", "a secret")
    monkeypatch.setattr(InternalApi, "of", lambda *_: InternalApi(account, lambda: "https://api.test/api"))
    done = ops("rights", "show", RightsRequestId.new(), env=A_STAGE)
    assert (done.exit_code, done.stdout) == (1, "")
    assert text in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.promise("SEC-1")
def test_defect_is_named_without_its_text_and_without_a_traceback() -> None:
    fail_at(InternalApi, "of", ValueError("mila@example.org"))
    done = ops("rights", "list", env=A_STAGE)
    assert done.exit_code == 1
    assert "ValueError in patches.py" in done.stderr
    assert "mila@example.org" not in done.output
    assert "Traceback" not in done.output


def test_debug_variable_shows_the_error_itself() -> None:
    fail_at(InternalApi, "of", ValueError("a text"))
    assert isinstance(ops("rights", "list", env=A_STAGE | {DEBUG: "1"}).exception, ValueError)


def test_profile_gives_stage_and_region_unless_the_environment_does(
    monkeypatch: pytest.MonkeyPatch, no_profiles: Path
) -> None:
    no_profiles.write_text(
        '[default]\nstage = "staging"\nregion = "eu-central-1"\n[paris]\nregion = "eu-west-3"\n'
    )
    seen: list[tuple[str, str]] = []

    def note(account: object, stage: str) -> InternalApi:
        seen.append((stage, account.region))  # type: ignore[attr-defined]
        raise CallRefused("enough")

    monkeypatch.setattr(InternalApi, "of", note)
    ops("rights", "list")
    ops("rights", "list", env={REGION: "eu-west-1"})
    ops("--profile", "paris", "rights", "list", "--stage", "production")
    assert seen == [("staging", "eu-central-1"), ("staging", "eu-west-1"), ("production", "eu-west-3")]


@pytest.mark.parametrize(
    ("content", "text"),
    [("stage =", "not a TOML file"), ('[default]\nstages = "x"\n', "a profile has no stages")],
)
def test_malformed_profile_is_named(content: str, text: str, no_profiles: Path) -> None:
    no_profiles.write_text(content)
    done = ops("rights", "list")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert text in done.stderr


@pytest.mark.parametrize("words", [("-h",), ("rights", "-h"), ("rights", "show", "-h"), ("--version",)])
def test_help_and_version_need_no_stage(words: tuple[str, ...]) -> None:
    assert ops(*words).exit_code == 0


def test_json_is_the_only_output_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"items": [], "unreadable": ["r_1"], "next_cursor": "more"}

    class OnePage:
        def __init__(self) -> None:
            self.pages = [page, page | {"next_cursor": "again"}]

        def call(self, *_: str) -> object:
            return self.pages[0]

    monkeypatch.setattr(InternalApi, "of", lambda *_: OnePage())
    done = ops("--json", "erasures", "list", env=A_STAGE)
    found = json.loads(done.stdout)
    assert (found["items"], found["has_more"]) == ([], True)
    assert "there may be more" in done.stderr


def test_arn_in_a_table_is_whole_in_a_terminal_of_100_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(operator_console, "console", Console(file=written, width=100, markup=False))
    monkeypatch.setattr(operator_console._Chosen, "as_json", False)
    by = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Privacy_0123456789abcdef/ana@example.org"
    table = Table("", "at", "event", "data")
    table.add_row("1", "2026-11-26T21:08:03Z", "decided", f"by={by}, late=0")
    operator_console.emit({}, table)
    assert by in "".join(
        line.split("│")[4].strip() for line in written.getvalue().splitlines() if "│" in line
    )


def test_list_of_erasures_has_whole_ids_and_dates_at_100_columns() -> None:
    written, request = io.StringIO(), RightsRequestId.new()
    one = {
        "rights_request_id": request, "step": "await_stream_deletion", "step_status": "stopped",
        "stuck": "unproven", "status": "awaiting_processor", "since": "2026-11-26T21:08:12Z",
        "received_at": "2026-11-26T15:00:00Z", "captured_at": "2026-11-26T20:00:00Z",
        "deleted": 2, "cancellable": False, "due_at": "2026-12-26T22:59:59Z", "days_left": 30,
    }  # fmt: skip
    with time_machine.travel("2026-11-27T21:00:00Z", tick=False):
        Console(file=written, width=100).print(erasures.listed([one]))
    assert [
        text for text in (request, "2026-11-26", "2026-12-26", "1 d 1 h") if text not in written.getvalue()
    ] == []


def test_longest_row_fits_the_width_and_keeps_id_step_and_reason() -> None:
    longest = {
        "rights_request_id": "r_" + "0" * 26,
        "status": "in_progress",
        "stuck": "stopped",
        "step": max(declaration.steps(), key=len),
        "step_status": "stopped",
        "why": "past_the_point_of_no_return",
        "since": "2026-11-24T12:00:00Z",
        "received_at": "2024-11-24T12:00:00Z",
        "captured_at": "2024-11-24T12:00:00Z",
        "cancellable": False,
        "deleted": 1_000_000,
        "due_at": "2026-12-24T22:59:59Z",
        "days_left": 3,
    }
    with operator_console.console.capture() as captured:
        operator_console.console.print(erasures.listed([longest]))
    printed = captured.get()
    assert max(map(len, printed.splitlines())) <= operator_console.WIDTH
    for kept in (longest["rights_request_id"], longest["step"], longest["why"]):
        assert str(kept) in printed
