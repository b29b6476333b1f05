"""Writes and checkpoints the Ledger with the real code, and forges entries."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.core import aws, chain, clock, table
from chalicelib.core.chain import (
    Chain,
    ChainEntry,
    ChainVerdict,
    NewEntry,
    PublicKeys,
    checkpoint_run,
)
from chalicelib.core.chain.checkpoint_run import CheckpointRun
from chalicelib.core.chain.verification import CheckpointChainBroken
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from infra.template import load
from tests.support.world.world import World

YEAR = timedelta(days=365)
SETTLED = checkpoint_run.SETTLE + timedelta(seconds=1)
MILA, VUK = Chain("consent", "p-mila"), Chain("consent", "p-vuk")


def create_archive() -> None:
    """Create the key and the bucket of the templates."""
    key = load("vault")["Resources"]["CheckpointKey"]["Properties"]
    bucket = load("data")["Resources"]["CheckpointBucket"]["Properties"]
    kms, archive = aws.client("kms"), settings().archive()
    made = kms.create_key(KeySpec=key["KeySpec"], KeyUsage=key["KeyUsage"])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=settings().checkpoint_key(), TargetKeyId=made)
    aws.client("s3").create_bucket(
        Bucket=archive.bucket,
        ObjectLockEnabledForBucket=bucket["ObjectLockEnabled"],
        CreateBucketConfiguration={"LocationConstraint": settings().region},
    )


def empty_archive() -> None:
    """Delete every version of every checkpoint, as if their lock had ended."""
    s3, bucket = aws.client("s3"), settings().archive().bucket
    for version in s3.list_object_versions(Bucket=bucket)["Versions"]:
        place = {"Key": version["Key"], "VersionId": version["VersionId"]}
        s3.delete_object(Bucket=bucket, BypassGovernanceRetention=True, **place)


def words(event: str = "given", life: timedelta = YEAR, **payload: Any) -> NewEntry:
    return NewEntry(event, payload, delete_at=clock.now() + life)


def write(to: Chain, number: int, life: timedelta = YEAR) -> list[ChainEntry]:
    return [chain.append(to, words(life=life, n=n)) for n in range(number)]


def checkpoint(world: World, **more: Any) -> CheckpointRun:
    """Make a checkpoint over everything written so far."""
    world.advance(SETTLED)
    return chain.checkpoint(**more)


def verify(which: Chain, since: int = 1, keys: PublicKeys | None = None) -> ChainVerdict:
    """Verify one chain, by default with the stage's key only."""
    ((_, verdict),) = chain.verify_each([which], since, keys or PublicKeys(chain.current_signer().pem))
    return verdict


def stored(which: Chain, seq: int) -> dict[str, Any]:
    """Return the raw item of an entry."""
    place = table.writes.place(which.key(seq))
    item: dict[str, Any] = aws.client("dynamodb").get_item(**place)["Item"]
    return item


def overwrite(which: Chain, seq: int, /, **changes: Any) -> None:
    """Overwrite an item, which no role of the service may do."""
    item = {**stored(which, seq), **table.items.wire_item(changes)}
    aws.client("dynamodb").put_item(TableName=settings().table(Table.LEDGER), Item=item)


def remove(which: Chain, *numbers: int) -> None:
    for seq in numbers:
        aws.client("dynamodb").delete_item(**table.writes.place(which.key(seq)))


def rewrite(which: Chain, first: int, **changes: Any) -> None:
    """Forge an entry, and rewrite its hash and the hashes of all later entries."""
    entries = [ChainEntry.read(item) for item in table.query(table.Query(Table.LEDGER, which.name))]
    before: ChainEntry | None = None
    for entry in entries:
        forged = replace(entry, **changes) if entry.seq == first else entry
        if before and entry.seq > first:
            forged = replace(entry, previous=before.hash)
        overwrite(which, entry.seq, **forged.item())
        before = forged


def is_consistent(which: Chain) -> bool:
    """Return whether the stored entries are consistent, without checking signatures."""
    none = 10**6  # no checkpoint has this number
    return verify(which, since=none).findings == (CheckpointChainBroken(none),)


def an_untrusted_key() -> str:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def alter_newest(which: Chain) -> Callable[[], None]:
    """Alter a chain's newest entry as a forger does; returns a function that restores the entry."""
    newest = chain.head(which)
    assert newest
    overwrite(which, newest.seq, event="forged")
    return lambda: overwrite(which, newest.seq, event=newest.event)
