"""Versions of the policy and the terms: frozen, and compared with what a stage does (ADR 90)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import typer

from chalicelib.consents.notices import frozen, versions
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.languages import Language
from chalicelib.privacy.facts import Facts
from infra.policy import __main__ as command
from infra.policy import pages
from infra.policy.facts import departures, kept
from tests.unit.test_policy import EXAMPLE, facts

FILES = {"facts.json", "clauses.json", "changes.json", "en.html", "sr-Latn.html", "sr-Cyrl.html"}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder to which the command writes, at any time before a version of ours."""
    monkeypatch.setattr(versions, "FROZEN", ())
    for place in ("BUILD", "ROOT"):
        monkeypatch.setattr(command, place, tmp_path)
    monkeypatch.setattr(frozen, "_FOLDERS", tmp_path)
    monkeypatch.setattr("infra.processing.__main__.os.environ", dict(os.environ))
    return tmp_path


def in_days(days: int) -> str:
    return f"{clock.now() + days * DAY:%Y-%m-%d}"


def test_command_writes_facts_clauses_and_pages_of_both_documents(written: Path) -> None:
    command.main("staging", EXAMPLE)
    for kind in NoticeKind:
        assert {path.name for path in (written / f"{kind}-staging").iterdir()} == FILES


def test_command_compares_a_stage_with_the_facts_of_a_version(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main("staging", EXAMPLE)
    file = written / "privacy-staging" / "facts.json"
    with pytest.raises(typer.Exit) as same:
        command.main("staging", EXAMPLE, file)
    assert same.value.exit_code == 0
    file.write_text(file.read_text().replace('"period/USAGE": "P30D"', '"period/USAGE": "P7D"'))
    capsys.readouterr()
    with pytest.raises(typer.Exit) as longer:
        command.main("staging", EXAMPLE, file)
    assert (longer.value.exit_code, capsys.readouterr().out) == (3, "period/USAGE: P7D -> P30D\n")


@pytest.mark.parametrize("version", [None, "terms-{}"])
def test_page_with_an_untrue_clause_is_not_written_and_the_clause_is_named(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: str | None
) -> None:
    monkeypatch.setattr("infra.policy.facts.kept", lambda: kept() - {"RGT-7"})
    with pytest.raises(typer.Exit) as refused:
        command.main("staging", EXAMPLE, version=version and version.format(in_days(40)))
    said = capsys.readouterr().err
    assert (refused.value.exit_code, said.count("\n"), "clause " in said) == (1, 1, True)
    assert said.endswith(": there is no fact promise/RGT-7\n")
    assert list(written.iterdir()) == []


def test_frozen_version_has_the_digest_that_the_command_prints(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = NoticeVersion(f"terms-{in_days(40)}")
    command.main("staging", EXAMPLE, version=version)
    folder = frozen.folder(version)
    assert {path.name for path in folder.iterdir()} == FILES
    assert capsys.readouterr().out.endswith(f": digest {frozen.digest(folder)}\n")


def test_terms_state_no_fact_but_those_of_their_clauses(written: Path) -> None:
    stated = json.loads(pages.files_of(NoticeKind.TERMS, facts(), None)["facts.json"])
    assert "setting/controller" in stated
    assert not [key for key in stated if key.startswith("held/")]


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize("days", [-400, 0, 14])
def test_version_that_cannot_be_announced_in_time_is_not_frozen(
    written: Path, capsys: pytest.CaptureFixture[str], days: int
) -> None:
    with pytest.raises(typer.Exit) as refused:
        command.main("staging", EXAMPLE, version=f"privacy-{in_days(days)}")
    assert (refused.value.exit_code, "cannot be announced" in capsys.readouterr().err) == (1, True)
    assert list(written.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["privacy", "privacy-2027-3-1", "../x", "imprint-2027-03-01", "", "privacy-2027-02-30"]
)
def test_name_that_is_no_version_is_not_frozen(written: Path, name: str) -> None:
    with pytest.raises(typer.Exit) as refused:
        command.main("staging", EXAMPLE, version=name)
    assert refused.value.exit_code == 2


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("New: If you do not use", "Changed: Invitation", "No longer in it: Our representative")),
        ("sr-Latn", ("Novo: Ako svoj nalog", "Izmenjeno: Poziv", "Više ne sadrži: Naš predstavnik")),
        ("sr-Cyrl", ("Ново: Ако свој налог", "Измењено: Позив", "Више не садржи: Наш представник")),
    ],
)
def test_changes_name_what_is_new_what_changed_and_what_is_gone(
    language: str, words: tuple[str, ...]
) -> None:
    """Between the versions, idle closing began, invitations are kept longer, a representative resigned."""
    earlier = changed("practice/CLOSING_IDLE_ACCOUNTS", None)
    before = Facts(earlier | {"period/INVITATION": "P7D"})
    after = changed("setting/representative_eu", None)
    clauses = json.loads(pages.files_of(NoticeKind.PRIVACY, before, None)["clauses.json"])
    said = json.loads(pages.files_of(NoticeKind.PRIVACY, after, clauses)["changes.json"])[language]
    assert [any(line.startswith(one) for line in said.splitlines()) for one in words] == [True] * 3


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize("language", Language)
def test_first_version_names_the_practices_that_begin_in_each_language(language: Language) -> None:
    files = pages.files_of(NoticeKind.PRIVACY, facts(), None)
    said, changes = (json.loads(files[name])[language] for name in ("clauses.json", "changes.json"))
    assert changes.splitlines()[1:] == [
        said["matching"],
        said["counting_use"],
        said["pushes"],
        said["online"],
        said["reports"],
        said["barred_numbers"],
        said["idle"],
        said["identity_papers"],
    ]
    assert said["counting_use"] in files[frozen.page_name(language)]


