"""`python -m infra.local run|tour|dev`: the local cloud (`make run`, `make tour`, `make dev`)."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from chalice.cli.filewatch import RESTART_REQUEST_RC
from rich.console import Console

from infra.local import signals
from infra.local.children import child
from infra.local.cloud import LIMITS_VARIABLE, STATE, LocalCloud, has_real_limits, local_cloud
from infra.local.emulator import ROOT_KEY, ROOT_SECRET
from infra.local.tour import CHAPTERS, Tour, play

app = typer.Typer(add_completion=False, help=__doc__)
console = Console(soft_wrap=True)

Port = Annotated[int, typer.Option(help="port of the emulated AWS; 0: any free port")]
Where = Annotated[Path, typer.Option(help="file for the addresses of the running services")]


@app.command()
def run(port: Port = 0, state: Where = STATE) -> None:
    """Start the local cloud, play the tour, and keep running until Ctrl-C."""
    _with_cloud(port, state, _tour_and_stay)


@app.command()
def tour(port: Port = 0, state: Where = STATE) -> None:
    """Start the local cloud, play the tour, and exit with its result."""
    _with_cloud(port, state, _tour)


@app.command()
def dev(
    port: Port = 0,
    state: Where = STATE,
    api_port: Annotated[int, typer.Option(help="port of chalice local")] = 8000,
) -> None:
    """Run `chalice local` with reloading, on the emulated services."""
    _with_cloud(port, state, lambda cloud: _chalice_local(cloud, api_port))


def _with_cloud(port: int, state: Path, use: Callable[[LocalCloud], int]) -> None:
    signals.install_handlers()  # so that all context managers exit on a signal
    started = time.monotonic()
    with ExitStack() as block:
        with console.status("Starting the local cloud") as status:
            cloud = block.enter_context(local_cloud(status.update, port=port, state_file=state))
        console.print(f"Started in {time.monotonic() - started:.1f} s")
        console.print(f"  {_limits()}", highlight=False)
        for name, value in vars(cloud.state).items():
            console.print(f"  [dim]{name:>15}[/] {value}", highlight=False)
        try:
            result = use(cloud)
        except KeyboardInterrupt:
            result = 0
    sys.exit(result)


def _limits() -> str:
    if has_real_limits(os.environ):
        return "limits: as in production"
    return f"limits: a thousand times those of production; set {LIMITS_VARIABLE}=real for the real ones"


def _tour(cloud: LocalCloud) -> int:
    return 0 if play(Tour(cloud, console), CHAPTERS) else 1


def _tour_and_stay(cloud: LocalCloud) -> int:
    result = _tour(cloud)
    console.print("\nRunning until Ctrl-C" if result == 0 else "\nThe tour failed")
    while result == 0:
        signal.pause()
    return result


def _chalice_local(cloud: LocalCloud, port: int) -> int:
    """Run the app from the working tree, with the settings of the deployed functions."""
    settings = _settings_of_all_functions(cloud)
    console.print(f"  [bold]http://127.0.0.1:{port}[/]  reloads; jobs run as deployed", highlight=False)
    command = ["-c", "from chalice.cli import main; main()", "local", "--stage", "local"]
    status = RESTART_REQUEST_RC
    while status == RESTART_REQUEST_RC:  # a file changed
        with child([sys.executable, *command, "--port", str(port)], lambda _: settings) as chalice:
            status = chalice.wait()
    return status


def _settings_of_all_functions(cloud: LocalCloud) -> dict[str, str]:
    """Merge the settings of all deployed functions, because one process runs all groups."""
    settings: dict[str, str] = {}
    for function in cloud.account.client("lambda").list_functions()["Functions"]:
        settings |= function["Environment"]["Variables"]
    del settings["RU4M_FUNCTION"]
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RU4M_"))},
        **settings,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_REGION": cloud.account.region,
        "AWS_DEFAULT_REGION": cloud.account.region,
        "AWS_ENDPOINT_URL": cloud.state.aws_endpoint,
        "CHALICE_WORKER": "true",  # exits when a file changed; the loop above starts it again
    }


if __name__ == "__main__":
    app()
