"""What must hold before a release, and its commit and its tag, which one transaction of git makes."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from infra.guards.compatible import place_of

CHANGELOG, PROJECT = "CHANGELOG.md", "pyproject.toml"
CONTRACT = "docs/openapi.json"
SHAPES, RELEASED_SHAPES = "docs/records.json", "docs/records.released.json"  # of stored records (ADR 79)
_BRANCH = "main"
_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")  # of semver.org, without pre-releases


class ReleaseRefused(Exception):
    """A release is not made; the text says why, in a line."""


@dataclass(frozen=True)
class Draft:
    """A release that is in order: the commit before it, its notes, and the new contents of files by path."""

    version: str
    head: str
    notes: str
    files: Mapping[str, str]


def prepare(root: Path, version: str, day: date) -> Draft:
    """Check that a version may be released, and return what its commit changes.

    Raises:
        ReleaseRefused: it may not.
    """
    if not _VERSION.fullmatch(version):
        raise ReleaseRefused(f"{version!r} is not a version of three numbers, such as 0.1.0")
    if _git(root, "branch", "--show-current") != _BRANCH:
        raise ReleaseRefused(f"releases are cut on the branch {_BRANCH} only")
    if changed := _git(root, "status", "--porcelain").splitlines():
        raise ReleaseRefused(f"the working tree has changes: {changed[0].split(maxsplit=1)[1]}")
    tags = (tag.removeprefix("v") for tag in _git(root, "tag", "--list", "v*").split())
    last = max((tag for tag in tags if _VERSION.fullmatch(tag)), key=_numbers, default=None)
    if last and _numbers(version) <= _numbers(last):
        raise ReleaseRefused(f"{version} is not greater than the last release, {last}")
    notes, changelog = _changelog((root / CHANGELOG).read_text(), f"{version} ({day})")
    project = re.sub('(?m)^version = ".*"$', f'version = "{version}"', (root / PROJECT).read_text(), count=1)
    head = _git(root, "rev-parse", "HEAD")
    copies = {RELEASED_SHAPES: (root / SHAPES).read_text(), place_of(version): (root / CONTRACT).read_text()}
    return Draft(version, head, notes, {CHANGELOG: changelog, PROJECT: project, **copies})


def _changelog(text: str, title: str) -> tuple[str, str]:
    """The entries that are not released, and the changelog in which they have a title of their own."""
    before, heading, rest = text.partition("\n## Unreleased\n")
    notes = re.split("^## ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not notes:
        raise ReleaseRefused(f"{CHANGELOG} has no section `## Unreleased` with entries")
    return notes, f"{before}{heading}\n## {title}\n{rest}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def commit(root: Path, draft: Draft, about: str) -> None:
    """Commit the files of a release, and tag the commit with its notes; `about` is their last line.

    The branch and the tag change in one transaction: a failure before it leaves only objects that nothing
    refers to. The commit is made in an index of its own, so the working tree changes last.

    Raises:
        ReleaseRefused: git refused, for example because the branch has moved.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        _git(root, "read-tree", draft.head, **index)
        for path, text in draft.files.items():
            blob = _git(root, "hash-object", "-w", "--stdin", stdin=text)
            _git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
        tree = _git(root, "write-tree", **index)
    new = _git(root, "commit-tree", tree, "-p", draft.head, "-m", f"Release {draft.version}")
    name, tagger = f"v{draft.version}", _git(root, "var", "GIT_COMMITTER_IDENT")
    head = f"object {new}\ntype commit\ntag {name}\ntagger {tagger}"
    tag = _git(root, "mktag", stdin=f"{head}\n\nRelease {draft.version}\n\n{draft.notes}\n\n{about}\n")
    moves = (f"update refs/heads/{_BRANCH} {new} {draft.head}", f"create refs/tags/{name} {tag}")
    _git(root, "update-ref", "--stdin", stdin="\n".join(("start", *moves, "prepare", "commit", "")))
    _git(root, "checkout", "--quiet", "HEAD", "--", *draft.files)


def _git(root: Path, *command: str, stdin: str = "", **variables: str) -> str:
    full = ["git", "-C", str(root), *command]
    done = subprocess.run(
        full, env=os.environ | variables, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ReleaseRefused(f"git {command[0]}: {' '.join(done.stderr.split())}")
    return done.stdout.strip()
