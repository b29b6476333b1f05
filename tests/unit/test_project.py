"""Tests the project: top-level files, pinned packages, imports and links."""

import ast
import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.stream_emulator import Options
from tests.support.clouds import environment

ROOT = Path(__file__).parents[2]
REQUIRED_AT_TOP_LEVEL = {"app.py", "chalicelib", "infra", "tests", "requirements.txt", ".chalice"}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_top_level_files_exist() -> None:
    assert all((ROOT / name).exists() for name in REQUIRED_AT_TOP_LEVEL)


@cache
def imported_modules(*folders: str) -> set[str]:
    found: set[str] = set()
    for name in folders:
        for path in [ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("chalice", "chalice"),
        ("boto3", "boto3"),
        ("pydantic", "pydantic"),
        ("stream-chat", "stream_chat"),
        ("aws-lambda-powertools", "aws_lambda_powertools"),
        ("pyjwt", "jwt"),
        ("phonenumbers", "phonenumbers"),
    ],
)
def test_run_time_package_is_pinned_and_used(package: str, module: str) -> None:
    pins = (ROOT / "requirements.txt").read_text().lower()
    assert re.search(rf"^{package}==[\d.]+$", pins, re.MULTILINE)
    assert module in imported_modules("app.py", "chalicelib")


@pytest.mark.parametrize("package", ["moto", "pytest", "hypothesis", "time-machine", "schemathesis"])
def test_development_package_is_pinned_and_used(package: str) -> None:
    pins = (ROOT / "requirements-dev.txt").read_text().lower()
    assert re.search(rf"^{package}==[\d.]+$", pins, re.MULTILINE)
    assert package.replace("-", "_") in imported_modules("tests")


def test_every_direct_requirement_states_a_reason() -> None:
    for name in (
        "requirements.in",
        "requirements-run.in",
        "requirements-dev.in",
        "bench/peers/requirements.in",
    ):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]
        assert [line for line in lines if "#" not in line] == []


