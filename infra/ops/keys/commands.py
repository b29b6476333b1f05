"""`python -m infra.ops keys`: rotates the keys of a stage and retires old versions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import ParamSpec, TypeVar

import typer

from infra.deployment.stacks import Stacks
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.keys import push_credentials
from infra.ops.keys.lookup_key import LookupKeys, service_rekey
from infra.ops.keys.push_credentials import AppleId, IssuedFile, Topic
from infra.ops.keys.stage_key import StageKeys, service_reseal, service_rewrap
from infra.ops.keys.token_key import SigningKeys
from infra.ops.keys.versions import RotatingKeys, VersionedKeys, Versions
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import DryRun, Yes

app = typer.Typer(name="keys", help="Keys: rotate them, move data to a new version, retire old versions.")
signing = typer.Typer(help="The key that signs access tokens.")
app.add_typer(signing, name="signing")
stage_key = typer.Typer(help="The stage key, from which all keys that seal records are derived.")
app.add_typer(stage_key, name="stage")
lookup_key = typer.Typer(
    help="The key of the hashes under which numbers, addresses and user ids are claimed."
)
app.add_typer(lookup_key, name="lookup")

staff_key = typer.Typer(help="The key of the pseudonyms of staff. Its old versions are never deleted.")
app.add_typer(staff_key, name="staff")

push = typer.Typer(help="Our credentials at Apple and Google, which deliver the pushes.")
app.add_typer(push, name="push")

P = ParamSpec("P")
R = TypeVar("R")

_NOTHING_LEFT = "No old version is left to delete."
_NOTED = 1_000  # pieces of work between two lines of progress


@stage_command(signing)
def rotate(deployed: DeployedStage) -> None:
    """Publish a new key, then sign with it. Safe to run again after an interruption."""
    kid = SigningKeys.of(*deployed, note).rotate()
    emit({"current": kid}, f"Tokens are signed with key {kid}. Run `keys signing retire` in half an hour.")


@stage_command(signing)
def retire(deployed: DeployedStage, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete the old key, once no token signed with it can be valid."""
    _retire(SigningKeys.of(*deployed, note), dry_run=dry_run, yes=yes)


@stage_command(stage_key, "rotate")
def rotate_stage_key(deployed: DeployedStage) -> None:
    """Make a new version current. Safe to run again after an interruption."""
    version = StageKeys.of(*deployed, note).rotate()
    then = "Next, run `keys stage rewrap` and `keys stage reseal`."
    emit({"current": int(version)}, f"Records are sealed with version {version}. {then}")


@stage_command(stage_key)
def rewrap(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Wrap every data key under the current version. Safe to stop and run again."""
    keys = StageKeys.of(*deployed, note)
    if dry_run:
        _emit_left(keys.count_data_keys(), "data keys")
        return
    done = keys.rewrap(_noting(service_rewrap(*deployed), "data keys"))
    emit({"rewrapped": done}, f"{done} data keys rewrapped")


@stage_command(stage_key)
def reseal(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Seal every retained and transient record under the current version. Safe to run again."""
    keys = StageKeys.of(*deployed, note)
    if dry_run:
        _emit_left(keys.count_records(), "records")
        return
    done = keys.reseal(_noting(service_reseal(*deployed), "records"))
    emit({"resealed": done}, f"{done} records resealed")


@stage_command(stage_key, "retire")
def retire_stage_key(deployed: DeployedStage, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete the versions under which nothing is sealed any more."""
    _retire(StageKeys.of(*deployed, note), dry_run=dry_run, yes=yes)


@stage_command(lookup_key, "rotate")
def rotate_lookup_key(deployed: DeployedStage) -> None:
    """Distribute a new version to every function, then claim under it. Safe to run again."""
    version = LookupKeys.of(*deployed, note).rotate()
    emit({"current": version}, f"Claims are made under version {version}. Next, run `keys lookup rekey`.")


@stage_command(lookup_key)
def rekey(deployed: DeployedStage, *, dry_run: DryRun = False) -> None:
    """Move every claim to the current version. Safe to stop and run again."""
    keys = LookupKeys.of(*deployed, note)
    if dry_run:
        _emit_left(keys.count_older(), "claims and objections")
        return
    rekey, tidy = service_rekey(*deployed)
    moved = keys.rekey(_noting(rekey, "groups of accounts"), tidy)
    emit({"moved": moved}, f"{moved} claims moved")


@stage_command(lookup_key, "retire")
def retire_lookup_key(deployed: DeployedStage, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete the versions under which no claim is left."""
    _retire(LookupKeys.of(*deployed, note), dry_run=dry_run, yes=yes)


@stage_command(staff_key, "rotate")
def rotate_staff_key(deployed: DeployedStage) -> None:
    """Distribute a new version, then give new members of staff pseudonyms under it. Safe to run again."""
    account, stage = deployed
    version = RotatingKeys(Versions.of_mac(Stacks(account, note), stage, "Staff")).rotate()
    emit({"current": version}, f"New members of staff get pseudonyms under version {version}.")


@stage_command(push, "apple")
def store_apple(
    deployed: DeployedStage, file: IssuedFile, *, team_id: AppleId, key_id: AppleId, topic: Topic
) -> None:
    """Store a key that Apple issued; containers use it within minutes."""
    push_credentials.store_apple(
        *deployed, file.read(), {"team_id": team_id, "key_id": key_id, "topic": topic}
    )
    emit({"key_id": key_id}, f"Pushes to iPhones are signed with key {key_id}. {push_credentials.THEN}")


@stage_command(push, "google")
def store_google(deployed: DeployedStage, file: IssuedFile) -> None:
    """Store the key of a service account that Google issued; containers use it within minutes."""
    sender = push_credentials.store_google(*deployed, file.read())
    emit({"client_email": sender}, f"Pushes to Android phones are sent by {sender}. {push_credentials.THEN}")


def _retire(keys: VersionedKeys | SigningKeys, *, dry_run: bool, yes: bool) -> None:
    """Delete old versions, once the operator agreed; without one, complete an interrupted retirement."""
    if dry_run:
        old = keys.retirable()
        emit({"would_delete": old}, f"Would delete: {', '.join(old)}" if old else _NOTHING_LEFT)
        return
    if old := keys.older():
        confirm_unless(yes, f"Delete {', '.join(old)} for good?")
    keys.retire()
    emit({"deleted": old}, f"Deleted: {', '.join(old)}" if old else _NOTHING_LEFT)


def _emit_left(count: int, what: str) -> None:
    emit({"older": count}, f"{count} {what} are under an older version")


def _noting(work: Callable[P, R], what: str) -> Callable[P, R]:
    """Return the same work, which prints now and then how often it was done."""
    done = count(1)

    def noted(*given: P.args, **named: P.kwargs) -> R:
        result = work(*given, **named)
        if (number := next(done)) % _NOTED == 0:
            note(f"{number} {what} processed so far")
        return result

    return noted
