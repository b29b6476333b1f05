"""Rollback: the service stack goes back to a package that the deploy bucket keeps.

Only the service stack changes. Keys, secrets and tables stay as they are, because data was written with them
since. So the old template gets today's parameters: keys may have been rotated, a table restored, and an
operator removed. A figure or period that the old code does not know would keep its functions from starting,
so it is left out. A parameter that only the old template has gets the value of its last deployment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.deployment import chat_settings, releases
from infra.deployment.account import AwsAccount
from infra.deployment.releases import NoSuchRelease, ReleaseRecord
from infra.deployment.rollout import Deployment, api_url, service_parameters
from infra.deployment.stacks import Report, Stacks, stack_name

DEFAULTS = "defaults"


@dataclass(frozen=True)
class CompletedRollback:
    """A completed rollback: the version that runs, and the one that it replaced."""

    version: str
    replaced: str
    deployment: Deployment


def roll_back(account: AwsAccount, stage: str, wanted: str | None, report: Report) -> CompletedRollback:
    """Deploy the package before the current one, or the wanted one, with the current parameters.

    Raises:
        NothingDeployed: the stage has no service stack.
        NoSuchRelease: the bucket keeps no such release.
        StackFailed: the service stack was rolled back; the current version stays.
    """
    stacks, name = Stacks(account, report), stack_name(stage, "service")
    current = service_parameters(stacks, stage)
    release = releases.to_return_to(account, stage, current["Version"], wanted)
    if release.version == current["Version"]:
        raise NoSuchRelease(f"stage {stage} runs {release.version} already: there is nothing to roll back.")
    chat_settings.report_standing(account, stage, report)
    folder = f"{stage}/{release.version}"
    template = account.read_text(f"{folder}/service.json")
    if template is None:
        raise NoSuchRelease(f"the template of {release.version} is gone from the deploy bucket.")
    parameters = adapted(current, release, json.loads(template)["Parameters"], report)
    outputs = stacks.deploy(name, account.url_of(f"{folder}/service.json"), parameters)
    releases.mark_returned_to(account, stage, release)
    _mark_replaced(account, stage, release)
    done = Deployment(api_url(account, outputs), name, outputs)
    return CompletedRollback(release.version, current["Version"], done)


def adapted(
    current: Mapping[str, str],
    release: ReleaseRecord,
    declared: Mapping[str, object],
    report: Callable[[str], object],
) -> dict[str, str]:
    """The current parameters, as far as a release's template and code know them."""
    own = {name: release.parameters[name] for name in ("Version", "CodeBucket", "CodeKey")}
    given = {
        name: value for name, value in ({**release.parameters, **current} | own).items() if name in declared
    }
    for parameter, tables in (("Periods", {"periods"}), ("Figures", release.known.keys() - {"periods"})):
        if parameter in given:
            known = _known(release, tables)
            given[parameter] = _without_unknown(given[parameter], known, release.version, report)
    return given


def _known(release: ReleaseRecord, tables: set[str]) -> set[str]:
    """The names in a packed text: of figures with their table, of periods as they are."""
    return {
        name if table == "periods" else f"{table}_{name}" for table in tables for name in release.known[table]
    }


def _without_unknown(packed: str, known: set[str], version: str, report: Callable[[str], object]) -> str:
    if packed == DEFAULTS:
        return packed
    pairs = packed.split(",")
    kept = [pair for pair in pairs if pair.partition("=")[0] in known]
    for pair in pairs:
        if pair not in kept:
            report(f"left out, because {version} does not know it: {pair.partition('=')[0]}")
    return ",".join(kept) or DEFAULTS


def _mark_replaced(account: AwsAccount, stage: str, release: ReleaseRecord) -> None:
    """Mark each release after this one, so that a second rollback goes further back."""
    for one in releases.listed(account, stage):
        if one.number > release.number and not one.rolled_back_at:
            releases.mark_rolled_back(account, stage, one)
