"""The pages of docs/ agree with the code that they describe."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chalicelib.core.figures import Limits, Push
from infra import architecture

DOCS = Path(__file__).parents[2] / "docs"
_ROW = re.compile(r"^\| `(\w+)` \| (\d+) \|", re.MULTILINE)
_NAMED = re.compile(r"\[`(\w+)`\]\(([^)#]+\.py)\)")


def test_page_of_limits_states_each_figure_with_its_default() -> None:
    stated = {name: int(value) for name, value in _ROW.findall((DOCS / "limits.md").read_text())}
    known = {one.name: one.metadata["rule"].default for one in (*fields(Limits), *fields(Push))}
    windows = {name for name in known if name.endswith("_minutes")}
    assert stated == {name: default for name, default in known.items() if name not in windows}
    text = (DOCS / "limits.md").read_text()
    assert [name for name in sorted(windows) if f"`{name}` ({known[name]})" not in text] == []


def test_picture_of_the_functions_is_what_their_policies_say() -> None:
    assert architecture.PAGE.read_text() == architecture.page()


def test_every_function_is_described_or_serves_routes() -> None:
    text = architecture.PAGE.read_text()
    jobs = {name for name in architecture.functions() if "_" in name} - {"access_token"}
    assert [name for name in sorted(jobs) if f"| `{name}` |" not in text.split("## Functions")[0]] == []


@pytest.mark.parametrize("flow", sorted((DOCS / "flows").glob("*.md")), ids=lambda path: path.stem)
def test_each_function_that_a_flow_names_is_in_the_linked_file(flow: Path) -> None:
    named = _NAMED.findall(flow.read_text())
    assert named or flow.stem == "README"
    missing = [
        (name, path)
        for name, path in named
        if not re.search(rf"\b(def|class) {name}\b|^{name}\b", (flow.parent / path).read_text(), re.MULTILINE)
    ]
    assert missing == []
