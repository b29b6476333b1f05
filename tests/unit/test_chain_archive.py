"""Tests the archive of checkpoints: verification finds damage, and the job stops at it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, chain, clock
from chalicelib.core.chain import ArchiveDamaged, ChainVerdict, PublicKeys, archive, locked
from chalicelib.core.chain.checkpoints import Checkpoint
from chalicelib.core.chain.verification import BadSignature, CheckpointChainBroken, NotSignedInTime
from chalicelib.core.clock import DAY
from chalicelib.core.settings import settings
from tests.support.world.ledger import MILA, YEAR, an_untrusted_key, checkpoint, verify, write
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")


@pytest.fixture
def write_three(archived: None, world: World) -> None:
    """Write three checkpoints over one chain."""
    for _ in range(3):
        write(MILA, 1)
        checkpoint(world)


def forge(number: int, change: Callable[[Checkpoint], Checkpoint]) -> None:
    """Replace a checkpoint by a changed one, as if its lock had failed."""
    replace_object(number, lambda text: change(Checkpoint.read(text)).document())


def replace_object(number: int, change: Callable[[bytes], bytes]) -> None:
    s3, place = aws.client("s3"), {"Bucket": settings().archive().bucket, "Key": archive.key_of(number)}
    (version,) = archive.since(number)[number]
    document = change(s3.get_object(**place)["Body"].read())
    s3.delete_object(**place, VersionId=version.version_id)
    s3.put_object(**place, Body=document)


@pytest.fixture
def remove_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the archive's lock, so that only signatures can detect a change."""
    original = locked.ask

    def ask(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        kept = {k: v for k, v in parameters.items() if not k.startswith("ObjectLock")}
        return original(service, operation, **kept)

    monkeypatch.setattr("chalicelib.core.chain.locked.ask", ask)


def change_statement(found: Checkpoint, **changes: Any) -> Checkpoint:
    return replace(found, statement=replace(found.statement, **changes))


def sign_again(found: Checkpoint, **changes: Any) -> Checkpoint:
    """Sign a statement as a holder of the signing key could."""
    forged = change_statement(found, **changes)
    return replace(forged, signature=chain.current_signer().sign(forged.statement.message))


@pytest.mark.usefixtures("write_three")
def test_valid_checkpoints_are_accepted_from_every_starting_point() -> None:
    assert [verify(MILA, since=n) for n in (1, 2, 3)] == [ChainVerdict((), covered=3)] * 3


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("remove_lock", "write_three")
@pytest.mark.parametrize(
    "change",
    [
        lambda found: change_statement(found, until=found.statement.until + 1),
        lambda found: change_statement(found, root="0" * 64),
        lambda found: change_statement(found, key="0" * 64),
        lambda found: replace(found, signature=b"\x30\x00"),
        lambda found: replace(found, leaves=()),
        lambda found: replace(found, leaves=(found.leaves[0]._replace(hash="0" * 64),)),
    ],
    ids=["statement", "root", "key", "signature", "no leaves", "leaf"],
)
def test_checkpoint_with_an_invalid_signature_is_found(change: Callable[[Checkpoint], Checkpoint]) -> None:
    forge(2, change)
    assert verify(MILA).findings == (BadSignature(2),)


@pytest.mark.promise("RGT-10")
@pytest.mark.usefixtures("remove_lock")
def test_unsigned_early_date_of_the_first_checkpoint_does_not_count(world: World) -> None:
    early = clock.to_epoch(clock.now())
    write(MILA, 1)
    world.advance(2 * DAY)
    checkpoint(world)
    keys = PublicKeys(chain.current_signer().pem)
    late = chain.verify_beginning(keys)
    assert [type(finding) for finding in late] == [NotSignedInTime]
    forge(1, lambda found: change_statement(found, at=early))
    assert chain.verify_beginning(keys) == late


@pytest.mark.usefixtures("write_three")
def test_signature_of_an_untrusted_key_is_not_accepted() -> None:
    found = verify(MILA, keys=PublicKeys(an_untrusted_key()))
    assert found == ChainVerdict((BadSignature(1), BadSignature(2), BadSignature(3)), covered=0)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("remove_lock", "write_three")
@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"[]",
        lambda text: text[:-1],
        lambda text: text + b" ",
        lambda text: text.replace(b'"number":2', b'"number":"2"'),
        lambda text: text.replace(b'"number":2', b'"more":2,"number":2'),
    ],
    ids=["empty", "list", "cut off", "longer", "type", "more"],
)
def test_unreadable_checkpoint_is_found(change: Callable[[bytes], bytes]) -> None:
    replace_object(2, change)
    assert verify(MILA) == ChainVerdict((CheckpointChainBroken(2),), covered=3)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("remove_lock", "write_three")
def test_checkpoint_that_was_signed_again_breaks_the_checkpoint_chain() -> None:
    forge(2, lambda found: sign_again(found, at=found.statement.at + 1))
    assert verify(MILA).findings == (CheckpointChainBroken(3),)


