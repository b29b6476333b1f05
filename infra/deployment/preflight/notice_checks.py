"""Checks of the notices: their frozen pages are approved, and say what the stage does (ADR 85, 90)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chalicelib.consents.notices import frozen, versions
from chalicelib.consents.notices.model import Notice, NoticeKind
from chalicelib.core import clock
from chalicelib.core.settings import Stage
from infra.deployment.account import AwsAccount
from infra.deployment.findings import DeploymentFinding, ok, refused, warning
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.target import DeploymentTarget
from infra.ops.internal_api import CallRefused, InternalApi
from infra.policy.facts import beyond

_SHOWN = 5  # departures of a version
Report = Callable[[str, str, str], DeploymentFinding]


def notices(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the versions in effect and to come are approved and true; without it, no production."""
    report = refused if target.stage == Stage.PRODUCTION else warning
    checked = list(_in_effect_or_coming())
    found = [*_unapproved(account, target, checked, report), *_untrue(target, checked, report)]
    yield from found
    if not found:
        yield ok("notices", f"approved and true: {', '.join(_names(checked)) or 'no pages of ours'}")


def _names(checked: list[Notice]) -> list[str]:
    """The names of versions with frozen pages."""
    return [notice.version for notice in checked if notice.digest]


def _in_effect_or_coming() -> Iterator[Notice]:
    for kind in NoticeKind:
        known = [one for one in versions.committed() if one.kind is kind]
        oldest = versions.in_effect(kind, clock.now(), known).effective_at
        yield from (one for one in known if one.effective_at >= oldest)


def _unapproved(
    account: AwsAccount, target: DeploymentTarget, checked: list[Notice], report: Report
) -> Iterator[DeploymentFinding]:
    if not Stacks(account).status(stack_name(target.stage, "service")):
        return  # a new stage has no Ledger; its second deployment asks
    api = InternalApi.of(account, target.stage)
    for version, digest in ((one.version, one.digest) for one in checked if one.digest):
        remedy = f"Run `ops notices propose {version}`, and let another operator approve it."
        try:
            found = api.call("GET", f"/notices/{version}/approval")
        except CallRefused as failure:
            what = f"nothing shows whether {version} is approved ({failure})"
            yield report("notices", what, "Your role needs the operators' policy.")
            continue
        if found.get("approved", {}).get("digest") != digest:
            yield report("notices", f"the pages of {version} are not approved", remedy)


def _untrue(target: DeploymentTarget, checked: list[Notice], report: Report) -> Iterator[DeploymentFinding]:
    for notice in checked:
        if not notice.digest:
            continue
        if frozen.digest(frozen.folder(notice.version)) != notice.digest:
            yield refused("notices", f"the pages of {notice.version} were changed", "Restore them.")
            continue
        found = list(beyond(target, notice))
        more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        if found:
            what = f"the stage departs from {notice.version}: {'; '.join(found[:_SHOWN])}{more}"
            yield report("notices", what, "Correct the stage, or publish a version that says so.")
