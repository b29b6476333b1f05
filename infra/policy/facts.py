"""The facts of a stage, and in what a stage departs from a version (ADR 85)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml

from chalicelib.consents.notices import frozen
from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core.durations import Duration
from chalicelib.core.settings import Settings
from chalicelib.privacy.accountability import Accountability
from chalicelib.privacy.facts import Facts, declared
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.request import declaration
from chalicelib.rights.request.deadline import LONGEST
from infra.build import ROOT
from infra.deployment.target import DeploymentTarget

PROMISES = ROOT / "docs" / "promises.yaml"


def of_target(target: DeploymentTarget, practices: frozenset[Practice]) -> Facts:
    """Collect the facts of a stage with the settings of a deployment."""
    return facts_of(target.of_functions(), target.accountability, practices)


def facts_of(stage: Settings, arranged: Accountability, practices: frozenset[Practice]) -> Facts:
    """Collect the facts of a stage whose policy names these practices."""
    return declared(
        stage,
        arranged,
        practices=practices,
        rights={right.value: one.dpv for right, one in declaration.declared().items()},
        promises=kept(),
        answer=LONGEST,
    )


def kept() -> frozenset[str]:
    """The promises that are kept whole: they name code, and nothing that is missing."""
    chapters = yaml.safe_load(PROMISES.read_text()).values()
    found = {name: promise for chapter in chapters for name, promise in chapter.items()}
    return frozenset(
        name
        for name, promise in found.items()
        if promise.get("code") and not promise.keys() & {"so_far", "not_offered"}
    )


def stated_by(version: NoticeVersion) -> Facts:
    """The facts of a version with frozen pages."""
    return Facts(json.loads((frozen.folder(version) / frozen.FACTS).read_text(encoding="utf-8")))


def beyond(target: DeploymentTarget, notice: Notice) -> Iterator[str]:
    """Yield what a stage does beyond a version with frozen pages; terms state the facts of their clauses."""
    said, done = stated_by(notice.version), of_target(target, notice.practices)
    if notice.kind is NoticeKind.TERMS:
        done = Facts({key: done[key] for key in said.keys() & done.keys()})
    return departures(said, done)


# Facts of which fewer are fine: what people read then says more than we do.
_FEWER = frozenset(
    {
        *("held", "kind", "purpose", "kept", "law", "to", "gets", "registered", "recipient", "source", "for"),
        *("practice", "automated", "period"),
    }
)
_MORE = frozenset({"right", "promise", "measure", "period"})
_LONGER_IS_FINE = ("setting/notice", "setting/idle")


def departures(stated: Facts, done: Facts) -> Iterator[str]:
    """Yield what a stage does beyond the facts of a policy, one line each.

    Less, and shorter, passes. A new field, recipient, purpose, basis, place or practice departs, as does a
    longer period, and a right, promise or measure that is missing.
    """
    for key in sorted(stated.keys() | done.keys()):
        before, after = stated.get(key), done.get(key)
        kind = key.split("/")[0]
        fewer, more = after is None and kind in _FEWER, before is None and kind in _MORE
        if before == after or fewer or more or _is_within(key, before, after):
            continue
        yield f"{key}: {before or 'not stated'} -> {after or 'missing'}"


def _is_within(key: str, before: str | None, after: str | None) -> bool:
    try:
        stated, done = Duration.parse(before or ""), Duration.parse(after or "")
    except ValueError:
        return False
    return stated <= done if key in _LONGER_IS_FINE else done <= stated
