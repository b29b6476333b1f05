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

SIGN_UP = {
    "a page": """
```js
import { createClient, Problem } from 'ru4m-client';

const api = createClient({ baseUrl, storage });
const device = { device_id: await api.deviceId(), platform: /** @type {const} */ ('ios') };
const challenge = Problem.dataOf(await api.POST('/v1/signup', { body: { phone, device } }));
const { items } = Problem.dataOf(await api.GET('/v1/notices/current'));
const version = (/** @type {string} */ kind) => items.find((one) => one.kind === kind)?.version ?? '';
const params = { path: { challenge_id: challenge.challenge_id } };
const body = {
  code: await askForCode(challenge),
  terms_version: version('terms'),
  privacy_version: version('privacy'),
};
await api.signedIn(Problem.dataOf(await api.POST('/v1/signup/{challenge_id}/verify', { params, body })));
```

```js
import { StreamChat } from 'stream-chat';

const token = async () => Problem.dataOf(await api.POST('/v1/chat/token'));
const { api_key, base_url, user_id } = await token();
const chat = new StreamChat(api_key, { baseURL: base_url, allowServerSideConnect: true });
await chat.connectUser({ id: user_id }, async () => (await token()).token);
show(chat.userID === (await api.session())?.user_id);
```
"""
}


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


def test_sign_up_with_a_code_and_chat_run_as_snippets(given: dict[str, str]) -> None:
    snippets.check(SIGN_UP)
    assert snippets.run(SIGN_UP, given) == "true\n"


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
