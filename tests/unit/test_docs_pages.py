"""The pages of docs/, and the tables of package docstrings, agree with the code that they describe."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from chalicelib.core.aws import AwsBug
from chalicelib.core.figures import (
    FanOut,
    IdleAccounts,
    Limits,
    PurgeLimits,
    ReconciliationLimits,
    Transfers,
)
from chalicelib.privacy.erasure import KeyNotDeleted
from chalicelib.rights.erasure.inputs import InputsGone
from chalicelib.rights.erasure.statement import NotProven
from chalicelib.stream.deletion import DeletionDoubt
from chalicelib.stream.model import StreamRefused
from infra import architecture
from infra.deployment import settings_file
from infra.local.tour import CHAPTERS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
ENGINE = "chalicelib/rights/engine/engine.py"
_ROW = re.compile(r"^\| `(\w+)` \| (\d+) \|", re.MULTILINE)
_NAMED = re.compile(r"\[`(\w+)`\]\(([^)#]+\.py)\)")
# The first line of a table of modules in a docstring, such as `store    all DynamoDB access`.
_MODULE_LINE = re.compile(r"([ ]*)[a-z_]+(/|, [a-z_]+)* {2,}\S")


def test_page_of_limits_states_each_figure_with_its_default() -> None:
    stated = {name: int(value) for name, value in _ROW.findall((DOCS / "limits.md").read_text())}
    sets = (Limits, Transfers, PurgeLimits, ReconciliationLimits, IdleAccounts, FanOut)
    known = {one.name: one.metadata["rule"].default for of in sets for one in fields(of)}
    windows = {one.name for one in fields(Limits) if one.name.endswith("_minutes")}
    assert stated == {name: default for name, default in known.items() if name not in windows}
    text = (DOCS / "limits.md").read_text()
    assert [name for name in sorted(windows) if f"`{name}` ({known[name]})" not in text] == []


def test_page_of_deployments_states_each_figure_of_the_purge_with_its_default() -> None:
    text = (DOCS / "deploy.md").read_text()
    stated = [f"`purge.{one.name}` ({one.metadata['rule'].default})" for one in fields(PurgeLimits)]
    assert [figure for figure in stated if figure not in text] == []


def test_every_setting_and_target_that_a_page_names_exists() -> None:
    known = set(settings_file.known_keys())
    tables = {key.partition(".")[0] for key in known if "." in key}
    targets = set(re.findall(r"^([a-z-]+):", (DOCS.parent / "Makefile").read_text(), re.MULTILINE))
    for name in ("deploy.md", "operations.md", "runbook.md"):
        text = (DOCS / name).read_text()
        keys = re.findall(r"(?<![\w./-])([a-z]+\.[a-z_]+(?:\.[a-z_]+)*)(?![\w./(-])", text)
        files = (".md", ".py", ".zip")
        named = {key for key in keys if key.partition(".")[0] in tables and not key.endswith(files)}
        assert named - known == set(), name
        assert set(re.findall(r"`make ([a-z-]+)", text)) - targets == set(), name


def test_readme_lists_the_rooms_from_top_to_bottom() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (rooms,) = (one["layers"] for one in contracts if one["name"] == "a room imports only rooms below it")
    folders = {path.parent.name for path in (ROOT / "chalicelib").glob("*/__init__.py")}
    tree = README.read_text().partition("\nchalicelib/ ")[2].partition("\nstages/ ")[0]
    assert re.findall(r"^  ([a-z]+)/ ", tree, re.MULTILINE) == rooms
    assert set(rooms) == folders


def test_readme_lists_the_chapters_of_the_tour() -> None:
    listed = re.findall(r"^\d+\. (.+)$", README.read_text(), re.MULTILINE)
    assert listed == [(chapter.__doc__ or "").splitlines()[0] for chapter in CHAPTERS]


def test_picture_of_the_functions_is_what_their_policies_say() -> None:
    assert architecture.PAGE.read_text() == architecture.page()


def test_every_function_is_described_or_serves_routes() -> None:
    text = architecture.PAGE.read_text()
    jobs = {name for name in architecture.functions() if "_" in name} - {"access_token"}
    assert [name for name in sorted(jobs) if f"| `{name}` |" not in text.split("## Functions")[0]] == []


def test_each_reason_for_which_a_step_of_an_erasure_stops_is_explained_to_operators() -> None:
    steps = "\n".join(path.read_text() for path in (ROOT / "chalicelib/rights/steps").glob("*.py"))
    fixed = {*re.findall(r'\bStop\("(\w+)"', steps), *DeletionDoubt}
    assert len(fixed) > len(DeletionDoubt)
    of_the_engine = set(re.findall(r'_stop\([^\n]*, "(\w+)"\)', (ROOT / ENGINE).read_text()))
    errors = {error.__name__ for error in (InputsGone, KeyNotDeleted, NotProven, AwsBug, StreamRefused)}
    text = (DOCS / "operations.md").read_text()
    unexplained = {word for word in fixed | of_the_engine | errors if f"| `{word}` |" not in text}
    assert (len(of_the_engine), unexplained) == (2, set())


def test_each_alarm_about_erasures_is_explained_to_operators() -> None:
    text = (DOCS / "operations.md").read_text()
    for name in (
        "rights-step-stopped",
        "erasure-unproven",
        "chat-deletion-unproven",
        "erase-accounts-dropped",
    ):
        assert f"[{name}](runbook.md#{name})" in text


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


def modules_listed(docstring: str) -> list[str]:
    """Return the modules that the tables of a docstring list; continued lines are indented further.

    In lists they are what stands in quotes at the beginning of an item.
    """
    listed = re.findall(r"^ *- `([a-z_]+)`", docstring, re.MULTILINE)
    for paragraph in docstring.split("\n\n"):
        first, *_ = lines = paragraph.strip("\n").splitlines() or [""]
        if table := _MODULE_LINE.match(first):
            own = re.compile(rf"{table[1]}([a-z_]+(?:/|, [a-z_]+)*) ")
            listed += [
                name.rstrip("/") for line in lines if (row := own.match(line)) for name in row[1].split(", ")
            ]
    return listed


def test_listed_modules_are_found_in_tables_only() -> None:
    table = "Two.\n\n    a, b  rules\n    long_one the rest,\n          and more\n    c/   more\n\nx = y"
    assert modules_listed(table) == ["a", "b", "long_one", "c"]
    assert modules_listed("Two.\n\n- `a`: rules\n- `b`, `c`: the rest\n- more") == ["a", "b"]
    assert modules_listed("One line.\n\n    answer = ask(it)  # an example\n\nmore text  here") == []


def test_no_package_lists_its_modules() -> None:
    """A list beside the folder goes out of date; each module says itself what it does."""
    packages = [path for top in ("chalicelib", "infra") for path in (ROOT / top).rglob("__init__.py")]
    listed = {
        str(path.relative_to(ROOT))
        for path in packages
        if modules_listed(inspect.cleandoc(ast.get_docstring(ast.parse(path.read_text())) or ""))
    }
    assert len(packages) > 50
    assert listed == set()


def names_of_code(wanted: set[str]) -> set[str]:
    """The names of modules, folders, functions, classes, parameters and constants.

    Modules that have none of the wanted names in their text are not parsed.
    """
    found: set[str] = set()
    sources = [path for top in ("chalicelib", "infra", "tests") for path in (ROOT / top).rglob("*.py")]
    for path in [ROOT / "app.py", *sources]:
        if "node_modules" in path.parts:
            continue
        found |= {path.stem, path.parent.name}
        source = path.read_text()
        if not any(name in source for name in wanted - found):
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.keyword | ast.arg) and node.arg:
                found.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found


def test_names_in_the_guide_for_contributors_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    before_and_after = text.partition("| before | after |")[2].partition("\n## ")[0]
    quoted = re.findall(r"`@?([A-Za-z]\w*[A-Za-z0-9](?:\.\w+)*)=?`", text.replace(before_and_after, ""))
    documents = {name for name in quoted if (ROOT / name).exists()}
    named = {part for name in {*quoted} - documents for part in name.removesuffix(".py").split(".")}
    marks = {"proof"}
    assert len(named) > 30
    assert named - names_of_code(named) - marks == set()
