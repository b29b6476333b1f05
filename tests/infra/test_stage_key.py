"""Tests stage key rotation: sealed records always open, and versions in use stay (SEC-1)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from chalicelib.core import aws, sealing
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from chalicelib.privacy import rewrites, subject_keys
from infra.deployment import vault
from infra.ops.keys import versions
from infra.ops.keys.stage_key import StageKeys, StillNeeded
from infra.ops.keys.versions import Unfinished
from tests.infra.templates import Template
from tests.support.clouds import cloud
from tests.support.clouds.rotations import Killed, Stage, a_stage_with_a_stage_key, container_with
from tests.support.world.builders import a_phone
from tests.support.world.world import World


@dataclass
class Operator:
    """Rotates the stage key of a stage."""

    stage: Stage

    @property
    def keys(self) -> StageKeys:
        return StageKeys(self.stage.versions, {each: settings().table(each) for each in Table})

    def rewrap(self) -> int:
        return self.keys.rewrap(
            lambda pk, version, blob: self.stage.write(lambda: rewrapped_blob(pk, version, blob))
        )

    def reseal(self) -> int:
        return self.keys.reseal(rewrites.reseal)

    @property
    def configured(self) -> list[str]:
        """Return the versions of each configuration, the current one first."""
        return [spelled(document) for document in self.stage.configured]

    @property
    def waited(self) -> list[str]:
        return [spelled(document) for document in self.stage.settled]


def spelled(document: str) -> str:
    return vault.versions_of(json.loads(document))


def rewrapped_blob(pk: str, version: int, blob: bytes) -> bytes:
    account_id = AccountId(pk.removeprefix("A#"))
    return subject_keys.wrap(account_id, version, subject_keys.unwrap(account_id, version, blob))


@pytest.fixture
def operator(world: World) -> Operator:
    stage = a_stage_with_a_stage_key()
    stage.count_vault_writes()
    return Operator(stage)


def run_in_a_container_of(operator: Operator, configuration: int, do: Callable[[], object]) -> None:
    """Run a function in a container of an earlier configuration."""
    container_with(operator.stage.variable, operator.stage.configured[configuration])
    do()
    container_with(operator.stage.variable, operator.stage.configured[-1])


def stored_versions() -> set[str]:
    document = vault.read(aws.client("secretsmanager"), "ru4m/test/sealing")
    assert document
    return set(document["versions"])


def test_every_container_knows_a_new_version_before_it_is_used_to_seal(operator: Operator) -> None:
    assert operator.keys.rotate() == "2"
    assert operator.configured == ["1", "1,2", "2,1"]


def test_rotation_and_retirement_wait_until_old_containers_have_ended(
    operator: Operator,
) -> None:
    operator.keys.rotate()
    assert operator.waited == ["1,2", "2,1"]
    operator.keys.retire()
    assert operator.waited == ["1,2", "2,1", "2,1", "2"]


@pytest.mark.promise("SEC-1")
def test_data_key_wrapped_during_the_wait_of_a_retirement_keeps_its_version(
    operator: Operator, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.keys.rotate()
    phone = a_phone()
    before_the_last = -2

    def signs_up() -> None:
        run_in_a_container_of(operator, before_the_last, lambda: world.a_user(phone=phone))

    monkeypatch.setattr(operator.stage, "settle", signs_up)
    with pytest.raises(StillNeeded):
        operator.keys.retire()
    assert stored_versions() == {"1", "2"}
    assert world.a_user(phone=phone).gets("/v1/profile").status == 200


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_rotation_stopped_at_its_last_configuration_resumes_with_its_version(
    operator: Operator, *, after: bool
) -> None:
    operator.stage.kill_at, operator.stage.after = 2, after  # the vault's new current version
    with pytest.raises(Killed):
        operator.keys.rotate()
    assert operator.keys.rotate() == "2"
    assert operator.configured == ["1", "1,2", "2,1"]


def test_no_step_runs_before_every_function_seals_under_the_current_version(
    operator: Operator, world: World
) -> None:
    world.a_user()
    operator.stage.kill_at = 3  # the configuration that makes the new version current
    with pytest.raises(Killed):
        operator.keys.rotate()
    for step in (operator.rewrap, operator.reseal, operator.keys.retire):
        with pytest.raises(Unfinished):
            step()


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kill_at", range(8))
def test_operator_killed_at_any_write_continues_and_loses_no_used_version(
    operator: Operator, world: World, kill_at: int, *, after: bool
) -> None:
    people = [world.a_user() for _ in range(2)]
    operator.stage.kill_at, operator.stage.after = kill_at, after
    steps: list[Callable[[], object]] = [
        operator.keys.rotate,
        operator.rewrap,
        operator.reseal,
        operator.keys.retire,
    ]
    with suppress(Killed):
        while steps:
            steps[0]()
            del steps[0]
    assert steps, "the operator was not killed"
    for user in people:
        assert user.gets("/v1/profile").status == 200
    people.append(world.a_user())
    for step in steps:
        step()
    # If killed after its last write, `rotate` was complete, so the next run makes a further version.
    current = "3" if (kill_at, after) == (3, True) else "2"
    if current == "3":
        assert operator.rewrap() == 0
    assert (operator.configured[-1], stored_versions()) == (current, {current})
    for user in people:
        assert user.gets("/v1/profile").status == 200


def test_rotation_makes_exactly_the_writes_at_which_it_is_killed(operator: Operator, world: World) -> None:
    """The test above kills at each of them."""
    for _ in range(2):
        world.a_user()
    operator.keys.rotate()
    operator.rewrap()
    operator.reseal()
    operator.keys.retire()
    assert operator.stage.writes == 8


def test_repeated_steps_change_nothing(operator: Operator, world: World) -> None:
    world.a_user()
    operator.keys.rotate()
    operator.rewrap()
    operator.reseal()
    before = cloud.all_items()
    assert (operator.rewrap(), operator.reseal()) == (0, 0)
    assert cloud.all_items() == before
    assert operator.keys.retire() == ["1"]
    assert operator.keys.retire() == []
    assert operator.configured == ["1", "1,2", "2,1", "2"]
    assert {
        sealing.version_of(b["B"]) for k in cloud.records("data_key") for b in k["wrapped"]["M"].values()
    } == {2}


@pytest.mark.parametrize("variable", ["RU4M_STAGE_KEYS", "RU4M_LOOKUP_VERSIONS"])
def test_rotation_waits_longer_than_any_function_with_its_key_runs(
    functions: dict[str, Template], variable: str
) -> None:
    runs = [f["Timeout"] for f in functions.values() if variable in f["Environment"]["Variables"]]
    assert runs
    assert max(runs) <= versions.LONGEST_RUN
