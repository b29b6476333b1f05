"""Rotation of a key whose versions are part of every function's configuration.

rotate   every function gets the new version first; then it becomes the version in use
retire   the other versions are deleted, once no data uses them

At any time, every container knows each version that another container may use. A change of the configuration
starts new containers; after each change, the rotation waits until the old containers have finished. `retire`
also waits before it checks whether an old version is in use: `rotate` may have been interrupted in its last
wait, and data that an old container writes after the check would be lost with the key. A wait ends a quarter
of an hour after the last change of a function, so there is none if that is long ago.

Both are safe to stop and run again: the secret and the configuration show the progress.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Self

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.vault import Document, new_mac_key, stored, versions_of, write
from infra.ops.operator_console import count_down
from infra.ops.refused import CommandRefused

# Seconds, after which Lambda ends every run. All functions count: jobs open records, and the worker of rights
# requests reads claims. Without the new version it would miss moved claims in a copy.
LONGEST_RUN = 15 * 60
# Seconds, after which AWS starts no run with the configuration from before a change.
_UNTIL_APPLIED = 2 * 60
_INTERRUPTED = "`rotate` was interrupted; run it again"


class Unfinished(CommandRefused):
    """A rotation is incomplete: a function may not know a version that others use."""


@dataclass(frozen=True)
class Versions:
    """The versions of a key: in the vault, and in the configuration of the functions."""

    account: AwsAccount
    arn: str
    spelled: Callable[[Document], str]  # the secret as it is written in the configuration
    new: Callable[[], str]
    configured: Callable[[], str]
    configure: Callable[[str], object]
    settle: Callable[[], None]  # waits until containers of the old configuration have finished

    @classmethod
    def of(
        cls,
        stacks: Stacks,
        stage: str,
        *,
        arn: str,
        parameter: str,
        spelled: Callable[[Document], str],
        new: Callable[[], str],
        settle: Callable[[], None] | None = None,
    ) -> Self:
        """Return the versions of a key of a deployed stage.

        Args:
            stacks: the stacks of the account.
            stage: the stage.
            arn: the secret with the versions.
            parameter: the parameter of the service stack that configures the functions with them.
            spelled: writes the secret as that parameter has it.
            new: makes the key of a version.
            settle: waits until old containers have finished; the default watches the functions.
        """
        service = stack_name(stage, "service")
        return cls(
            stacks.account,
            arn,
            spelled,
            new,
            lambda: stacks.parameters(service)[parameter],
            lambda versions: stacks.reconfigure(service, {parameter: versions}),
            settle or waiting(stacks.account, stage),
        )

    @classmethod
    def of_mac(cls, stacks: Stacks, stage: str, name: str, settle: Callable[[], None] | None = None) -> Self:
        """Return the versions of an HMAC key of the vault, by the beginning of its parameter's name."""
        return cls.of(
            stacks,
            stage,
            arn=stacks.outputs(stack_name(stage, "vault"))[f"{name}SecretArn"],
            parameter=f"{name}Versions",
            spelled=versions_of,
            new=new_mac_key,
            settle=settle,
        )

    def apply(self, secret: Document) -> None:
        """Configure the functions with the versions of a secret, and wait until no other run is left."""
        if not self.is_configured(secret):
            self.configure(self.spelled(secret))
        self.settle()

    def is_configured(self, *secrets: Document) -> bool:
        """Return whether the functions have the versions of one of these secrets."""
        return self.configured() in map(self.spelled, secrets)

    def secret(self) -> Document:
        """Return the versions in the vault."""
        return stored(self.account.client("secretsmanager"), self.arn)

    def write(self, secret: Document) -> None:
        """Store the versions in the vault."""
        write(self.account.client("secretsmanager"), self.arn, secret)


