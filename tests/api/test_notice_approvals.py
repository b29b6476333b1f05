"""Frozen pages of a notice: one operator proposes them, another one approves them (ADR 90)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.consents.notices import frozen
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core import chain
from chalicelib.core.clock import DAY
from chalicelib.privacy.purposes import Practice
from chalicelib.staff import notices
from infra.policy.facts import of_target
from infra.policy.pages import files_of
from tests.infra.test_deploy import a_target
from tests.support.world.commands import Commands, Wire
from tests.support.world.ledger import overwrite
from tests.support.world.world import World

pytestmark = pytest.mark.promise("NOT-1")
VERSION = NoticeVersion("privacy-2027-06-01")


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a version that this checkout froze."""
    monkeypatch.setattr(frozen, "_FOLDERS", tmp_path)
    (tmp_path / VERSION).mkdir()
    freeze(tmp_path / VERSION, "privacy@ru4m.example")
    return tmp_path / VERSION


def freeze(folder: Path, contact: str) -> None:
    facts = of_target(a_target(contact_email=contact), frozenset(Practice))
    for name, text in files_of(NoticeKind.PRIVACY, facts, None, VERSION).items():
        (folder / name).write_text(text)


@pytest.fixture
def run(world: World, wire: Wire, pages: Path) -> Commands:
    return Commands("notices", wire)


def entries() -> list[str]:
    return [entry.event for entry in chain.entries(notices.history_of(VERSION))]


def test_pages_are_approved_by_another_operator(run: Commands, pages: Path) -> None:
    assert run("ana", "propose", VERSION).exit_code == 0
    approved = run("boris", "approve", VERSION)
    assert (approved.exit_code, frozen.digest(pages) in approved.output) == (0, True)
    assert entries() == ["proposed", "approved"]


def test_own_proposal_cannot_be_approved(run: Commands) -> None:
    run("ana", "propose", VERSION)
    refused = run("ana", "approve", VERSION)
    assert (refused.exit_code, "own_proposal" in refused.output) == (1, True)
    assert entries() == ["proposed"]


def test_pages_that_changed_since_the_proposal_cannot_be_approved(run: Commands, pages: Path) -> None:
    run("ana", "propose", VERSION)
    freeze(pages, "other@ru4m.example")
    refused = run("boris", "approve", VERSION)
    assert (refused.exit_code, "changed_meanwhile" in refused.output) == (1, True)
    assert entries() == ["proposed"]


def test_pages_without_a_proposal_cannot_be_approved(run: Commands) -> None:
    refused = run("boris", "approve", VERSION)
    assert (refused.exit_code, "nothing_proposed" in refused.output) == (1, True)


def test_repeated_proposal_and_approval_put_nothing_more_on_record(run: Commands) -> None:
    for _ in range(2):
        run("ana", "propose", VERSION)
        run("boris", "approve", VERSION)
    assert entries() == ["proposed", "approved"]


def test_changed_pages_need_an_approval_of_their_own(run: Commands, pages: Path) -> None:
    run("ana", "propose", VERSION)
    run("boris", "approve", VERSION)
    before = frozen.digest(pages)
    freeze(pages, "other@ru4m.example")
    run("boris", "propose", VERSION)
    shown = run("ana", "show", VERSION).output
    assert (before in shown, frozen.digest(pages) in shown) == (True, True)
    run("ana", "approve", VERSION)
    assert before not in run("ana", "show", VERSION).output


def test_altered_history_shows_no_approval(run: Commands) -> None:
    run("ana", "propose", VERSION)
    run("boris", "approve", VERSION)
    overwrite(notices.history_of(VERSION), 2, event="forged")
    refused = run("ana", "show", VERSION)
    assert (refused.exit_code, "unavailable" in refused.output) == (1, True)


@pytest.mark.parametrize(
    ("file", "words", "others"),
    [
        ("sr-Cyrl.html", "30 дана", "90 дана"),
        ("facts.json", "P30D", "P90D"),
        ("facts.json", "RET-4", "RET-9"),
        ("changes.json", "new", "old"),
    ],
)
def test_version_that_its_facts_do_not_render_is_not_sent(
    run: Commands, wire: Wire, pages: Path, file: str, words: str, others: str
) -> None:
    (pages / file).write_text((pages / file).read_text().replace(words, others))
    refused = run("ana", "propose", VERSION)
    assert (refused.exit_code, VERSION in refused.output, wire.sent) == (1, True, [])


def test_version_in_effect_is_approved_again_although_the_code_has_other_words(
    run: Commands, world: World, pages: Path
) -> None:
    (pages / "en.html").write_text("We store your number.")
    world.advance(400 * DAY)
    assert run("ana", "propose", VERSION).exit_code == 0


@pytest.mark.parametrize("name", ["privacy-2027-07-01", "privacy-2027-6-1", "../../etc", ""])
def test_version_without_pages_in_this_checkout_is_not_sent(run: Commands, wire: Wire, name: str) -> None:
    assert run("ana", "propose", name).exit_code == 2
    assert wire.sent == []
