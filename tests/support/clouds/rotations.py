"""A deployed stage on which an operator rotates a key, and may be killed at any write."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib.core import aws
from infra.deployment import vault
from infra.deployment.account import AwsAccount
from infra.deployment.vault import Document
from infra.ops.keys import versions as key_versions
from infra.ops.keys.versions import Versions
from tests.support import patches
from tests.support.clouds import cloud
from tests.support.clouds.environment import REGION

_SEALING = "ru4m/test/sealing"


class Killed(BaseException):
    """The operator is killed. No code under test catches it."""


@dataclass
class Stage:
    """A deployed stage, whose containers restart after each configuration."""

    variable: str  # the variable that configures functions with the versions
    secret: str
    format_versions: Callable[[Document], str]
    new: Callable[[], str]
    kill_at: int | None = None  # number of the write at which the operator is killed
    after: bool = False
    writes: int = 0
    configured: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def versions(self) -> Versions:
        return Versions(
            _account(),
            self.secret,
            self.format_versions,
            self.new,
            lambda: self.configured[-1],
            lambda versions: self.write(lambda: self.configure(versions)),
            self.settle,
        )

    def configure(self, versions: str) -> None:
        self.configured.append(versions)
        container_with(self.variable, versions)

    def settle(self) -> None:
        self.settled.append(self.configured[-1])

    def write(self, do: Callable[[], Any]) -> Any:
        """Make and count one write; kill the operator before or after the one in `kill_at`."""
        number, self.writes = self.writes, self.writes + 1
        if number == self.kill_at and not self.after:
            raise Killed
        done = do()
        if number == self.kill_at:
            raise Killed
        return done

    def count_vault_writes(self) -> None:
        """Count writes to the vault as writes of the operator too."""
        patches.current().setattr(
            key_versions, "write", lambda *given: self.write(lambda: vault.write(*given))
        )


@cache
def _account() -> AwsAccount:
    """Return moto's account, with clients that are made once."""
    return AwsAccount(REGION, access_key="testing", secret_key="testing")


def container_with(variable: str, versions: str) -> None:
    """Start a new container with these versions."""
    os.environ[variable] = versions
    cloud.new_container()


def a_stage_with_a_stage_key() -> Stage:
    """Return a stage whose vault holds the stage key of its containers."""
    variable = os.environ["RU4M_STAGE_KEYS"]
    format_versions = vault.stage_keys_of(json.loads(variable))
    aws.client("secretsmanager").create_secret(Name=_SEALING, SecretString=variable)
    (key, *_) = aws.client("kms").list_keys()["Keys"]
    return Stage(
        "RU4M_STAGE_KEYS",
        _SEALING,
        vault.stage_keys_of,
        lambda: vault.wrapped_stage_key(_account(), "staging", key["KeyId"]),
        configured=[format_versions],
    )
