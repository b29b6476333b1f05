"""Tests of `make upgrade` without a cloud: what it reads, what it reports, and what it removes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.core import chain
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import read_accounts
from chalicelib.core.sealing import Place
from chalicelib.core.signatures import PublicKeys
from chalicelib.core.table import Item, Table
from chalicelib.core.table.items import plain
from chalicelib.privacy.subject_keys import DATA_KEY
from infra.local.tour.phone import PhoneAnswer
from infra.local.traffic import Traffic
from infra.local.upgrade import checkouts
from infra.local.upgrade import version as program
from infra.local.upgrade.__main__ import foreign_items
from infra.local.upgrade.checkouts import Checkout, StepFailed
from infra.local.upgrade.version import VersionReading, read_evidence, read_items
from tests.support.clouds import cloud
from tests.support.world import ledger
from tests.support.world.world import World

Stored = dict[Table, list[Item]]


@pytest.fixture
def stored(world: World) -> Stored:
    """Return what a user left in all tables."""
    mila = world.a_user()
    mila.consents("analytics")
    return {table: list(map(plain, cloud.items_of(table))) for table in Table}


def item_of(stored: Stored, kind: str) -> Item:
    return next(item for items in stored.values() for item in items if item.get("kind") == kind)


def read(stored: Stored) -> VersionReading:
    return read_items(stored, PublicKeys())


def test_every_item_of_the_current_version_is_readable(stored: Stored) -> None:
    found = read(stored)
    assert found.unreadable == {}
    expected = {
        "accounts account",
        "accounts profile",
        "accounts purposes",
        "challenges limit",
        "keys data_key",
    }
    assert expected <= found.read.keys()
    assert (found.ignored, found.unknown) == ({}, {})


def test_item_with_a_renamed_attribute_is_reported_by_kind_and_attribute(stored: Stored) -> None:
    account = item_of(stored, "account")
    account["person"] = account.pop("user_id")
    found = read(stored)
    assert found.unreadable == {"accounts account: Unfit, user_id (missing)": 1}
    assert found.read["accounts account"] == 0


def test_renamed_attribute_with_a_default_is_reported_as_ignored(stored: Stored) -> None:
    account = item_of(stored, "account")
    account["standing"] = account.pop("state")
    found = read(stored)
    assert (found.unreadable, found.ignored) == ({}, {"accounts account: standing": 1})


def test_ignored_attribute_in_sealed_content_is_reported(stored: Stored) -> None:
    device = f'{{"device_id": "{uuid4()}", "platform": "ios"}}'
    seal(item_of(stored, "session"), f'{{"device": {device}, "shoe_size": 42}}'.encode())
    assert read(stored).ignored == {"accounts session: shoe_size": 1}


def seal(item: Item, content: bytes) -> None:
    (row,) = read_accounts([AccountId(item["account_id"])], (DATA_KEY,))
    item["sealed"] = row[DATA_KEY].seal(content, Place(item["kind"], item["pk"], item["sk"]))


def test_sealed_content_of_another_shape_is_reported_without_its_value(stored: Stored) -> None:
    seal(item_of(stored, "profile"), b'{"display_name": {"Mila": "Milica"}}')
    (reason,) = read(stored).unreadable
    assert reason == "accounts profile: Unfit, display_name (string_type)"


def test_item_whose_key_cannot_be_found_is_reported(stored: Stored) -> None:
    stored[Table.KEYS].clear()
    assert read(stored).unreadable["accounts profile: KeyNotFound"] == 1


@pytest.mark.parametrize("table", [table for table in Table if table not in {Table.LEDGER, Table.KEYS}])
def test_item_of_a_kind_without_record_class_is_counted(stored: Stored, table: Table) -> None:
    stored[table].append({"pk": "A#1", "sk": "new", "kind": "invented"})
    assert read(stored).unknown[f"{table} invented"] == 1


def test_only_kinds_that_another_version_declares_are_foreign() -> None:
    found = {"unknown": {"accounts invented": 2, "challenges limit": 7}}
    assert foreign_items(found, {"invented", "profile"}) == ["2 x accounts invented"]


def test_altered_entry_of_the_ledger_is_reported_by_its_kind(world: World, stored: Stored) -> None:
    ledger.create_archive()
    found, entries = VersionReading(), stored[Table.LEDGER]
    read_evidence(found, entries)
    assert (found.unreadable, found.read["ledger consent"]) == ({}, 1)
    ledger.overwrite(chain.Chain.parse(entries[0]["pk"]), 1, event="forged")
    found = VersionReading()
    read_evidence(found, entries)
    assert found.unreadable == {"ledger consent: Tampered": 1}


class ScriptedPhone(SimpleNamespace):
    """A phone that gets prepared responses; afterwards the traffic ends."""

    def call(self, method: str, path: str, *_: object, **__: object) -> PhoneAnswer:
        status, headers, body = self.answers.pop(0)
        if not self.answers:
            self.traffic.stop()
        return PhoneAnswer(method, path, status, headers, body)


TOKEN = {"access_token": "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.e30.", "refresh_token": "r"}
REFRESHED: Any = (200, {}, TOKEN)
PROBLEM = {"content-type": "application/problem+json"}


def profile(name: str) -> tuple[int, dict[str, str], dict[str, str]]:
    return 200, {"etag": "1"}, {"display_name": name}


CHANGED = (REFRESHED, profile("x"), profile("Client 0"))


@pytest.mark.parametrize(
    ("answers", "failures"),
    [
        ([*CHANGED, REFRESHED, profile("Client 0"), profile("y")], {}),
        ([*CHANGED, REFRESHED, profile("x"), profile("y")], {"change lost": 1}),
        ([(502, {}, {})], {"refresh 502": 1}),
        ([REFRESHED, (401, PROBLEM, {"code": "session_ended"})], {"read 401 session_ended": 1}),
        ([(503, PROBLEM, {"code": "unavailable"}), REFRESHED, profile("x"), profile("y")], {}),
    ],
)  # fmt: skip
def test_failed_or_lost_requests_of_the_traffic_are_counted(
    answers: list[Any], failures: dict[str, int]
) -> None:
    traffic = Traffic()
    phone: Any = ScriptedPhone(answers=[*answers], traffic=traffic, session=TOKEN, device_id="d")
    phone.access_token = TOKEN["access_token"]
    traffic.send_requests(phone)
    assert traffic.failures == failures
    assert traffic.put_off == sum(status == 503 for status, *_ in answers)


def git(root: Path, *words: str) -> None:
    as_mila = ("-c", "user.name=Mila", "-c", "user.email=mila@test.example")
    subprocess.run(["git", "-C", str(root), *as_mila, *words], capture_output=True, check=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository that stands for this project, with one commit."""
    root = tmp_path / "project"
    (root / ".local").mkdir(parents=True)
    (root / "infra/local/js/node_modules").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for name in checkouts._PINS:
        (root / name).write_text("one==1\n")
    (root / ".gitignore").write_text(".local/\nnode_modules/\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Begin")
    monkeypatch.setattr(checkouts, "ROOT", root)
    monkeypatch.setattr(checkouts, "LOCAL", root / ".local")
    monkeypatch.setattr(checkouts, "BUILD", root / "build")
    return root


