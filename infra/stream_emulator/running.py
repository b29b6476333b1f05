"""Running the emulator: in a thread of this process, or as a child."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from infra.stream_emulator.control import Emulator
from infra.stream_emulator.options import Options
from infra.stream_emulator.server import Server
from infra.stream_emulator.world import World

HOST = "127.0.0.1"
SECRET_VARIABLE = "STREAM_EMULATOR_SECRET"  # noqa: S105 - a name, not a secret
_PATIENCE = 15
_ROOT = Path(__file__).parents[2]


async def serve(world: World, port: int, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Serve on the loopback interface until stopped; `ready` gets the URL."""
    runner = web.AppRunner(Server(world).application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        ready(f"http://{HOST}:{runner.addresses[0][1]}")
        await stop.wait()
    finally:
        await runner.cleanup()


@contextmanager
def running_emulator(
    *,
    api_key: str = "emulated-key",
    secret: str | None = None,
    port: int = 0,
    options: Options | None = None,
) -> Iterator[Emulator]:
    """An emulator in a thread of this process; the secret is random unless given."""
    world = World(api_key, secret or secrets.token_urlsafe(32), options)
    up: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        await serve(world, port, stop, lambda url: up.set_result((url, loop, stop)))

    def main() -> None:
        try:
            asyncio.run(run())
        except OSError as error:
            up.set_exception(error)

    thread = threading.Thread(target=main, name="stream-emulator", daemon=True)
    thread.start()
    try:
        url, loop, stop = up.result(_PATIENCE)
    except (OSError, TimeoutError) as error:
        raise RuntimeError("the Stream emulator didn't start") from error
    try:
        yield Emulator(url, world.api_key, world.secret)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE)


@contextmanager
def child_emulator(
    *, api_key: str = "emulated-key", secret: str | None = None, port: int = 0, grants: str = "hardened"
) -> Iterator[Emulator]:
    """An emulator as a child process, which ends with the block or with this process.

    `grants`: the initial settings of the app, as in Options.
    """
    secret = secret or secrets.token_urlsafe(32)
    command = [sys.executable, "-m", "infra.stream_emulator", "--exit-with-stdin"]
    child = subprocess.Popen(
        [*command, "--port", str(port), "--api-key", api_key, "--grants", grants],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env=os.environ | {SECRET_VARIABLE: secret},
    )
    with child:
        try:
            line = child.stdout.readline() if child.stdout else ""
            if not line:
                raise RuntimeError("the Stream emulator didn't start")
            yield Emulator(json.loads(line)["url"], api_key, secret)
        finally:
            child.terminate()
            try:
                child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
