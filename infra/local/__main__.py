"""`python -m infra.local run|tour|cloud|code|dev`: the local cloud (`make run`, `make tour` and so on)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, NoReturn

import requests
import typer
from botocore.exceptions import EndpointConnectionError
from chalice.cli.filewatch import RESTART_REQUEST_RC
from rich.console import Console
from rich.markup import escape

from chalicelib.core import clock
from infra.dashboards.stack import Stack
from infra.deployment.account import AwsAccount
from infra.guards.findings import unaccepted
from infra.local import explained
from infra.local.children import child, install_handlers
from infra.local.cloud import LIMITS_VARIABLE, LocalCloud, has_real_limits, local_cloud, local_figures
from infra.local.deployed.completion import DROPPED
from infra.local.emf import forwarding
from infra.local.emulator import ROOT_KEY, ROOT_SECRET
from infra.local.front import ANDROID, LOOPBACK, for_host, running_front
from infra.local.mailbox import newest_first
from infra.local.pictures import IMAGES, draw_dashboards, draw_usage, play_traffic
from infra.local.state import STATE, NoLocalCloud, forget
from infra.local.state import read as read_state
from infra.local.state import write as write_state
from infra.local.tour import CHAPTERS, Tour, play
from infra.local.waiting import NotInTime, until

app = typer.Typer(add_completion=False, help=__doc__)
console = Console(soft_wrap=True)

_USAGE_DAYS = 30

Port = Annotated[int, typer.Option(help="port of the emulated AWS; 0: any free port")]
Where = Annotated[Path, typer.Option(help="file for the addresses of the running services")]
_GRACE = "RU4M_ERASURE_GRACE_HOURS"


def _checked_host(given: str) -> str:
    try:
        return str(IPv4Address(given))
    except ValueError:
        raise typer.BadParameter(f"HOST has to be an address, such as {ANDROID}") from None


def _checked_grace(given: str | None) -> str | None:
    if given is not None and not re.fullmatch(r"([1-9]|[12][0-9]|30)d", given):
        raise typer.BadParameter("GRACE has to be 1d to 30d, such as 7d")
    return given


Host = Annotated[
    str, typer.Option(callback=_checked_host, help="address by which an emulated phone knows this machine")
]


@app.command()
def run(port: Port = 0, state: Where = STATE, host: Host = LOOPBACK) -> None:
    """Start the local cloud, play the tour, and keep running until Ctrl-C."""
    _with_cloud(port, state, _tour_and_stay, host)


@app.command()
def tour(port: Port = 0, state: Where = STATE) -> None:
    """Start the local cloud, play the tour, and exit with its result."""
    _with_cloud(port, state, _tour_forwarded)


@app.command(name="cloud")
def cloud_only(
    port: Port = 0,
    state: Where = STATE,
    host: Host = LOOPBACK,
    grace: Annotated[
        str | None,
        typer.Option(callback=_checked_grace, help="time to cancel an erasure, as 7d; default: none"),
    ] = None,
) -> None:
    """Start the local cloud, without the tour, and keep it running until Ctrl-C."""
    if grace:
        os.environ[_GRACE] = str(int(grace.removesuffix("d")) * 24)
    _with_cloud(port, state, _stay, host)


@app.command()
def code(
    to: Annotated[str, typer.Argument(help="number or address that a code was sent to, as +381601112233")],
    state: Where = STATE,
) -> None:
    """Print the newest code that the local cloud sent to a number or address; wait for it for 15 seconds."""
    to = to.strip() if "@" in to else re.sub(r"[\s-]", "", to)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}|[^@\s]+@[^@\s]+", to):
        _refuse("PHONE has to be a number such as +381601112233: make code PHONE=+381601112233, or EMAIL=...")
    try:
        where = read_state(state)["aws_endpoint"]
        typer.echo(until(lambda: _code_to(to, where), f"a code to {to}"))
    except NoLocalCloud as missing:
        _refuse(str(missing))
    except requests.ConnectionError:  # it was killed, so its file is still there
        _refuse(str(NoLocalCloud()))
    except NotInTime:
        _refuse(f"The local cloud sent no code to {to}.")


def _code_to(to: str, aws_endpoint: str) -> str | None:
    return next((one.code for one in newest_first(aws_endpoint, to) if one.code), None)


def _refuse(why: str) -> NoReturn:
    console.print(why, markup=False, highlight=False)
    sys.exit(1)


@app.command()
def dashboards(
    port: Port = 0,
    state: Where = STATE,
    to: Annotated[Path, typer.Option(help="folder of the pictures")] = IMAGES,
) -> None:
    """Play the tour, and draw the dashboards with its metrics."""
    _with_cloud(port, state, lambda running: _tour_and_draw(running.cloud, to))


@app.command()
def plots(
    state: Where = STATE,
    days: Annotated[int, typer.Option(min=1, max=100)] = 30,
    to: Annotated[Path, typer.Option(help="file to write")] = Path("build/usage.svg"),
) -> None:
    """Draw the published figures of the local cloud that runs (`make run`)."""
    try:
        running = read_state(state)
        account = AwsAccount(running["region"], running["aws_endpoint"], ROOT_KEY, ROOT_SECRET)
        found = draw_usage(account, days, to)
    except (NoLocalCloud, EndpointConnectionError):
        _refuse("No local cloud runs: start one with `make run`, or name a stage as STAGE=staging.")
    console.print(f"{found} published days: {to}")


@app.command()
def dev(
    port: Port = 0,
    state: Where = STATE,
    api_port: Annotated[int, typer.Option(help="port of chalice local")] = 8000,
) -> None:
    """Run `chalice local` with reloading, on the emulated services."""
    _with_cloud(port, state, lambda running: _chalice_local(running.cloud, api_port))


@dataclass(frozen=True)
class Running:
    """A local cloud and its front; `host` is this machine for the app."""

    cloud: LocalCloud
    front: str
    host: str


def _with_cloud(port: int, state: Path, use: Callable[[Running], int], host: str = LOOPBACK) -> None:
    install_handlers()  # so that all context managers exit on a signal
    try:
        local_figures(os.environ)
    except ValueError as refused:
        _refuse(str(refused))
    started = time.monotonic()
    state.unlink(missing_ok=True)  # so that no process reads the addresses of an earlier cloud
    with ExitStack() as block:
        with console.status("Starting the local cloud"):
            try:
                cloud = block.enter_context(local_cloud(_print_step, port=port))
            except (
                RuntimeError,
                subprocess.CalledProcessError,
            ) as error:  # a step failed or gave up, and its text says why
                console.print(f"The local cloud did not start: {error}", markup=False, highlight=False)
                sys.exit(1)
        console.print(f"Started in {time.monotonic() - started:.1f} s")
        console.print(f"  {_limits()}", highlight=False)
        front = block.enter_context(_front_of(cloud, host))
        addresses = {**vars(cloud.state), "app_url": front.replace(host, LOOPBACK)}
        write_state(state, addresses)
        block.callback(forget, state, addresses)
        for name, value in addresses.items():
            console.print(f"  [dim]{name:>15}[/] {value}", highlight=False)
        _print_dropped(cloud)
        try:
            result = use(Running(cloud, front, host))
        except KeyboardInterrupt:
            result = 0
    sys.exit(result)


def _front_of(cloud: LocalCloud, host: str) -> AbstractContextManager[str]:
    state = cloud.state
    return running_front(
        state.api_url,
        state.aws_endpoint,
        host,
        stream_url=state.stream_url,
        issuer=cloud.target.issuer,
        push_url=state.push_url,
    )


def _explain(running: Running) -> None:
    """Print what a person can do next; it is the last that stays on the screen."""
    state, front, host = running.cloud.state, running.front, running.host
    stream = for_host(state.stream_url, host)
    console.print()
    for what, where in explained.addresses(front, stream, state.stream_api_key).items():
        console.print(f"{what:>9}  {where}", markup=False, highlight=False)
    console.print(f"           {explained.on_phones(host)}\n", highlight=False)
    try:
        lines = explained.sign_up_lines(front.replace(host, LOOPBACK))
    except requests.RequestException:
        lines = ["The API does not answer."]
    for title, some in (("Sign up", lines), ("Be an operator", [explained.OPERATOR_LINE])):
        console.print(f"{title}, in a second shell:", highlight=False)
        for line in some:
            console.print(line, markup=False, highlight=False, style="dim")
        console.print()


def _print_step(line: str) -> None:
    console.print(line, style="dim", markup=False, highlight=False)


def _print_dropped(cloud: LocalCloud) -> None:
    """Print what this cloud does not have of the templates, and first what its list lacks."""
    for one in unaccepted(cloud.dropped, DROPPED):
        console.print(f"  [yellow]not as in the template:[/] {one.resource} {one.rule}", highlight=False)
    console.print("  [dim]not as in the templates, as docs/deploy.md explains:[/]")
    for kind in dict.fromkeys(one.kind for one in DROPPED):
        paths = ", ".join(one.rule for one in DROPPED if one.kind == kind)
        console.print(f"  [dim]  {kind.removeprefix('AWS::')}: {escape(paths)}[/]", highlight=False)


def _limits() -> str:
    if has_real_limits(os.environ):
        return "limits: as in production"
    return f"limits: a thousand times those of production; set {LIMITS_VARIABLE}=real for the real ones"


def _tour_forwarded(running: Running) -> int:
    with forwarding(running.cloud.account):
        return _tour(running.cloud)


def _tour_and_draw(cloud: LocalCloud, to: Path) -> int:
    started, stack = clock.now(), Stack.of(json.loads(cloud.package.template("service").read_text()))
    with forwarding(cloud.account):
        if _tour(cloud):
            return 1  # pictures of half a tour would say that nothing happened
        play_traffic(cloud, stack)
    for file in draw_dashboards(cloud, stack, started, to):
        console.print(f"  {file}", highlight=False)
    draw_usage(cloud.account, _USAGE_DAYS, to / "usage.svg")
    return 0


def _tour(cloud: LocalCloud) -> int:
    return 0 if play(Tour(cloud, console), CHAPTERS) else 1


def _tour_and_stay(running: Running) -> int:
    with forwarding(running.cloud.account):
        if _tour(running.cloud):
            console.print("\nThe tour failed. The cloud stays up.")
        return _wait_for_ctrl_c(running)


def _stay(running: Running) -> int:
    with forwarding(running.cloud.account):
        return _wait_for_ctrl_c(running)


def _wait_for_ctrl_c(running: Running) -> int:
    _explain(running)
    console.print("Running until Ctrl-C")
    while True:
        signal.pause()


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
