"""The API reference: it has what the contract has, its links lead somewhere, and production has none."""

import json

import pytest

from chalicelib.core.settings import settings
from tests.support.pages.reading import Read, read
from tests.support.world.contract import committed
from tests.support.world.world import World


@pytest.fixture
def page(world: World) -> Read:
    return read(world.call("GET", "/reference").text)


def test_each_route_problem_and_schema_is_shown(page: Read) -> None:
    operations = [one for methods in committed()["paths"].values() for one in methods.values()]
    for operation in operations:
        assert operation["operationId"] in page.attributes("id")
        assert operation["summary"].replace("`", "") in page.shown
        examples = [one["example"] for one in operation.get("requestBody", {}).get("content", {}).values()]
        assert [x for x in examples if json.dumps(x, indent=2, ensure_ascii=False) not in page.shown] == []
    problems = {one["value"]["code"] for one in committed()["components"]["examples"].values()}
    assert {f"problem-{code}" for code in problems} <= set(page.attributes("id"))


def test_each_link_leads_to_one_place_on_the_page(page: Read) -> None:
    anchors = page.attributes("id")
    assert len(anchors) == len(set(anchors))
    assert {link.removeprefix("#") for link in page.attributes("href")} <= set(anchors)
    assert page.attributes("src") == []


def test_policy_of_the_reference_allows_its_style_alone(world: World) -> None:
    policy = world.call("GET", "/reference").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_production_has_no_reference(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RU4M_STAGE", "production")
    settings.cache_clear()
    assert world.call("GET", "/reference").problem == "not_found"
