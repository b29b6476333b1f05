"""One emulator and one Node process per worker; each test starts with an empty app.

Two variables put a throw-away app at Stream in the place of the emulator (`throw_away`).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from stream_chat import StreamChat

from infra.local.js import ChatClients, ChatError
from infra.stream_emulator import Emulator, running_emulator
from tests.contract import throw_away
from tests.contract.emulated_app import App

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.js import ChatClient


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with throw_away.throw_away_app() if throw_away.is_named() else running_emulator() as emulator:
        yield emulator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Skip a test that failed because of what a throw-away app does not allow."""
    app = getattr(item, "funcargs", {}).get("emulator")
    try:
        yield
    except Exception:
        if isinstance(app, throw_away.ThrowAwayApp) and app.names.excuse:
            pytest.skip(app.names.excuse)
        raise


@pytest.fixture(autouse=True)
def prepare_throw_away_app(request: pytest.FixtureRequest) -> None:
    """Skip a file without meaning on an app at Stream, and empty the app for one that lists everything."""
    if not throw_away.is_named():
        return
    name = request.path.stem.removeprefix("test_")
    if name in throw_away.LEFT_OUT:
        pytest.skip("tests settings of the app, or rules that only the emulator has")
    if name in throw_away.LISTING:
        throw_away.clear(request.getfixturevalue("emulator").direct)


@pytest.fixture(scope="session")
def server(emulator: Emulator) -> Iterator[StreamChat]:
    client = StreamChat(emulator.api_key, emulator.secret, base_url=emulator.url)
    with client.session:
        yield client


@pytest.fixture
def app(emulator: Emulator, server: StreamChat) -> App:
    emulator.reset()
    return App(emulator, server)


@pytest.fixture(scope="session")
def node(emulator: Emulator) -> Iterator[ChatClients]:
    with ChatClients(emulator.url, emulator.api_key) as clients:
        yield clients


class Phones:
    """Clients with the official JavaScript SDK."""

    def __init__(self, app: App, node: ChatClients) -> None:
        self._app = app
        self._node = node
        self._connected: list[ChatClient] = []

    def of(self, user_id: str, token: str | Callable[[], str] | None = None, **profile: object) -> ChatClient:
        given = token or self._app.token(user_id)
        client = self._node.connect(user_id, given, profile=profile)
        self._connected.append(client)
        return client

    def hang_up(self) -> None:
        for client in self._connected:
            with contextlib.suppress(ChatError):
                client.disconnect()


@pytest.fixture
def phones(app: App, node: ChatClients) -> Iterator[Phones]:
    phones = Phones(app, node)
    yield phones
    phones.hang_up()
