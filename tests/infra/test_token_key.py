"""Tests signing key rotation: no token is refused, and a stopped rotation is resumed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.deployment.vault import public_keys, write
from infra.ops.keys.token_key import NotYet, SigningKeys
from tests.infra.fakes import REGION, FakeAccount

ARN = "arn:signing"


class Stage:
    """A stage whose functions have the last deployed configuration."""

    def __init__(self) -> None:
        from infra.deployment.vault import _signing_key

        self.account = FakeAccount(REGION)
        write(self.account.secrets, ARN, _signing_key())
        self.deployed: list[tuple[set[str], str]] = []
        self.fails_after = 10
        self.deploy()

    @property
    def secret(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.account.secrets.values[ARN])
        return document

    def deploy(self) -> None:
        if len(self.deployed) >= self.fails_after:
            raise ConnectionError
        published = {key["kid"] for key in json.loads(public_keys(self.secret))["keys"]}
        self.deployed.append((published, self.secret["signing"]))

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys(self.account, ARN, self.deploy)


def test_new_key_is_published_before_it_signs_and_the_old_one_stays_accepted() -> None:
    stage = Stage()
    ((_, old),) = stage.deployed
    new = stage.keys.rotate()
    assert new != old
    assert stage.deployed == [({old}, old), ({old, new}, old), ({old, new}, new)]


def test_old_key_is_not_retired_before_twice_the_life_of_a_token() -> None:
    stage = Stage()
    new = stage.keys.rotate()
    with pytest.raises(NotYet) as early:
        stage.keys.retire()
    assert 0 < early.value.seconds <= 1800
    stage.keys.retire(wait=0)
    assert stage.deployed[-1] == ({new}, new)
    assert stage.secret["keys"].keys() == {new}


@pytest.mark.parametrize("fails_after", [1, 2])
def test_stopped_rotation_is_resumed_where_it_stopped(fails_after: int) -> None:
    stage = Stage()
    stage.fails_after = fails_after
    with pytest.raises(ConnectionError):
        stage.keys.rotate()
    stage.fails_after = 10
    kids = set(stage.secret["keys"])
    new = stage.keys.rotate()
    assert set(stage.secret["keys"]) == kids
    assert stage.deployed[-1] == (kids, new)
    for (published, _), (_, signing) in zip(stage.deployed, stage.deployed[1:], strict=False):
        assert signing in published  # the earlier deployment published both keys


def test_retirement_stopped_before_its_deployment_is_completed_by_the_next_one() -> None:
    stage = Stage()
    new = stage.keys.rotate()
    stage.fails_after = len(stage.deployed)
    with pytest.raises(ConnectionError):
        stage.keys.retire(wait=0)
    stage.fails_after = 10
    stage.keys.retire(wait=0)
    assert stage.deployed[-1] == ({new}, new)


def test_second_retirement_changes_nothing() -> None:
    stage = Stage()
    stage.keys.retire(wait=0)
    assert stage.deployed == stage.deployed[:1] * 2


def test_rotation_stopped_before_the_new_key_signed_is_never_retired() -> None:
    stage = Stage()
    ((_, old),) = stage.deployed
    stage.fails_after = 2
    with pytest.raises(ConnectionError):
        stage.keys.rotate()
    with pytest.raises(NotYet):
        stage.keys.retire(wait=0)
    stage.fails_after = 10
    new = stage.keys.rotate()
    assert new != old
    assert stage.deployed[-1] == ({old, new}, new)
    with pytest.raises(NotYet) as early:
        stage.keys.retire()  # the half hour counts from the old key's last signature
    assert early.value.seconds > 1700
