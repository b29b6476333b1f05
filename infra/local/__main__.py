"""`python -m infra.local run|tour|dev`: the local cloud for people (`make run`, `make tour`, `make dev`)."""

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

Port = Annotated[int, typer.Option(help="of the emulated AWS; 0 takes a free one")]
Where = Annotated[Path, typer.Option(help="file that says where everything is")]


@app.command()
def run(port: Port = 0, state: Where = STATE) -> None:
    """Bring everything up, play the tour, stay up until Ctrl-C."""
    _with_cloud(port, state, _tour_and_stay)


@app.command()
def tour(port: Port = 0, state: Where = STATE) -> None:
    """Bring everything up, play the tour, end with its result."""
    _with_cloud(port, state, _tour)


@app.command()
def dev(
    port: Port = 0,
    state: Where = STATE,
    api_port: Annotated[int, typer.Option(help="of chalice local")] = 8000,
) -> None:
    """`chalice local` with reloading, over the emulated services."""
    _with_cloud(port, state, lambda cloud: _chalice_local(cloud, api_port))


def _with_cloud(port: int, state: Path, use: Callable[[LocalCloud], int]) -> None:
    signals.install_handlers()  # so that every block ends in order
    started = time.monotonic()
    with ExitStack() as block:
        with console.status("starting the local cloud") as status:
            cloud = block.enter_context(local_cloud(status.update, port=port, state_file=state))
        console.print(f"up in {time.monotonic() - started:.1f} s")
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
        return "limits are the real ones"
    return f"limits are a thousand times the real ones; with {LIMITS_VARIABLE}=real they are the real ones"


def _tour(cloud: LocalCloud) -> int:
    return 0 if play(Tour(cloud, console), CHAPTERS) else 1


def _tour_and_stay(cloud: LocalCloud) -> int:
    result = _tour(cloud)
    console.print("\nstays up; Ctrl-C ends it" if result == 0 else "\nthe tour failed")
    while result == 0:
        signal.pause()
    return result


def _chalice_local(cloud: LocalCloud, port: int) -> int:
    """The app as it stands in the working tree, with the settings of the deployed functions."""
    settings = _settings_of_all_functions(cloud)
    console.print(f"  [bold]http://127.0.0.1:{port}[/]  reloads; jobs run as deployed", highlight=False)
    command = ["-c", "from chalice.cli import main; main()", "local", "--stage", "local"]
    status = RESTART_REQUEST_RC
    while status == RESTART_REQUEST_RC:  # a file changed
        with child([sys.executable, *command, "--port", str(port)], lambda _: settings) as chalice:
            status = chalice.wait()
    return status


def _settings_of_all_functions(cloud: LocalCloud) -> dict[str, str]:
    """What the deployed functions are told, together: all groups run in one process."""
    told: dict[str, str] = {}
    for function in cloud.account.client("lambda").list_functions()["Functions"]:
        told |= function["Environment"]["Variables"]
    del told["RU4M_FUNCTION"]
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RU4M_"))},
        **told,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_REGION": cloud.account.region,
        "AWS_DEFAULT_REGION": cloud.account.region,
        "AWS_ENDPOINT_URL": cloud.state.aws_endpoint,
        "CHALICE_WORKER": "true",  # watches and asks to be started again; the loop does that
    }


if __name__ == "__main__":
    app()
