"""Tests that paths in documents, docstrings and comments are files, folders or names of this project."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where a path may begin, besides the folder of its file and those above it.
_BASES = (ROOT, ROOT / "chalicelib", ROOT / "infra", ROOT / "docs")
_PATH = re.compile(r"[A-Za-z_.][\w.-]*(?:/[\w.*-]+)+/?")
_QUOTED = re.compile(r"`([^`\n]+)`")
_BARE = re.compile(r"(?<![\w./:{}<>$\"`@-])" + _PATH.pattern)
# No paths of this project: media types, names of IAM, and files that a run makes.
_OTHERS = re.compile(
    r"(application|text|image)/|Europe/|\.local/|build/|assumed-role/|user/privacy/|botocore/|stages/(staging|STAGE)|chat/messages\."
)


def documents() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md", "*.py"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name for name in listed.stdout.decode().split()]
    return [path for path in paths if path.exists() and path.name != "CHANGELOG.md"]


def prose(path: Path) -> Iterator[str]:
    """Yield the texts of a document, or the docstrings and comments of a module."""
    source = path.read_text()
    if path.suffix == ".md":
        yield source
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            text := ast.get_docstring(node)
        ):
            yield text
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def paths_in(text: str) -> Iterator[str]:
    """Yield what is quoted and has a slash, and what begins with a folder of this project."""
    for found in _QUOTED.findall(text):
        if _PATH.fullmatch(found) and not _OTHERS.match(found):
            yield found
    for found in _BARE.findall(_QUOTED.sub("", text)):
        if found.partition("/")[0] in folders() and not _OTHERS.match(found):
            yield found.rstrip(".")


@cache
def folders() -> frozenset[str]:
    """The folders with which a path may begin outside quotes."""
    own = (ROOT, ROOT / "chalicelib", ROOT / "infra")
    return frozenset(
        path.name for base in own for path in base.iterdir() if path.is_dir() and path.name[0] != "."
    ) - {"build"}


@cache
def names_in(module: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return frozenset(found)


def resolves(named: str, near: Path) -> bool:
    """Whether a path names something: a file, a folder, a module without `.py`, or a name in a module."""
    within = [folder for folder in near.parents if folder == ROOT or ROOT in folder.parents]
    return any(_exists(base, named.rstrip("/")) for base in (*_BASES, *within))


def _exists(base: Path, named: str) -> bool:
    if "*" in named:
        return any(base.glob(named))
    if (base / named).exists() or (base / f"{named}.py").exists():
        return True
    folder, _, last = named.rpartition("/")
    stem, _, inner = last.partition(".")
    module = base / folder / f"{stem}.py"
    package = base / folder / stem / "__init__.py"
    return any(
        found.exists() and set(inner.split(".")) <= names_in(found) for found in (module, package) if inner
    )


def may_name_a_broken_path(path: Path) -> bool:
    """Whether some line is like a broken path; code counts too, since finding the prose takes long."""
    lines = path.read_text().replace('"""', "\n")
    return not all(resolves(named, path) for named in paths_in(lines))


def test_every_path_in_documents_docstrings_and_comments_resolves() -> None:
    broken = {
        f"{path.relative_to(ROOT)}: {named}"
        for path in documents()
        if may_name_a_broken_path(path)
        for text in prose(path)
        for named in paths_in(text)
        if not resolves(named, path)
    }
    assert broken == set()
