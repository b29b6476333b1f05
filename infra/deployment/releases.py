"""Releases: the packages of a stage that the deploy bucket keeps, so that one can be deployed again.

A release is a folder `<stage>/<version>/` with the zip, the templates and `release.json`, which is written
once the service stack runs this version. The newest ten releases of a stage are kept.

A removal notes the tables in use in `<stage>/tables.json`: restored tables have other names than those of the
data stack (docs/restore.md), and without a service stack nothing else would show that.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from chalicelib.core import clock
from infra.deployment import setting_keys
from infra.deployment.account import AwsAccount
from infra.ops.refused import CommandRefused

KEPT = 10
_RECORD = "release.json"


class NoSuchRelease(CommandRefused):
    """The deploy bucket has no release to go back to, or none of this version."""


@dataclass(frozen=True)
class ReleaseRecord:
    """A version that was deployed.

    Attributes:
        number: counts the deployments of the stage, and orders its releases.
        deployed_at: when it was deployed last; a rollback to it does not count.
        rolled_back_at: when a rollback replaced it; empty if none did since.
        python: the version of Python that packaged it, which its functions need.
        known: keys of settings that its code knows, by their table.
        parameters: the parameters of the service stack with which it was deployed. None is secret.
    """

    version: str
    number: int
    deployed_at: str
    rolled_back_at: str
    python: str
    known: Mapping[str, list[str]]
    parameters: Mapping[str, str]


def record(account: AwsAccount, stage: str, version: str, parameters: Mapping[str, str]) -> None:
    """Note that a version is deployed, and delete the packages of old releases."""
    known = {kind: setting_keys.figure_names(kind) for kind in setting_keys.KINDS}
    made = ReleaseRecord(
        version=version,
        number=1 + max((one.number for one in listed(account, stage)), default=0),
        deployed_at=clock.to_text(clock.now()),
        rolled_back_at="",
        python=".".join(platform.python_version_tuple()[:2]),
        known=known | {"periods": setting_keys.period_names()},
        parameters=dict(parameters),
    )
    _write(account, stage, made)
    account.discard(_noted(stage))  # from now on the stack shows which tables are used
    for old in listed(account, stage)[KEPT:]:
        for name in (_RECORD, "app.zip", "images.zip", "service.json", "data.json", "vault.json"):
            account.discard(f"{stage}/{old.version}/{name}")


def mark_returned_to(account: AwsAccount, stage: str, release: ReleaseRecord) -> None:
    """Note that a rollback deployed a release, so that a later rollback may return to it."""
    if release.rolled_back_at:
        _write(account, stage, replace(release, rolled_back_at=""))


def mark_rolled_back(account: AwsAccount, stage: str, release: ReleaseRecord) -> None:
    """Note that a rollback replaced a release, so that a later rollback does not return to it."""
    _write(account, stage, replace(release, rolled_back_at=clock.to_text(clock.now())))


def listed(account: AwsAccount, stage: str) -> list[ReleaseRecord]:
    """The releases of a stage that the bucket keeps, the newest first."""
    keys = [key for key in account.keys(f"{stage}/") if key.endswith(f"/{_RECORD}")]
    found = [ReleaseRecord(**json.loads(text)) for key in keys if (text := account.read_text(key))]
    return sorted(found, key=lambda one: one.number, reverse=True)


def to_return_to(account: AwsAccount, stage: str, current: str, wanted: str | None) -> ReleaseRecord:
    """The release that a rollback deploys: the wanted version, or the one before the current version.

    Raises:
        NoSuchRelease: the bucket keeps no such release.
    """
    found = listed(account, stage)
    if wanted:
        chosen = [one for one in found if one.version == wanted]
    else:
        versions = [one.version for one in found]
        before = found[versions.index(current) + 1 :] if current in versions else found
        chosen = [one for one in before if not one.rolled_back_at]
    if not chosen:
        what = f"no release {wanted}" if wanted else f"no release before {current}"
        versions_kept = ", ".join(one.version for one in found) or "none"
        raise NoSuchRelease(
            f"the deploy bucket keeps {what} of stage {stage}. It keeps: {versions_kept}. Check out the "
            "version that you want, and run `make deploy`."
        )
    return chosen[0]


def note_tables(account: AwsAccount, stage: str, parameters: Mapping[str, str]) -> None:
    """Note the tables that the functions of a stage use, before its service stack is deleted."""
    account.write_text(_noted(stage), json.dumps(dict(parameters)))


def noted_tables(account: AwsAccount, stage: str) -> dict[str, str]:
    """The tables that the functions used when the service stack was removed; nothing if it never was."""
    text = account.read_text(_noted(stage))
    noted: dict[str, str] = json.loads(text) if text else {}
    return noted


def _noted(stage: str) -> str:
    return f"{stage}/tables.json"


def _write(account: AwsAccount, stage: str, release: ReleaseRecord) -> None:
    account.write_text(f"{stage}/{release.version}/{_RECORD}", json.dumps(asdict(release)))
