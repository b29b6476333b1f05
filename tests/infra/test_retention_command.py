"""Tests `python -m infra.ops retention redate` and `records migrate`: their output and their refusals."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.accounts.sessions.model import Session
from chalicelib.core import aws
from chalicelib.core.table import Table
from infra.deployment.account import AwsAccount
from infra.ops import __main__ as command
from infra.ops import commands
from infra.ops.data import retention
from tests.infra.fakes import REGION, FakeCloudFormation
from tests.support.clouds import cloud, environment
from tests.support.world.world import World

TABLES = {f"{name.title()}TableName": f"ru4m-test-{name}" for name in Table}


@dataclass
class FakeLambda:
    """An AWS Lambda that knows one function's configuration."""

    variables: dict[str, str]

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "ru4m-staging-signup"
        return {"Environment": {"Variables": self.variables}}


@dataclass(frozen=True)
class StageAccount(AwsAccount):
    """A stage whose functions were just configured again."""

    formation: FakeCloudFormation = field(
        default_factory=lambda: FakeCloudFormation(
            status={"ru4m-staging-data": "UPDATE_COMPLETE"}, outputs=lambda _: TABLES
        )
    )

    def client(self, service: str) -> Any:
        variables = {
            k: v for k, v in environment.variables().items() if k.startswith("RU4M_") and "TABLE" not in k
        }
        variables |= {"RU4M_STAGE_KEYS": os.environ["RU4M_STAGE_KEYS"], "RU4M_PERIODS": "idle_session=P30D"}
        known = {"cloudformation": self.formation, "lambda": FakeLambda(variables)}
        return known.get(service) or aws.client(service)


@pytest.fixture(autouse=True)
def stage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Return a stage with three sessions of 60 days, which are now kept for 30."""
    monkeypatch.setattr(os, "environ", os.environ.copy())  # the command changes it
    monkeypatch.setattr(commands, "AwsAccount", StageAccount)
    for _ in range(3):
        world.a_user()


def redate(*options: str) -> Result:
    return CliRunner().invoke(
        command.app, ["retention", "redate", "--stage", "staging", "--region", REGION, "--yes", *options]
    )


def ends(world: World) -> set[int]:
    return {
        round((int(item["expires_at"]["N"]) - world.now.timestamp()) / 86400)
        for item in cloud.records("session")
    }


def test_command_uses_the_periods_of_the_stages_functions(world: World) -> None:
    done = redate("--kind", "session")
    assert done.output == "3 seen, 3 moved, 0 held, 0 changed meanwhile; done\n"
    assert ends(world) == {30}


def test_dry_run_changes_nothing(world: World) -> None:
    assert redate("--kind", "session", "--dry-run").output.startswith("3 seen, 3 moved")
    assert ends(world) == {60}


def test_command_continues_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_PAGE", 10)
    first = redate("--kind", "session").output.splitlines()[0]
    (place,) = re.findall(r"--after (\S+)$", first)
    assert redate("--kind", "session", "--after", place).output.splitlines()[-1].endswith("; done")


@pytest.mark.parametrize(
    ("options", "text", "status"),
    [
        (("--kind", "consent"), "the Ledger holds none", 1),
        (("--kind", "account"), "kept until the account is deleted", 1),
        (("--kind", "session", "--after", "nowhere"), "position printed by an earlier run", 2),
    ],
)
def test_redating_is_refused_with_the_reason(options: tuple[str, ...], text: str, status: int) -> None:
    done = redate(*options)
    assert done.exit_code == status
    assert text in done.output


def migrate(*options: str) -> Result:
    place = ("--stage", "staging", "--region", REGION)
    return CliRunner().invoke(command.app, ["records", "migrate", "--kind", "session", *place, *options])


def shapes() -> list[dict[str, str] | None]:
    return [item.get("shape") for item in cloud.records("session")]


def test_migration_stores_all_records_in_the_current_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "declaration", replace(Session.declaration, upcasts=(dict,)))
    counts = "3 seen, 3 moved, 0 held, 0 changed meanwhile; done\n"
    assert migrate("--dry-run").output == counts
    assert shapes() == [None] * 3
    assert migrate().output == counts
    assert shapes() == [{"N": "2"}] * 3
    assert migrate().output.startswith("3 seen, 0 moved")


def test_migration_of_a_kind_with_one_shape_is_refused_in_one_line() -> None:
    done = migrate()
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "session has had one shape only" in done.output
