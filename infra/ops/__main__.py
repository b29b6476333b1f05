"""`python -m infra.ops`: commands of operations on a deployed stage."""

from __future__ import annotations

import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.core import transactions
from chalicelib.core.table_names import Table
from chalicelib.restore.scanning import Workers
from infra.build import ROOT
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.ops import (
    alarms,
    breaches,
    chat_settings,
    disclosures,
    erasures,
    holds,
    idle,
    invoices,
    operator_console,
    queues,
    reconciliation,
    report,
    retention,
    rights,
    standing_in,
    stream_cases,
)
from infra.ops import plots as pictures
from infra.ops.lookup import LookupKeys, service_rekey
from infra.ops.operator_console import console
from infra.ops.options import Endpoint, Region, Stage
from infra.ops.profiles import apply_local, apply_profile
from infra.ops.refusals import OperatorGroup
from infra.ops.restored_tables import RestoredTableRefused, RestoredTables
from infra.ops.stage_key import StageKeys, service_reseal, service_rewrap
from infra.ops.token_key import SigningKeys

app = typer.Typer(
    cls=OperatorGroup,
    help=__doc__,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
signing_key = typer.Typer(help="The key that signs access tokens.")
app.add_typer(signing_key, name="signing-key")
stage_key = typer.Typer(help="The stage key, from which all keys that seal records are derived.")
app.add_typer(stage_key, name="stage-key")
lookup_key = typer.Typer(
    help="The key of the hashes under which numbers, addresses and user ids are claimed."
)
app.add_typer(lookup_key, name="lookup-key")
ledger = typer.Typer(help="The Ledger and its checkpoints.")
app.add_typer(ledger, name="ledger")
app.add_typer(retention.app, name="retention")
app.add_typer(rights.app, name="rights")
app.add_typer(erasures.app, name="erasures")
app.add_typer(disclosures.app, name="disclosures")
app.add_typer(breaches.app, name="breach")
app.add_typer(holds.app, name="holds")
app.add_typer(invoices.app, name="invoices")
app.add_typer(reconciliation.app, name="reconciliation")
app.add_typer(idle.app, name="idle-accounts")
app.add_typer(stream_cases.app, name="stream-cases")
app.add_typer(chat_settings.app, name="chat-settings")
app.add_typer(alarms.app, name="alarms")
app.add_typer(queues.app, name="queues")
app.add_typer(report.app, name="report")


def version_of_project() -> str:
    """Return the version in pyproject.toml; no package of this name is installed."""
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(written["project"]["version"])


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the callback of an option
    if wanted:
        console.print(version_of_project())
        raise typer.Exit


@app.callback()
def prepare(
    profile: Annotated[
        str | None, typer.Option(help="table in ~/.config/ru4m/ops.toml with stage and region")
    ] = None,
    operator: Annotated[str, typer.Option("--as", help="with --local: the operator's name")] = "operator",
    *,
    local: Annotated[bool, typer.Option("--local", help="use the local cloud that `make run` keeps")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
    version: Annotated[  # noqa: ARG001 - its callback ends the program
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Commands of operations on a deployed stage. docs/operations.md walks through the cases."""
    operator_console.choose_format(operator_console.Format.JSON if as_json else operator_console.Format.TEXT)
    if local:
        apply_local(operator)
    else:
        apply_profile(profile)


@signing_key.command()
def rotate(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Publish a new key, then sign with it. Safe to run again after an interruption."""
    kid = SigningKeys.of(AwsAccount(region, endpoint), stage, console.print).rotate()
    console.print(f"Tokens are signed with key {kid}. Run `signing-key retire` in half an hour.")


@signing_key.command()
def retire(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Delete the old key, once no token signed with it can be valid."""
    SigningKeys.of(AwsAccount(region, endpoint), stage, console.print).retire()
    console.print("The old key is deleted.")


def _deleted(versions: list[str] | list[int]) -> str:
    return (
        f"Deleted versions: {', '.join(map(str, versions))}"
        if versions
        else "No old version is left to delete."
    )


@stage_key.command("rotate")
def rotate_stage_key(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Make a new version current. Safe to run again after an interruption."""
    version = StageKeys.of(AwsAccount(region, endpoint), stage, console.print).rotate()
    console.print(
        f"Records are sealed with version {version}. Next, run `stage-key rewrap` and `stage-key reseal`."
    )


@stage_key.command()
def rewrap(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Wrap every data key under the current version. Safe to stop and run again."""
    account = AwsAccount(region, endpoint)
    done = StageKeys.of(account, stage, console.print).rewrap(service_rewrap(account, stage))
    console.print(f"{done} data keys rewrapped")


@stage_key.command()
def reseal(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Seal every retained and transient record under the current version. Safe to run again."""
    account = AwsAccount(region, endpoint)
    done = StageKeys.of(account, stage, console.print).reseal(service_reseal(account, stage))
    console.print(f"{done} records resealed")


@stage_key.command("retire")
def retire_stage_key(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Delete the versions under which nothing is sealed any more."""
    old = StageKeys.of(AwsAccount(region, endpoint), stage, console.print).retire()
    console.print(_deleted(old))


@lookup_key.command("rotate")
def rotate_lookup_key(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Distribute a new version to every function, then claim under it. Safe to run again."""
    version = LookupKeys.of(AwsAccount(region, endpoint), stage, console.print).rotate()
    console.print(f"Claims are made under version {version}. Next, run `lookup-key rekey`.")


@lookup_key.command()
def rekey(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Move every claim to the current version. Safe to stop and run again."""
    account = AwsAccount(region, endpoint)
    keys = LookupKeys.of(account, stage, console.print)
    console.print(f"{keys.rekey(service_rekey(account, stage))} claims moved")


@lookup_key.command("retire")
def retire_lookup_key(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Delete the versions under which no claim is left."""
    old = LookupKeys.of(AwsAccount(region, endpoint), stage, console.print).retire()
    console.print(_deleted(old))


@app.command()
def plots(
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    days: Annotated[int, typer.Option(min=1, max=100)] = 30,
    to: Annotated[Path, typer.Option(help="file to write")] = Path("build/usage.svg"),
) -> None:
    """Draw the published figures of usage."""
    account = AwsAccount(region, endpoint)
    table = standing_in.table_names(account, stage)[Table.USAGE]
    found = pictures.published(account, table, datetime.now(UTC).date(), days)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(pictures.as_svg(found), encoding="utf-8")
    console.print(f"{len(found)} published days: {to}")


@app.command("replay-erasures")
def replay_restored(  # noqa: PLR0913 - the options of a command
    stage: Stage,
    region: Region,
    restored: Annotated[list[str], typer.Option(help="restored table, as accounts=NAME; once for each")],
    at: Annotated[str, typer.Option(help="instant of the backups, the earliest of several")],
    in_use: Annotated[
        list[str] | None, typer.Option(help="restored table that functions use already")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="report what would be done, and change nothing")
    ] = False,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="threads, and segments of each scan")] = 8,
    endpoint: Endpoint = None,
) -> None:
    """Erase erased users again in restored tables. Safe to stop and run again.

    Exit status 0: no item of them is left. 1: something is left, in doubt, or did not answer. 2: refused.
    """
    from infra.ops import replay

    perform = transactions.omit if dry_run else transactions.perform
    workers, account = Workers(parallel), AwsAccount(region, endpoint)
    try:
        named, instant = RestoredTables.parse(restored, in_use or ()), replay.parse_instant(at)
    except RestoredTableRefused as refused:
        console.print(f"refused: {refused}")
        sys.exit(replay.REFUSED)
    sys.exit(replay.replay_erasures(account, stage, named, instant, perform, workers, console.print))


@app.command("switch-tables")
def switch_tables(
    stage: Stage,
    region: Region,
    restored: Annotated[list[str], typer.Option(help="table to use, as accounts=NAME; once for each")],
    endpoint: Endpoint = None,
) -> None:
    """Give the functions restored tables, once `replay-erasures` has ended with status 0."""
    account = AwsAccount(region, endpoint)
    tables.switch(account, stage, RestoredTables.parse(restored, ()).names, console.print)


@ledger.command("verify")
def verify_chains(
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    chain: Annotated[str | None, typer.Option(help="one chain; default: all changed since --since")] = None,
    since: Annotated[int, typer.Option(min=1, help="number of the first checkpoint to use")] = 1,
) -> None:
    """Verify chains of the Ledger; print errors and the last entry covered by a checkpoint."""
    from infra.ops.ledger import verify

    account, names = AwsAccount(region, endpoint), [chain] if chain else None
    sys.exit(verify(account, stage, names, since, console.print))


if __name__ == "__main__":
    app()