@dataclass(frozen=True)
class RotatingKeys:
    """A key that is rotated by its versions. Old ones of staff's key stay: evidence needs them."""

    versions: Versions

    def rotate(self) -> str:
        """Make a new version current, or continue an interrupted rotation; return the version."""
        secret = self.versions.secret()
        newest: str = max(secret["versions"], key=int)
        if newest == secret["current"] and self.versions.is_configured(secret):
            newest = str(int(newest) + 1)
            secret["versions"][newest] = self.versions.new()
            self.versions.write(secret)
        self.versions.apply(secret)  # every function gets the version before any uses it
        if secret["current"] != newest:
            secret["current"] = newest
            self.versions.write(secret)
            self.versions.apply(secret)
        return newest


@dataclass(frozen=True)
class VersionedKeys(RotatingKeys, ABC):
    """A key that is rotated by its versions, and the data under them."""

    @abstractmethod
    def refuse_if_used(self, current: str) -> None:
        """Raise what says how much data uses another version than this one."""

    def current(self) -> str:
        """Return the current version, if every function knows that it is current.

        This includes a retirement that was interrupted before the vault was written: no function uses the
        other versions any more.

        Raises:
            Unfinished: a function may not know the version yet, or not use it yet.
        """
        secret = self.versions.secret()
        if not self.versions.is_configured(secret, _only_current(secret)):
            raise Unfinished(_INTERRUPTED)
        return str(secret["current"])

    def retire(self) -> list[str]:
        """Delete every version but the current one; return the deleted versions.

        Raises:
            Unfinished: a function may still use an older version, or a newer one is not current yet.
            CommandRefused: data uses an older version, as `refuse_if_used` says.
        """
        current = self.current()
        secret = self.versions.secret()
        if secret == _only_current(secret) and self.versions.is_configured(secret):
            return []  # nothing was rotated, so nothing has to be waited for
        older = self._older(current)
        self.versions.settle()
        self.refuse_if_used(current)
        secret = self.versions.secret()
        self.versions.apply(_only_current(secret))  # functions stop using the others before they are deleted
        self.versions.write(_only_current(secret))
        return older

    def retirable(self) -> list[str]:
        """Return the versions that `retire` would delete now; nothing is changed or waited for.

        Raises:
            Unfinished, CommandRefused: as for `retire`.
        """
        older = self.older()
        if older:
            self.refuse_if_used(self.current())
        return older

    def older(self) -> list[str]:
        """Return the versions before the current one, whether data uses them or not.

        Raises:
            Unfinished: as for `current`.
        """
        return self._older(self.current())

    def _older(self, current: str) -> list[str]:
        others = sorted(self.versions.secret()["versions"].keys() - {current}, key=int)
        if others and int(others[-1]) > int(current):
            raise Unfinished(_INTERRUPTED)
        return others


def _only_current(secret: Document) -> Document:
    current = secret["current"]
    return secret | {"versions": {current: secret["versions"][current]}}


def waiting(account: AwsAccount, stage: str) -> Callable[[], None]:
    """Return a `settle` that waits until each run of a function with an older configuration has ended."""

    def settle() -> None:
        left = seconds_left(account, stage)
        count_down(
            left,
            "Functions may run with an older configuration. Interrupt at will; a later run continues.",
        )

    return settle


def seconds_left(account: AwsAccount, stage: str) -> int:
    """Return for how long a run with an older configuration may last, from the last change of a function.

    Both instants are AWS's, so the clock of this computer does not matter. If AWS does not state one of them,
    it is the longest run.
    """
    changed, now = list[datetime](), None
    try:
        for page in account.client("lambda").get_paginator("list_functions").paginate():
            now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
            own = (one for one in page["Functions"] if one["FunctionName"].startswith(f"ru4m-{stage}-"))
            changed += [datetime.fromisoformat(one["LastModified"]) for one in own]
        since = (now - max(changed)).total_seconds() if now else 0
    except (KeyError, ValueError, TypeError):  # an emulator states less
        return LONGEST_RUN
    return min(LONGEST_RUN, LONGEST_RUN + _UNTIL_APPLIED - int(since))