def test_class_names_are_unique() -> None:
    emulator = ROOT / "infra/stream_emulator"  # this folder models Stream and uses Stream's names
    files = [p for name in ("chalicelib", "infra") for p in (ROOT / name).rglob("*.py")]
    names = Counter(
        node.name
        for path in files
        if emulator not in path.parents and "node_modules" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_file_cites_a_document_outside_the_project() -> None:
    words = ("design " + "§", "design." + "md", "api." + "md", "shared" + "/")
    files = [ROOT / name for name in tracked() if name.endswith((".py", ".md", ".yaml", ".toml", ".in"))]
    assert [(str(p), word) for p in files for word in words if word in p.read_text()] == []


def test_only_the_gateway_imports_stream() -> None:
    users = [p.name for p in (ROOT / "chalicelib").rglob("*.py") if "stream_chat" in imported_of(p)]
    assert users == ["gateway.py"]


def imported_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_only_core_clock_reads_the_time_or_waits() -> None:
    """No other module reads the current time or sleeps."""
    asking = re.compile(r"datetime\.(utc)?now|time\.time\(|date\.today|time\.sleep")
    users = [p.name for p in (ROOT / "chalicelib").rglob("*.py") if asking.search(p.read_text())]
    assert users == ["clock.py"]


def test_only_core_shards_hashes_an_id_to_a_shard() -> None:
    hashing = re.compile(r"crc32|\.digest\(\)\[\d|% (len\()?\w*shards", re.IGNORECASE)
    users = [p.name for p in (ROOT / "chalicelib").rglob("*.py") if hashing.search(p.read_text())]
    assert users == ["shards.py"]


def test_only_core_table_items_builds_the_partition_key_of_an_account() -> None:
    code = [name for name in tracked() if name.startswith(("chalicelib/", "infra/")) and name.endswith(".py")]
    assert [n for n in code if '"A#' in (ROOT / n).read_text()] == ["chalicelib/core/table/items.py"]


def test_only_purposes_defines_an_enum_with_explanations() -> None:
    users = [p.name for p in (ROOT / "chalicelib").rglob("*.py") if "def __new__" in p.read_text()]
    assert users == ["purposes.py"]


def test_only_core_batches_splits_into_batches() -> None:
    splitting = re.compile(r"range\(0, len\(|while .*list\(islice")
    code = [name for name in tracked() if name.startswith(("chalicelib/", "infra/")) and name.endswith(".py")]
    own = [name for name in code if not name.startswith("infra/local/")]
    assert [n for n in own if splitting.search((ROOT / n).read_text())] == ["chalicelib/core/batches.py"]


def test_only_paging_refuses_an_invalid_cursor() -> None:
    users = [p.name for p in (ROOT / "chalicelib").rglob("*.py") if "valid cursor" in p.read_text()]
    assert users == ["paging.py"]


def test_only_markup_escapes_html() -> None:
    folders = [ROOT / "chalicelib", ROOT / "infra/ops", ROOT / "infra/processing"]
    code = [path for folder in folders for path in folder.rglob("*.py")]
    assert [p.name for p in code if imported_of(p) & {"html", "markupsafe"}] == ["markup.py"]


def test_python_file_outside_tests_has_at_most_400_lines() -> None:
    long = {
        name: lines
        for name in tracked()
        if name.endswith(".py")
        and (ROOT / name).exists()
        and (lines := len((ROOT / name).read_text().splitlines())) > 400
        if not name.startswith("tests/")
    }
    assert long == {}


def test_rules_of_signup_are_two_imports_away_from_the_app() -> None:
    """app.py names signup's api, which imports signup's service."""
    assert '"signup": (\n        "chalicelib.signup.api",\n' in (ROOT / "app.py").read_text()
    assert "from chalicelib.signup import login, service" in (ROOT / "chalicelib/signup/api.py").read_text()


def contracts() -> list[dict[str, Any]]:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return [dict(contract) for contract in listed]


def test_rooms_stand_in_one_exhaustive_order_without_an_exception() -> None:
    (rooms,) = (contract for contract in contracts() if contract["type"] == "layers")
    assert (rooms["containers"], rooms["exhaustive"]) == (["chalicelib"], True)
    assert "ignore_imports" not in rooms
    folders = [path.name for path in (ROOT / "chalicelib").iterdir() if (path / "__init__.py").exists()]
    assert sorted(rooms["layers"]) == sorted(folders)
    assert len(folders) <= 18


def stores_imported_from_another_room() -> set[tuple[str, str]]:
    """Return the modules that import a store of another room, with the store."""
    found = set()
    for path in (ROOT / "chalicelib").rglob("*.py"):
        room, source = path.relative_to(ROOT).parts[1], path.read_text()
        for node in ast.walk(ast.parse(source)) if "store" in source else ():
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                stores = {name for name in names if re.match(r"chalicelib\..*\.store(\.|$)", name)}
                found |= {(str(path), name) for name in stores if name.split(".")[1] != room}
    return found


def test_only_its_own_room_imports_a_store() -> None:
    assert stores_imported_from_another_room() == set()


def names_offered_and_taken() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the names that modules import only for others, and those that others take, with their module."""
    offered, taken = set(), set()
    for path in [*(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "infra").rglob("*.py")]:
        module, text = ".".join(path.relative_to(ROOT).with_suffix("").parts), path.read_text()
        lines, nodes = text.splitlines(), [*ast.walk(ast.parse(text))]
        own = {node.id for node in nodes if isinstance(node, ast.Name)}
        aliases: dict[str, str] = {}
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
                taken |= {*names.values()}
                aliases |= {name: ".".join(place) for name, place in names.items()}
                if "F401 - offered" in lines[node.lineno - 1]:
                    offered |= {(module, name) for name in names.keys() - own}
        taken |= {
            (aliases[node.value.id], node.attr)
            for node in nodes
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases
        }
    return offered, taken


def test_name_that_a_module_offers_is_taken_by_another() -> None:
    offered, taken = names_offered_and_taken()
    assert ("chalicelib.accounts.service", "not_erasing") in offered
    assert offered - taken == set()


def test_only_stores_privacy_core_and_infra_may_import_core_table() -> None:
    (contract,) = (c for c in contracts() if c.get("protected_modules") == ["chalicelib.core.table"])
    assert contract["allowed_importers"] == [
        "chalicelib.**.store",
        "chalicelib.privacy",
        "chalicelib.core",
        "infra",
    ]
    assert "ignore_imports" not in contract


def test_the_emulators_may_import_no_other_part_of_the_project() -> None:
    emulators = {"push_emulator", "stream_emulator"}
    named = [f"infra.{name}" for name in sorted(emulators)]
    (own,) = (c for c in contracts() if c.get("source_modules") == named)
    modules = {p.stem for p in (ROOT / "infra").glob("*.py")} - {"__init__"}
    packages = {p.parent.name for p in (ROOT / "infra").glob("*/__init__.py")} - emulators
    assert set(own["forbidden_modules"]) == {"chalicelib", *(f"infra.{name}" for name in modules | packages)}


@pytest.mark.parametrize(("group", "guarded"), [("about", False), ("sessions", True)])
def test_authorizer_is_registered_only_if_a_route_has_a_caller(group: str, *, guarded: bool) -> None:
    script = "import app; print(bool(app.app.builtin_auth_handlers))"
    variables = {**os.environ, **environment.variables(), "RU4M_FUNCTION": group}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(guarded)]


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def linked_from(document: Path) -> list[Path]:
    targets = (match[1] for match in LINK.finditer(document.read_text()))
    return [document.parent / target for target in targets if "://" not in target]


def test_every_link_of_the_documents_resolves() -> None:
    documents = [ROOT / name for name in tracked() if name.endswith(".md") and (ROOT / name).exists()]
    broken = [
        (str(doc), str(target)) for doc in documents for target in linked_from(doc) if not target.exists()
    ]
    assert broken == []


def test_the_emulators_readme_links_every_module_and_names_every_option() -> None:
    emulator = ROOT / "infra/stream_emulator"
    readme = emulator / "README.md"
    modules = {path for path in emulator.rglob("*.py") if path.name != "__init__.py"}
    assert modules <= {target.resolve() for target in linked_from(readme)}
    options = {option.name for option in dataclasses.fields(Options)}
    assert options <= set(re.findall(r"`(\w+)", readme.read_text()))
    assert len(readme.read_text().splitlines()) < 150


def test_every_glossary_term_is_unique_and_links_a_module() -> None:
    glossary = ROOT / "docs/glossary.md"
    entries = glossary.read_text().split("\n- **")[1:]
    terms = [re.split(r"\*\*", entry, maxsplit=1)[0] for entry in entries]
    assert [term for term, count in Counter(terms).items() if count > 1] == []
    assert [term for term, entry in zip(terms, entries, strict=True) if ".py)" not in entry] == []


def test_every_decision_is_in_the_index_under_its_title() -> None:
    folder = ROOT / "docs/adr"
    index = (folder / "README.md").read_text()
    titles = {path.name: path.read_text().splitlines()[0].removeprefix("# ") for path in folder.glob("0*.md")}
    assert [name for name, title in titles.items() if f"[{title}]({name})" not in index] == []
