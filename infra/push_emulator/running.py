"""Running the emulator in a thread of this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from infra.push_emulator.apple import AppleConnection
from infra.push_emulator.google import Google
from infra.push_emulator.phones import Phones

HOST = "127.0.0.1"
_PATIENCE = 15  # seconds


@dataclass(frozen=True)
class PushEmulator:
    """A running emulator; `urls` has the address of each service by its name."""

    urls: dict[str, str]
    phones: Phones = field(repr=False)

    @property
    def url(self) -> str:
        """Where its own routes are, under /_emulator."""
        return self.urls["google"]

    @property
    def setting(self) -> str:
        """The addresses, as functions read them from RU4M_PUSH_URLS."""
        return ";".join(f"{name}={url}" for name, url in self.urls.items())


@contextmanager
def running_push_emulator() -> Iterator[PushEmulator]:
    """Serve on the loopback interface during a `with` block."""
    phones, up = Phones(), Future[dict[str, str]]()
    stop, loop = asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(_serve(phones, stop, up)), name="push-emulator", daemon=True
    )
    thread.start()
    try:
        yield PushEmulator(up.result(_PATIENCE), phones)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE)
        loop.close()


async def _serve(phones: Phones, stop: asyncio.Event, up: Future[dict[str, str]]) -> None:
    loop, urls, servers = asyncio.get_running_loop(), dict[str, str](), list[asyncio.Server]()
    open_ones = set[asyncio.Transport]()
    for environment in ("production", "sandbox"):
        server = await loop.create_server(partial(AppleConnection, phones, environment, open_ones), HOST, 0)
        servers.append(server)
        urls[f"apple_{environment}"] = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    runner = web.AppRunner(Google(phones).application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    google = f"http://{HOST}:{runner.addresses[0][1]}"
    up.set_result({**urls, "google": google, "google_tokens": f"{google}/token"})
    await stop.wait()
    for server in servers:
        server.close()
    for transport in open_ones:
        transport.abort()  # clients keep their connections
    await runner.cleanup()
