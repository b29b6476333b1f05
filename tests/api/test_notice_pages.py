"""The pages of notices: served as they were frozen, by version and language (ADR 90)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.consents.notices import frozen
from chalicelib.consents.notices.model import Notice, NoticeKind
from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_script
from tests.support.world.notices import DAY, a_version, publish
from tests.support.world.world import World

pytestmark = pytest.mark.promise("NOT-1")
PATHS = {NoticeKind.PRIVACY: "/privacy/policy", NoticeKind.TERMS: "/terms"}


@pytest.fixture(params=NoticeKind)
def ours(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notice:
    """Publish a version with frozen pages, which takes effect in a month."""
    monkeypatch.setattr(frozen, "_FOLDERS", tmp_path)
    link = a_version("2026-12-24", request.param)
    folder = frozen.folder(link.version)
    folder.mkdir()
    for language in Language:
        (folder / frozen.page_name(language)).write_text(f"<p>{link.version} in {language}</p>")
    (folder / frozen.CHANGES).write_text('{"en": "All.", "sr-Latn": "Sve.", "sr-Cyrl": "Све."}')
    notice = Notice(**{**dict(link), "url": "", "changes": "", "digest": frozen.digest(folder)})
    frozen.page.cache_clear()
    frozen._changes.cache_clear()
    publish(notice)
    return notice


@pytest.mark.parametrize("language", Language)
def test_page_of_a_version_is_served_in_the_language_of_its_reader(
    world: World, ours: Notice, language: Language
) -> None:
    headers = {"accept-language": language.value}
    reply = world.call("GET", f"{PATHS[ours.kind]}/{ours.version}", headers=headers)
    assert (reply.status, reply.text) == (200, f"<p>{ours.version} in {language}</p>")
    assert (reply.headers["content-type"], reply.headers["vary"]) == (
        "text/html; charset=utf-8",
        "Accept-Language",
    )


@pytest.mark.parametrize("language", Language)
def test_language_of_a_link_replaces_that_of_the_reader(
    world: World, ours: Notice, language: Language
) -> None:
    world.advance(60 * DAY)
    path = f"{PATHS[ours.kind]}?language={language}"
    reply = world.call("GET", path, headers={"accept-language": "sr-Cyrl"})
    assert reply.text == f"<p>{ours.version} in {language}</p>"
    unknown = world.call("GET", f"{PATHS[ours.kind]}?language=de", headers={"accept-language": "sr-Cyrl"})
    assert unknown.text == f"<p>{ours.version} in sr-Cyrl</p>"


def test_page_without_a_version_is_the_one_in_effect(world: World, ours: Notice) -> None:
    before = world.call("GET", PATHS[ours.kind])
    assert (before.status, f'href="https://ru4m.com/{ours.kind}/2024-05-08"' in before.text) == (200, True)
    world.advance(60 * DAY)
    assert world.call("GET", PATHS[ours.kind]).text == f"<p>{ours.version} in en</p>"


def test_list_of_links_is_in_the_script_of_its_reader(world: World) -> None:
    listed = world.call("GET", "/terms?language=sr-Cyrl").text
    assert in_script("Verzija koja važi od 8. maja 2024", Language.SERBIAN_CYRILLIC) in listed


@pytest.mark.parametrize("version", ["{kind}-2026-12-25", "{other}-2024-05-08", "nothing", "..%2fsecret"])
def test_version_that_is_not_published_has_no_page(world: World, ours: Notice, version: str) -> None:
    (other,) = set(NoticeKind) - {ours.kind}
    named = version.format(kind=ours.kind, other=other)
    assert world.call("GET", f"{PATHS[ours.kind]}/{named}").status == 404


def test_lists_name_the_page_and_the_changes_in_the_language_of_the_reader(
    world: World, ours: Notice
) -> None:
    reply = world.call("GET", "/v1/notices", headers={"accept-language": "sr-Cyrl"})
    (shown,) = [one for one in reply.json["items"] if one["version"] == ours.version]
    page = f"https://api.test{PATHS[ours.kind]}/{ours.version}"
    assert (shown["changes"], shown["url"]) == ("Све.", page)
    assert "digest" not in shown
