"""The snippets of the pages for app developers on the local cloud, as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.local.cloud import LocalCloud
from infra.local.front import running_front
from tests.support import snippets

pytestmark = pytest.mark.node

PAGES = ("mobile.md", "mobile-chat.md", "mobile-rights.md")  # one program, in this order
DOCS = Path(__file__).parents[2] / "docs"
GUIDE = {f"docs/{name}": (DOCS / name).read_text() for name in PAGES}


@pytest.fixture(scope="module")
def front(cloud: LocalCloud) -> Iterator[str]:
    with running_front(
        cloud.state.api_url, cloud.state.aws_endpoint, stream_url=cloud.state.stream_url
    ) as url:
        yield url


@pytest.fixture
def given(cloud: LocalCloud, front: str, numbers: Iterator[str]) -> dict[str, str]:
    """What prelude.mjs needs, with unused numbers."""
    aws = cloud.state.aws_endpoint
    return {"baseUrl": front, "aws": aws, "phone": next(numbers), "friendPhone": next(numbers)}


def test_reference_is_served_with_the_route_of_the_sign_up(front: str) -> None:
    answer = requests.get(f"{front}/reference", timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert 'id="start_signup"' in answer.text


def test_snippets_of_the_guide_have_right_types() -> None:
    snippets.check(GUIDE)


def test_snippets_from_the_first_start_to_chat_run(given: dict[str, str]) -> None:
    snippets.run({name: GUIDE[name] for name in list(GUIDE)[:2]}, given)


@pytest.mark.proof  # a copy and an erasure take most of its time
def test_snippets_of_the_whole_guide_run(given: dict[str, str]) -> None:
    snippets.run(GUIDE, given)
