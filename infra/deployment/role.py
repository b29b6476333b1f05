"""The policy of the role that deploys, made from the permissions that each resource type documents (ADR 77).

CloudFormation's registry documents the IAM actions with which it creates, reads, updates, deletes and lists
a type, and IAM's reference the kinds of resources of each action. cfn-lint ships both. role.toml has our own
calls, the names of our resources, and what is left out.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from infra.build import Package
from infra.guards.findings import STACKS
from infra.guards.quotas import translate
from infra.template import Template

NAME = "deploy-ru4m"  # not `ru4m-`, so that the role cannot change its own policies
LONGEST = 6_144  # characters of a managed policy, without whitespace
DECLARED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_REGION = "eu-central-1"  # the registry's copy of the types; those of our regions document the same actions

Document = dict[str, Any]


class ActionUnnamed(RuntimeError):
    """No resource of ours is declared for an action; the text has its kinds."""


class _Scope(NamedTuple):
    """The resources on which actions are granted, and the condition as JSON, or "" without one."""

    resources: tuple[str, ...]
    condition: str = ""


def templates_of(package: Package) -> list[Template]:
    """Return the templates of the three stacks as CloudFormation processes them.

    Raises:
        GuardFailed: the translator refused one.
    """
    return [translate(package.template(stack)) for stack in STACKS]


def registered(kind: str) -> Document:
    """Return what CloudFormation's registry says of a resource type.

    Raises:
        KeyError: the registry does not know the type.
    """
    schemas = resources.files("cfnlint.data.schemas")
    known = json.loads((schemas / "providers" / f"{_REGION}.json").read_text())
    schema: Document = json.loads((schemas / "resources" / f"{known[kind]}.json").read_text())
    return schema


def documented(kind: str) -> set[str]:
    """Return the actions that a resource type documents.

    Raises:
        KeyError: the registry does not know the type, or the type documents no actions.
    """
    handlers = registered(kind)["handlers"]
    return {action for one in handlers.values() for action in one["permissions"]}


def documented_by(templates: Iterable[Template]) -> set[str]:
    """Return the actions that the types of all resources document."""
    kinds = {one["Type"] for template in templates for one in template["Resources"].values()}
    return set().union(*map(documented, kinds))


def called() -> set[str]:
    """Return the actions of the calls that a deployment makes itself."""
    return set().union(*DECLARED["calls"].values())


def is_left_out(action: str) -> bool:
    """Return whether the policy does not have an action, unless a deployment calls it itself."""
    return any(fnmatchcase(action, one) for each in DECLARED["left_out"] for one in each["actions"])


def kinds_of(action: str) -> list[str] | None:
    """Return the kinds of resources of an action, as `sqs queue`; None if IAM has no such action."""
    service, name = action.lower().split(":")
    found = _reference().get(service, {}).get("Actions", {}).get(name)
    return None if found is None else [f"{service} {kind}".lower() for kind in found.get("Resources", ())]


@cache
def _reference() -> Mapping[str, Any]:
    text = (resources.files("cfnlint.data.AdditionalSpecs") / "Policies.json").read_text()
    reference: Mapping[str, Any] = json.loads(text)
    return reference


def policies(templates: Iterable[Template]) -> dict[str, Document]:
    """Return the managed policies by name, as few as fit their actions.

    Raises:
        KeyError: a type documents no actions.
        ActionUnnamed: no resource is declared for an action.
    """
    made: list[list[Document]] = [[]]
    for statement in _statements(templates):
        if size(_policy([*made[-1], statement])) > LONGEST:
            made.append([])
        made[-1].append(statement)
    return {f"{NAME}-{number}": _policy(each) for number, each in enumerate(made, start=1)}


def size(policy: Document) -> int:
    """Return the characters of a policy as IAM counts them."""
    return len(json.dumps(policy, separators=(",", ":")))


def _policy(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}


def _statements(templates: Iterable[Template]) -> Iterator[Document]:
    granted: dict[_Scope, list[str]] = defaultdict(list)
    documented_ones = {one for one in documented_by(templates) if not is_left_out(one)}
    for action in sorted(documented_ones | called()):
        granted[_scope_of(action)].append(action)
    for scope, actions in granted.items():
        condition = {"Condition": json.loads(scope.condition)} if scope.condition else {}
        yield {"Effect": "Allow", "Action": actions, "Resource": [*scope.resources], **condition}


def _scope_of(action: str) -> _Scope:
    for one in DECLARED["exceptions"]:
        if action in one["actions"]:
            condition = json.dumps(one["condition"]) if "condition" in one else ""
            return _Scope(_arns(one.get("resources", ())), condition)
    kinds = kinds_of(action)
    if not kinds:
        return _Scope(("*",))
    named = [arn for kind in kinds for arn in DECLARED["resources"].get(kind, ())]
    if not named:
        raise ActionUnnamed(f"{action}: role.toml names no {' and no '.join(kinds)}")
    return _Scope(_arns(named))


def _arns(named: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"arn:aws:{one}" for one in sorted(set(named))) or ("*",)
