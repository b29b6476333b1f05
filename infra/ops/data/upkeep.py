"""`python -m infra.ops notices` and `purge`: approve and follow notices; run the purge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from chalicelib.consents.notices import frozen
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import clock
from infra.ops import scheduled
from infra.ops.cases import tables
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import emit
from infra.ops.options import DryRun
from infra.ops.refused import CommandRefused, WrongCall
from infra.policy.pages import edited

notices = typer.Typer(name="notices", help="Notices: versions, their approval and their announcement.")


@api_command(notices, "list")
def list_versions(api: InternalApi) -> None:
    """List the published versions, newest first, with the progress of their announcement."""
    found = api.call("GET", "/notices")
    columns = ("version", "published", "takes effect", "in effect", "announced")
    emit(found, tables.table_of("notices", columns, map(_version, found["items"])))


FrozenNotice = Annotated[str, typer.Argument(help="a version with frozen pages, as privacy-2027-03-01")]


@api_command(notices)
def propose(api: InternalApi, notice: FrozenNotice) -> None:
    """Propose the pages that this checkout has of a version; another operator then approves them."""
    _emit_approval(api.call("PUT", f"/notices/{notice}/proposal", {"digest": _digest(notice)}))


@api_command(notices)
def approve(api: InternalApi, notice: FrozenNotice) -> None:
    """Approve the pages that this checkout has of a version, as another operator proposed them."""
    _emit_approval(api.call("PUT", f"/notices/{notice}/approval", {"digest": _digest(notice)}))


@api_command(notices)
def show(api: InternalApi, notice: FrozenNotice) -> None:
    """Show who proposed and who approved the pages of a version."""
    _emit_approval(api.call("GET", f"/notices/{notice}/approval"))


def _digest(name: str) -> str:
    """Return the digest of the pages, so that an operator signs what they can read.

    A version in effect is approved again as it is, although the code may have other words by now.

    Raises:
        WrongCall: this checkout has no pages of the version.
        CommandRefused: the version is to come, and its facts do not render its files.
    """
    version = NoticeVersion.parse(name)
    if version is None or version.day is None or not frozen.folder(version).is_dir():
        raise WrongCall(f"this checkout has no frozen pages of {name}: `make policy` writes them")
    if version.day > clock.now().date() and (files := edited(version)):
        raise CommandRefused(f"the facts of {name} do not render {', '.join(files)}: freeze it again")
    return frozen.digest(frozen.folder(version))


def _emit_approval(found: dict[str, Any]) -> None:
    def said(part: str) -> str:
        signed = found.get(part)
        return f"{signed['digest']} by {signed['by']}" if signed else "no"

    rows = {"proposed": said("proposed"), "approved": said("approved")}
    emit(found, tables.facts(found["version"], rows.items()))


def _version(one: dict[str, Any]) -> Sequence[object]:
    published, effective = map(tables.local_day, (one["published_at"], one["effective_at"]))
    in_effect = "yes" if one["in_effect"] else "not yet"
    return one["version"], published, effective, in_effect, _progress(one.get("announcement"))


def _progress(standing: dict[str, int] | None) -> str:
    """Return how many shards of the accounts got the announcement."""
    if standing is None:
        return "not announced: the first version, or a replaced one"
    waiting = f", {standing['waiting_for_mail']} wait for SES" if standing["waiting_for_mail"] else ""
    return f"{standing['announced']} of {standing['shards']} shards, {standing['begun']} begun{waiting}"


purge = typer.Typer(name="purge", help="The purge: run it now, and its last proof.")


@stage_command(purge)
def run(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Run the purge now, beside its schedule, and print its counts. It may take 13 minutes."""
    counts = scheduled.run(*deployed, "purge_expired", {"dry_run": dry_run})
    emit(counts, _text_of(counts))


@api_command(purge)
def status(api: InternalApi) -> None:
    """Show the newest proof of the last seven days: what a run found, or that it found nothing."""
    found = api.call("GET", "/purge")
    emit(found, _proof(found))


def _text_of(counts: dict[str, int]) -> str:
    figures = "{found} found, {deleted} deleted, {spared} kept for longer".format_map(counts)
    oldest = f"; the oldest was {counts['oldest_minutes']} minutes past its end" if counts["found"] else ""
    rest = "" if counts["complete"] else "; not all that is due was read, run it again"
    return figures + oldest + rest


def _proof(found: dict[str, Any]) -> Table:
    said = dict(found["said"])
    by_place = said.pop("tables", {}).items()
    rows = {"recorded at": found["at"], "outcome": found["event"].replace("_", " ")}
    rows |= {name.replace("_", " "): value for name, value in said.items()}
    rows |= {place: [f"{number} {name}" for name, number in figures.items()] for place, figures in by_place}
    return tables.facts(f"{found['chain']}, entry {found['seq']}", rows.items())
