"""`python -m infra.ops keys`: what a retirement waits for, asks and shows; no test waits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.deployment import vault
from infra.deployment.account import AwsAccount
from infra.ops import operator_console
from infra.ops.__main__ import app
from infra.ops.keys import commands as keys_module
from infra.ops.keys import versions
from infra.ops.keys.stage_key import StageKeys, StillNeeded
from infra.ops.keys.versions import LONGEST_RUN, Unfinished, Versions
from tests.infra.fakes import REGION
from tests.support import patches
from tests.support.clouds.rotations import Stage
from tests.support.world.world import World

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


class FakeFunctions:
    """An AWS Lambda whose functions were changed some seconds ago."""

    def __init__(self, ago: dict[str, int], now: datetime | None = NOW) -> None:
        self.headers = {"date": format_datetime(now, usegmt=True)} if now else {}
        self.functions = [
            {"FunctionName": name, "LastModified": f"{NOW - timedelta(seconds=s):%Y-%m-%dT%H:%M:%S.000+0000}"}
            for name, s in ago.items()
        ]

    def client(self, _: str) -> FakeFunctions:
        return self

    def get_paginator(self, _: str) -> FakeFunctions:
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Functions": self.functions, "ResponseMetadata": {"HTTPHeaders": self.headers}}]


def left(account: Any) -> int:
    return versions.seconds_left(account, "staging")


def test_wait_ends_a_quarter_of_an_hour_after_the_last_change_of_a_function() -> None:
    first, last = "ru4m-staging-signup", "ru4m-staging-rights"
    assert left(FakeFunctions({first: 5000, last: 0})) == LONGEST_RUN
    assert left(FakeFunctions({first: 5000, last: 620})) == 400
    assert left(FakeFunctions({first: 5000, last: 1020})) <= 0
    assert left(FakeFunctions({first: 5000, "ru4m-production-signup": 0})) <= 0


def test_wait_is_whole_if_aws_does_not_state_both_instants() -> None:
    assert left(FakeFunctions({})) == LONGEST_RUN
    assert left(FakeFunctions({"ru4m-staging-signup": 5000}, now=None)) == LONGEST_RUN
    malformed = FakeFunctions({"ru4m-staging-signup": 5000})
    malformed.functions[0]["LastModified"] = "yesterday"
    assert left(malformed) == LONGEST_RUN


def test_countdown_says_what_is_left_and_waits_no_longer() -> None:
    slept: list[float] = []
    said: list[str] = []
    operator_console.count_down(70, "It takes a while.", slept.append, said.append)
    assert sum(slept) == 70
    assert said == [
        "It takes a while.",
        *(f"{one} left to wait" for one in ("1 min 10 s", "0 min 40 s", "0 min 10 s")),
    ]
    for nothing in (0, -5):
        operator_console.count_down(nothing, "never said", slept.append, said.append)
    assert (sum(slept), len(said)) == (70, 4)


def test_key_of_staff_reaches_every_function_before_one_uses_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RU4M_STAFF_VERSIONS", "1")
    stage = Stage(
        "RU4M_STAFF_VERSIONS", "ru4m/test/staff", vault.versions_of, vault.new_mac_key, configured=["1"]
    )
    monkeypatch.setattr(Versions, "of_mac", lambda *_: stage.versions)
    place = ["--stage", "staging", "--region", REGION]
    done = CliRunner().invoke(app, ["keys", "staff", "rotate", *place])
    assert (done.exit_code, "under version 2" in done.output) == (0, True), done.output
    assert (stage.configured, stage.settled) == (["1", "1,2", "2,1"], ["1,2", "2,1"])


class FakeKeys:
    """The stage key with an old version, unless it was retired."""

    def __init__(self, *old: int, refusal: Exception | None = None) -> None:
        self.old, self.refusal, self.retired = list(map(str, old)), refusal, 0

    def older(self) -> list[str]:
        return self.old

    def retirable(self) -> list[str]:
        if self.refusal:
            raise self.refusal
        return self.old

    def retire(self) -> list[str]:
        self.retired += 1
        return self.old

    def count_records(self) -> int:
        return 7

    def reseal(self, seal: Any) -> int:
        return sum(seal(None, {}) for _ in range(2500))


def ops(keys: FakeKeys, *words: str, answer: str = "") -> Result:
    patches.current().setattr(StageKeys, "of", lambda *_: keys)
    patches.current().setattr(AwsAccount, "client", lambda *_: None)
    place = ["--stage", "staging", "--region", REGION]
    return CliRunner().invoke(app, ["--json", "keys", "stage", *words, *place], input=answer)


def test_dry_run_of_a_retirement_names_the_versions_and_deletes_none() -> None:
    keys = FakeKeys(1, 2)
    done = ops(keys, "retire", "--dry-run")
    assert (json.loads(done.stdout), keys.retired) == ({"would_delete": ["1", "2"]}, 0)


@pytest.mark.parametrize(
    ("refusal", "text"),
    [(StillNeeded("3 records are under an old version"), "3 records"), (Unfinished("run it again"), "again")],
)
def test_dry_run_of_a_retirement_shows_what_it_would_be_refused_for(refusal: Exception, text: str) -> None:
    done = ops(FakeKeys(1, refusal=refusal), "retire", "--dry-run")
    assert (done.exit_code, text in done.stderr) == (1, True)


def test_retirement_asks_before_it_deletes_a_version() -> None:
    keys = FakeKeys(1)
    refused = ops(keys, "retire", answer="n\n")
    assert (refused.exit_code, keys.retired, "Delete 1 for good?" in refused.stderr) == (1, 0, True)
    done = ops(keys, "retire", "--yes")
    assert (json.loads(done.stdout), keys.retired) == ({"deleted": ["1"]}, 1)


def test_retirement_without_an_old_version_completes_a_stopped_one_unasked() -> None:
    keys = FakeKeys()
    done = ops(keys, "retire")
    assert (json.loads(done.stdout), keys.retired, done.stderr) == ({"deleted": []}, 1, "")


def test_dry_run_of_a_move_counts_what_is_left() -> None:
    assert json.loads(ops(FakeKeys(1), "reseal", "--dry-run").stdout) == {"older": 7}


def test_move_of_many_records_shows_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "service_reseal", lambda *_: lambda *_: True)
    done = ops(FakeKeys(1), "reseal")
    assert json.loads(done.stdout) == {"resealed": 2500}
    assert done.stderr.splitlines() == [f"{n} records processed so far" for n in (1000, 2000)]
