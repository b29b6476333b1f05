"""The emulator as a process: prints one JSON line with its URL when it is ready."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading

from infra.stream_emulator.options import Options
from infra.stream_emulator.running import SECRET_VARIABLE, serve
from infra.stream_emulator.world import World


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.stream_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--secret", help=f"better given in {SECRET_VARIABLE}")
    parser.add_argument("--grants", choices=("hardened", "stock"), default="hardened", help="at the start")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input is closed")
    arguments = parser.parse_args()
    arguments.secret = arguments.secret or os.environ.get(SECRET_VARIABLE)
    if not arguments.secret:
        parser.error(f"a secret is needed, in {SECRET_VARIABLE}")
    return arguments


def _announce(url: str) -> None:
    sys.stdout.write(json.dumps({"url": url}) + "\n")
    sys.stdout.flush()


async def _run(arguments: argparse.Namespace) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def wait_for_parent() -> None:
        # Unbuffered, since nothing can wake this thread when the interpreter ends.
        while os.read(sys.stdin.fileno(), 4096):
            continue
        loop.call_soon_threadsafe(stop.set)

    if arguments.exit_with_stdin:
        threading.Thread(target=wait_for_parent, daemon=True).start()
    world = World(arguments.api_key, arguments.secret, Options(grants=arguments.grants))
    await serve(world, arguments.port, stop, _announce)


def main() -> None:
    """Serve until a signal arrives, or until the parent process ends."""
    arguments = _arguments()
    try:
        asyncio.run(_run(arguments))
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