@pytest.mark.promise("NOT-1")
def test_text_of_a_declaration_is_no_markup(written: Path) -> None:
    found = changed("setting/controller", "<script>alert(1)</script>")
    page = pages.files_of(NoticeKind.PRIVACY, found, None)["en.html"]
    assert ("<script>" in page, "&lt;script&gt;alert" in page) == (False, True)


DEPARTING = {
    "a field": ("held/profile/shoe_size", "user.behavior PROVIDED"),
    "a category of a recipient": ("gets/STREAM/user.contact.email", "yes"),
    "a recipient": ("registered/BROKER", "yes"),
    "a place": ("recipient/AWS/country", "United States"),
    "a basis": ("for/analytics", "LEGITIMATE_INTERESTS"),
    "a purpose of a kind": ("purpose/profile", "marketing"),
    "a longer period": ("period/USAGE", "P90D"),
    "longer backups": ("setting/backups", "P90D"),
    "a shorter notice": ("setting/notice", "P7D"),
    "another contact": ("setting/contact", "other@example.org"),
}
PASSING = {
    "no such field": ("held/profile/employer", None),
    "no such recipient of a kind": ("to/profile/STREAM", None),
    "a shorter period": ("period/USAGE", "P7D"),
    "shorter backups": ("setting/key_backups", "P1D"),
    "a practice that is off": ("practice/CLOSING_IDLE_ACCOUNTS", None),
    "a promise more": ("promise/STR-8", "kept"),
}


def changed(key: str, value: str | None) -> Facts:
    others = {one: text for one, text in facts().items() if one != key}
    return Facts(others if value is None else others | {key: value})


@pytest.mark.promise("NOT-1")
@pytest.mark.parametrize("name", DEPARTING)
def test_stage_that_does_more_than_its_policy_says_departs_from_it(name: str) -> None:
    key, value = DEPARTING[name]
    assert [line.split(": ")[0] for line in departures(facts(), changed(key, value))] == [key]


@pytest.mark.parametrize("name", PASSING)
def test_stage_that_does_less_than_its_policy_says_does_not_depart(name: str) -> None:
    assert list(departures(facts(), changed(*PASSING[name]))) == []


def kinds() -> set[str]:
    return {key.split("/")[0] for key in facts()}


@pytest.mark.parametrize("kind", sorted(kinds() - {"right", "promise", "measure", "period"}))
def test_fact_that_the_policy_does_not_state_departs(kind: str) -> None:
    assert list(departures(facts(), changed(f"{kind}/new", "on"))) == [f"{kind}/new: not stated -> on"]


@pytest.mark.parametrize("kind", ["right", "promise", "measure", "setting"])
def test_fact_on_which_people_rely_departs_when_it_is_missing(kind: str) -> None:
    key = next(key for key in facts() if key.startswith(f"{kind}/"))
    assert list(departures(facts(), changed(key, None))) == [f"{key}: {facts()[key]} -> missing"]
