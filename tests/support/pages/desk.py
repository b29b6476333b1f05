"""A desk that is served on this machine over the world of a test, and an API that answers it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from infra.deployment.account import AwsAccount
from infra.ops import internal_api
from infra.ops.desk.desk import Desk
from infra.ops.desk.server import DeskServer, application
from infra.ops.internal_api import InternalApi
from tests.support import patches
from tests.support.clouds.environment import REGION
from tests.support.world.commands import URL, Wire


def desk_of(name: str, wire: Wire) -> Desk:
    """Return the desk of a member of staff."""
    patches.current().setattr(internal_api, "URLLib3Session", lambda **_: wire)
    return Desk(InternalApi(AwsAccount(REGION, None, name.upper(), "a secret"), lambda: URL))


@contextmanager
def served(desk: Desk) -> Iterator[DeskServer]:
    """Serve a desk in a thread until the block ends."""
    listening, loop = socket.create_server(("127.0.0.1", 0)), asyncio.new_event_loop()
    server = DeskServer(desk, listening.getsockname()[1])
    runner = web.AppRunner(application(server))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(_start(runner, listening), loop).result(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(runner: web.AppRunner, listening: socket.socket) -> None:
    await runner.setup()
    await web.SockSite(runner, listening).start()
