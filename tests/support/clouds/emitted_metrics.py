"""Which metrics the code emits and how, and those that a test printed in the embedded metric format."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.core.metrics import Metric

_ROOT = Path(__file__).parents[3]


@cache
def trees() -> tuple[ast.Module, ...]:
    """Return the code of the functions, without the registry of metrics."""
    files = [_ROOT / "app.py", *(_ROOT / "chalicelib").rglob("*.py")]
    return tuple(ast.parse(file.read_text()) for file in files if file.name != "metrics.py")


@cache
def named() -> frozenset[Metric]:
    """Return the metrics that code names, in any way."""
    return frozenset(metric for tree in trees() for metric in _within(tree))


@cache
def gauges() -> frozenset[Metric]:
    """Return the metrics that code sets to a figure."""
    return frozenset(metric for call in _calls("gauge") for metric in _within(call))


@cache
def gauges_by_value() -> frozenset[Metric]:
    """Return the gauges that have a figure for each value of a dimension, and no total."""
    by_value = (call for call in _calls("gauge") if any(given.arg == "of" for given in call.keywords))
    return frozenset(metric for call in by_value for metric in _within(call))


def _calls(function: str) -> Iterator[ast.Call]:
    for tree in trees():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called == function:
                    yield node


def _within(node: ast.AST) -> Iterator[Metric]:
    for inner in ast.walk(node):
        match inner:
            case ast.Attribute(value=ast.Name(id="Metric") | ast.Attribute(attr="Metric"), attr=name):
                yield Metric[name]


def metric_lines(text: str) -> list[dict[str, Any]]:
    """Return the printed lines of metrics, in order."""
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"_aws"')]


def value_of(text: str, name: str) -> Any:
    """Return the last values of a metric; None if it was not printed."""
    return next((line[name] for line in reversed(metric_lines(text)) if name in line), None)
