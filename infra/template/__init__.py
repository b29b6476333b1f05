"""The CloudFormation templates, one YAML file per concern, and how to load them.

`vault.yaml` and `data.yaml` are whole stacks. The files in `service/` are merged into what
`chalice package` generates, and so are the alarms, which are made from a table (`alarm_table`).
"""

from __future__ import annotations

import copy
from functools import cache, reduce
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
SERVICE_PARTS = ("parameters", "api", "jobs", "rights", "shards", "hooks", "push", "admin", "mail", "alarms")

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """A safe YAML loader with CloudFormation's short forms (`!Ref`, `!Sub` ...)."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(name: str) -> Template:
    """Load one file and expand short forms; `name` is its path here without the extension."""
    return copy.deepcopy(_parsed(name))


@cache
def _parsed(name: str) -> Template:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    parsed: Template = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    return parsed


def merged(base: Template, extra: Template) -> Template:
    """`base` with the values of `extra`: mappings are merged, other values replaced."""
    out = dict(base)
    for key, value in extra.items():
        below = out.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        out[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return out


def service_parts() -> Template:
    """The parts that are merged into Chalice's template, as one template."""
    return reduce(merged, (load(f"service/{part}") for part in SERVICE_PARTS))