def commit(project: Path, subject: str) -> None:
    git(project, "commit", "-q", "--allow-empty", "-m", subject)


def head_of(project: Path) -> str:
    found = subprocess.run(["git", "-C", project, "rev-parse", "HEAD"], capture_output=True, check=True)
    return found.stdout.decode().strip()


def test_base_is_the_last_release_before_this_commit(project: Path) -> None:
    with pytest.raises(StepFailed, match="no release"):
        checkouts.base_commit()
    commit(project, "Release 0.1.0")
    first = head_of(project)
    commit(project, "Add more")
    commit(project, "Release notes of a person")
    assert checkouts.base_commit() == first
    commit(project, "Release 0.2.0")
    assert checkouts.base_commit() == first
    second = head_of(project)
    commit(project, "Add more again")
    assert checkouts.base_commit() == second


def test_checkout_of_the_base_is_removed_even_after_an_error(project: Path) -> None:
    def use() -> None:
        with checkouts.checked_out("HEAD") as base:
            assert (base.root / "requirements.txt").read_text() == "one==1\n"
            assert (base.root / ".venv").resolve() == Path(sys.prefix).resolve()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()
    assert [*(project / ".local").iterdir()] == []
    assert (project / "infra/local/js/node_modules").is_dir()


@pytest.mark.parametrize("pins", checkouts._PINS)
def test_base_with_other_pins_gets_packages_of_its_own(
    project: Path, monkeypatch: pytest.MonkeyPatch, pins: str
) -> None:
    (project / pins).write_text("one==2\n")
    installed: list[Path] = []
    run = subprocess.run

    def note(command: Any, **options: Any) -> Any:
        if command[1:] == ["-m", "infra.environments", "run"]:
            installed.append(options["cwd"])
            return None
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", note)
    with checkouts.checked_out("HEAD") as base:
        assert installed == [base.root]
        assert not (base.root / ".venv").exists()


PROGRAM = "import json, os, sys; print('a line'); open(sys.argv[2], 'w').write({!r}); sys.exit({})"


@pytest.fixture
def a_version(project: Path) -> Callable[[str, int], Checkout]:
    """Return a version whose program writes a result and ends with a status."""

    def make(result: str, status: int) -> Checkout:
        file = project / "infra/local/upgrade/version.py"
        file.parent.mkdir(parents=True)
        file.write_text(PROGRAM.format(result, status))
        return Checkout("the base", project)

    return make


def test_step_returns_the_result_of_the_own_program(a_version: Callable[[str, int], Checkout]) -> None:
    assert a_version('{"version": "1"}', 0).run("deploy", {}) == {"version": "1"}


def test_step_that_fails_says_which_with_its_output(a_version: Callable[[str, int], Checkout]) -> None:
    with pytest.raises(StepFailed, match=r"(?s)tour of the base ended with status 1.*a line"):
        a_version("{}", 1).run("tour", {})


def test_program_imports_nothing_beside_it() -> None:
    """A version before this program is tried with that of a later one, which must run without the others."""
    text = Path(program.__file__).read_text()
    assert "infra.local.upgrade" not in text
    assert json.dumps("UPGRADE_CLOUD") in text
    assert checkouts.CLOUD == "UPGRADE_CLOUD"