@pytest.mark.usefixtures("remove_lock", "write_three")
def test_checkpoint_stored_under_the_key_of_another_is_found() -> None:
    forge(2, lambda found: sign_again(found, number=3))
    assert verify(MILA).findings == (CheckpointChainBroken(2),)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("remove_lock", "write_three")
@pytest.mark.parametrize("number", [1, 2])
def test_removed_checkpoint_is_found(number: int) -> None:
    (version,) = archive.since(number)[number]
    aws.client("s3").delete_object(
        Bucket=settings().archive().bucket, Key=archive.key_of(number), VersionId=version.version_id
    )
    assert verify(MILA).findings == (CheckpointChainBroken(number),)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("write_three")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_hidden_checkpoint_is_found_and_still_read(number: int) -> None:
    aws.client("s3").delete_object(Bucket=settings().archive().bucket, Key=archive.key_of(number))
    assert verify(MILA) == ChainVerdict((CheckpointChainBroken(number),), covered=3)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("write_three")
def test_overwritten_checkpoint_is_found_and_its_locked_version_is_read(world: World) -> None:
    world.advance(timedelta(seconds=1))
    aws.client("s3").put_object(Bucket=settings().archive().bucket, Key=archive.key_of(2), Body=b"forged")
    assert verify(MILA) == ChainVerdict((CheckpointChainBroken(2),), covered=3)


@pytest.mark.usefixtures("write_three")
@pytest.mark.parametrize("key", ["checkpoints/zzz", "checkpoints/000", "checkpoints/1.json"])
def test_object_that_is_no_checkpoint_is_found(key: str) -> None:
    aws.client("s3").put_object(Bucket=settings().archive().bucket, Key=key, Body=b"{}")
    assert verify(MILA) == ChainVerdict((CheckpointChainBroken(0),), covered=3)


@pytest.mark.usefixtures("write_three")
def test_gap_in_checkpoint_numbers_is_found() -> None:
    aws.client("s3").put_object(Bucket=settings().archive().bucket, Key=archive.key_of(10**11), Body=b"{}")
    assert verify(MILA).findings == (CheckpointChainBroken(4), CheckpointChainBroken(10**11))


@pytest.mark.usefixtures("write_three")
def test_missing_first_checkpoint_is_found() -> None:
    assert verify(MILA, since=4).findings == (CheckpointChainBroken(4),)


@pytest.mark.usefixtures("write_three")
@pytest.mark.parametrize("what", ["hidden", "covered", "unreadable", "strange"])
def test_damaged_archive_gets_no_checkpoint(world: World, what: str) -> None:
    s3, bucket = aws.client("s3"), settings().archive().bucket
    world.advance(timedelta(seconds=1))
    match what:
        case "hidden":
            s3.delete_object(Bucket=bucket, Key=archive.key_of(3))
        case "covered":
            s3.put_object(Bucket=bucket, Key=archive.key_of(3), Body=b"{}")
        case "unreadable":
            s3.put_object(Bucket=bucket, Key=archive.key_of(4), Body=b"{}")
        case "strange":
            s3.put_object(Bucket=bucket, Key="checkpoints/000", Body=b"{}")
    write(MILA, 1)
    with pytest.raises(ArchiveDamaged):
        checkpoint(world)


@pytest.mark.usefixtures("write_three")
def test_checkpoint_dated_in_the_future_is_reported_by_the_job(world: World) -> None:
    newest = archive.newest()
    assert newest
    ahead = clock.to_epoch(world.now + YEAR)
    archive.put(sign_again(newest, number=4, until=ahead, previous=newest.statement.digest))
    with pytest.raises(ArchiveDamaged):
        checkpoint(world)


def test_first_checkpoint_that_covers_an_instant_is_found_by_few_reads(world: World) -> None:
    assert chain.first_checkpoint(clock.now()) == 1
    begun = clock.now()
    for _ in range(5):
        write(MILA, 1)
        checkpoint(world)
    untils = [archive.read(archive.since(number)[number][0]).statement.until for number in range(1, 6)]
    assert chain.first_checkpoint(begun) == 1
    for number, until in enumerate(untils, 1):
        assert chain.first_checkpoint(clock.from_epoch(until)) == number
    assert chain.first_checkpoint(clock.now() + YEAR) == 5


def test_verification_begins_at_the_first_checkpoint_if_one_is_unreadable(
    remove_lock: None, write_three: None
) -> None:
    replace_object(2, lambda _: b"altered")
    assert chain.first_checkpoint(clock.now()) == 1


def test_proof_of_an_entry_is_that_of_the_first_checkpoint_after_it(world: World) -> None:
    (entry,) = write(MILA, 1)
    assert chain.first_proof(MILA.name, entry.seq, entry.at) is None
    write(MILA, 1)
    checkpoint(world)
    write(MILA, 1)
    checkpoint(world)
    proof = chain.first_proof(MILA.name, entry.seq, entry.at)
    assert proof
    assert (proof.statement.number, proof.leaf.seq) == (1, 2)
    assert proof.holds(PublicKeys(chain.current_signer().pem))
