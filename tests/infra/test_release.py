"""Releases: what is refused, what a release changes, what it gives, and that a failure leaves no tag."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import date
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from infra.build import Package
from infra.guards.compatible import check_contract
from infra.release import __main__ as command
from infra.release import contents, cut
from infra.release.cut import ReleaseRefused

DAY = date(2026, 11, 29)
CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Accounts\n\n- Signup by SMS code.\n"
CONTRACT = '{"paths": {}, "components": {"schemas": {}}}\n'
SHAPES = '{"profile": {}}\n'
PROJECT = '[project]\nname = "ru4m-backend"\nversion = "0.0.0"\n\n[tool.x]\nversion = "7"\n'


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository that is ready for its first release."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for name, value in {"user.name": "Mila", "user.email": "mila@test.example"}.items():
        git(root, "config", name, value)
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "Makefile").write_text("check:\n\t@true\n")
    (root / "docs").mkdir()
    (root / "docs" / "records.json").write_text(SHAPES)
    (root / "docs" / "openapi.json").write_text(CONTRACT)
    commit(root, "Begin")
    return root


def commit(root: Path, subject: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", subject)


@pytest.fixture
def run(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Return the command over that repository, with a package of its own."""
    monkeypatch.setattr(command, "ROOT", root)
    monkeypatch.setattr(command, "BUILD", tmp_path)
    monkeypatch.setattr(command, "build", lambda: None)
    app = typer.Typer()
    app.command()(command.main)

    def run(version: str, write: Callable[..., str] = lambda *_: "5e" * 32) -> tuple[int, str]:
        monkeypatch.setattr(contents, "write", write)
        done = CliRunner().invoke(app, [version])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, " ".join(done.output.split())

    return run


def refs(root: Path) -> str:
    return git(root, "for-each-ref") + git(root, "status", "--porcelain")


@pytest.mark.parametrize(
    "version", ["", "1.0", "v0.1.0", "0.1.0-rc.1", "00.1.0", "0.1.\u0660", "0.1.0\n", "--help.x"]
)
def test_other_form_of_version_is_refused(root: Path, version: str) -> None:
    with pytest.raises(ReleaseRefused, match="is not a version"):
        cut.prepare(root, version, DAY)


@pytest.mark.parametrize("version", ["0.9.0", "0.10.0", "0.9.11"])
def test_version_must_be_greater_than_the_last_as_numbers(root: Path, version: str) -> None:
    for tag in ("v0.9.0", "v0.10.0", "v1", "vendor-9.9.9"):
        git(root, "tag", tag)
    with pytest.raises(ReleaseRefused, match=r"is not greater than the last release, 0\.10\.0"):
        cut.prepare(root, version, DAY)
    assert cut.prepare(root, "0.10.1", DAY).version == "0.10.1"


@pytest.mark.parametrize(
    "changelog",
    [
        "# Changelog\n",
        "# Changelog\n\n## Unreleased\n\n## 0.0.1 (2026-01-01)\n\n- Begun.\n",
        "# Changelog\n\n### Unreleased\n\n- Begun.\n",
    ],
)
def test_changelog_without_entries_is_refused(root: Path, changelog: str) -> None:
    (root / "CHANGELOG.md").write_text(changelog)
    commit(root, "Forget the entries")
    with pytest.raises(ReleaseRefused, match="no section `## Unreleased` with entries"):
        cut.prepare(root, "0.1.0", DAY)


def test_working_tree_with_changes_is_refused(root: Path) -> None:
    (root / "new.py").touch()
    with pytest.raises(ReleaseRefused, match=r"has changes: new\.py"):
        cut.prepare(root, "0.1.0", DAY)


@pytest.mark.parametrize("elsewhere", [("checkout", "-q", "-b", "other"), ("checkout", "-q", "--detach")])
def test_release_on_another_branch_is_refused(root: Path, elsewhere: tuple[str, ...]) -> None:
    git(root, *elsewhere)
    with pytest.raises(ReleaseRefused, match="on the branch main only"):
        cut.prepare(root, "0.1.0", DAY)


def test_release_sets_version_changelog_and_a_tag_with_the_notes(
    root: Path, run: Callable[..., tuple[int, str]]
) -> None:
    assert run("0.1.0")[0] == 0
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "rev-parse", "v0.1.0^{commit}") == git(root, "rev-parse", "main")
    assert git(root, "log", "-1", "--format=%s") == "Release 0.1.0"
    assert (root / "pyproject.toml").read_text() == PROJECT.replace("0.0.0", "0.1.0")
    changed = (root / "CHANGELOG.md").read_text().splitlines()
    assert changed[2] == "## Unreleased"
    assert changed[4].startswith("## 0.1.0 (")
    assert changed[5:] == CHANGELOG.splitlines()[3:]
    notes = git(root, "for-each-ref", "--format=%(contents)", "refs/tags/v0.1.0")
    assert "### Accounts\n\n- Signup by SMS code." in notes
    assert f"SHA-256 {'5e' * 32}, built by Python 3." in notes
    assert git(root, "fsck", "--strict") == ""


def test_release_keeps_the_shapes_of_its_records(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    run("0.1.0")
    (root / "docs" / "records.json").write_text("{}\n")
    commit(root, "Forget the profile")
    assert (root / "docs" / "records.released.json").read_text() == SHAPES
    assert git(root, "show", "v0.1.0:docs/records.released.json") == SHAPES.strip()


def test_release_keeps_its_contract_and_needs_those_of_all_before(
    root: Path, run: Callable[..., tuple[int, str]]
) -> None:
    run("0.1.0")
    kept = root / "docs" / "releases" / "0.1.0" / "openapi.json"
    assert kept.read_text() == CONTRACT
    assert git(root, "show", "v0.1.0:docs/releases/0.1.0/openapi.json") == CONTRACT.strip()
    assert list(check_contract(root, json.loads(CONTRACT), DAY)) == []
    kept.unlink()
    (finding,) = check_contract(root, json.loads(CONTRACT), DAY)
    assert (finding.rule, finding.resource) == ("missing", "docs/releases/0.1.0/openapi.json")


def test_second_release_needs_entries_of_its_own(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    run("0.1.0")
    assert run("0.1.0") == (1, "no release: 0.1.0 is not greater than the last release, 0.1.0")
    status, said = run("0.2.0")
    assert (status, said) == (1, "no release: CHANGELOG.md has no section `## Unreleased` with entries")
    text = (root / "CHANGELOG.md").read_text()
    (root / "CHANGELOG.md").write_text(text.replace("Unreleased\n", "Unreleased\n\n- More.\n"))
    commit(root, "Add more")
    assert run("0.2.0")[0] == 0
    notes = git(root, "for-each-ref", "--format=%(contents)", "refs/tags/v0.2.0")
    assert "- More." in notes
    assert "Signup" not in notes


def test_red_check_is_refused_and_changes_nothing(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    (root / "Makefile").write_text("check:\n\t@false\n")
    commit(root, "Break a rule")
    before = refs(root)
    assert run("0.1.0") == (1, "no release: `make check` is red")
    assert refs(root) == before


def test_release_that_fails_half_way_leaves_no_tag_and_can_be_run_again(
    root: Path, run: Callable[..., tuple[int, str]]
) -> None:
    before = refs(root)

    def fail(*_: object) -> str:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        run("0.1.0", fail)
    assert refs(root) == before
    assert run("0.1.0")[0] == 0


def test_commit_while_files_are_written_is_refused(root: Path, run: Callable[..., tuple[int, str]]) -> None:
    def interrupted(*_: object) -> str:
        (root / "more.py").touch()
        commit(root, "Add a file")
        return ""

    assert run("0.1.0", interrupted)[1].endswith("changed meanwhile")
    assert git(root, "tag") == ""


@pytest.mark.parametrize("step", ["commit-tree", "mktag", "update-ref"])
def test_git_that_fails_at_any_step_leaves_branch_and_tags(
    root: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before, real = refs(root), cut._git

    def failing(place: Path, *words: str, **more: str) -> str:
        return real(place, "no-such-command" if words[0] == step else words[0], *words[1:], **more)

    with monkeypatch.context() as patched:
        patched.setattr(cut, "_git", failing)
        assert run("0.1.0")[1].startswith("no release: git no-such-command")
    assert refs(root) == before
    assert run("0.1.0")[0] == 0


def test_tag_that_exists_keeps_the_branch_where_it_is(root: Path) -> None:
    draft = cut.prepare(root, "0.1.0", DAY)
    git(root, "tag", "v0.1.0")
    before = refs(root)
    with pytest.raises(ReleaseRefused, match="update-ref"):
        cut.commit(root, draft, "")
    assert refs(root) == before


@pytest.mark.proof  # installs the tool
def test_files_of_a_release_list_what_the_zip_has(package: Package, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    digest = contents.write(folder, package, PROJECT.replace("0.0.0", "0.1.0"))
    assert digest == hashlib.sha256(package.code.read_bytes()).hexdigest()
    sums = (line.split() for line in (folder / "SHA256SUMS").read_text().splitlines())
    for value, name in sums:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == value
    assert {path.name for path in folder.iterdir()} == {
        "app.zip",
        "images.zip",
        "sbom.json",
        "licences.txt",
        "SHA256SUMS",
    }
    bom = json.loads((folder / "sbom.json").read_text())
    assert bom["bomFormat"] == "CycloneDX"
    assert bom["metadata"]["component"]["version"] == "0.1.0"
    listed = {canonicalize_name(one["name"]) for one in bom["components"]}
    assert listed == expected_components(package)
    headings = [one for one in (folder / "licences.txt").read_text().splitlines() if one.startswith("==== ")]
    assert {canonicalize_name(one.split()[1]) for one in headings} == listed


def expected_components(package: Package) -> set[str]:
    """The distributions of the top-level modules in the zips."""
    names: list[str] = []
    for path in (package.code, package.images):
        with zipfile.ZipFile(path) as archive:
            names += archive.namelist()
    modules = {name.split("/")[0].split(".")[0] for name in names if ".dist-info" not in name}
    installed = packages_distributions()
    return {
        canonicalize_name(name)
        for module in modules - {"app", "chalicelib", "__pycache__", "pillow"}
        for name in installed[module]
    }
