"""Tests verification: it finds altered and missing entries, and accepts expired ones."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, clock, table
from chalicelib.core.chain import Chain, ChainEntry, ChainVerdict, archive
from chalicelib.core.chain.checkpoint_run import CheckpointRun
from chalicelib.core.chain.checkpoints import Checkpoint
from chalicelib.core.chain.verification import Forked, MissingEntries, RolledBack, Tampered
from chalicelib.core.settings import settings
from chalicelib.core.table import Table
from infra.ops.data.ledger import verdicts
from tests.support.world.ledger import (
    MILA,
    VUK,
    checkpoint,
    is_consistent,
    overwrite,
    remove,
    rewrite,
    stored,
    verify,
    write,
)
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")


@pytest.fixture
def signed(archived: None, world: World) -> None:
    """Write five entries, a checkpoint over them, and two more entries."""
    write(MILA, 5)
    write(VUK, 1)
    checkpoint(world)
    write(MILA, 2)


@pytest.mark.usefixtures("signed")
def test_unaltered_chain_is_valid() -> None:
    assert verify(MILA) == ChainVerdict((), covered=5)


def test_checkpoint_is_read_once_for_any_number_of_chains(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chains = [Chain("consent", f"p-{number}") for number in range(4)]
    for _ in range(2):
        for chain_name in chains:
            write(chain_name, 1)
        checkpoint(world)
    overwrite(chains[1], 2, payload="{}")
    opened: list[int] = []
    read = archive.read

    def counting(version: archive.Version) -> Checkpoint:
        opened.append(version.number)
        return read(version)

    monkeypatch.setattr(archive, "read", counting)
    found = dict(verdicts((chain_name.name for chain_name in chains), since=1))
    assert opened == [1, 2]
    in_order = ChainVerdict((), covered=2)
    assert found == {
        chains[0].name: in_order,
        chains[1].name: ChainVerdict((Tampered(chains[1], 2),), covered=1),
        chains[2].name: in_order,
        chains[3].name: in_order,
    }


@pytest.mark.promise("SEC-1")
def test_last_entry_that_expires_before_its_predecessor_is_found(world: World) -> None:
    """The hash fits and no checkpoint covers the entry, so only the order of the times shows it."""
    (first,) = write(MILA, 1)
    checkpoint(world)
    write(MILA, 1)
    rewrite(MILA, 2, delete_at=first.delete_at)
    assert verify(MILA) == ChainVerdict((), covered=1)  # an equal time is allowed
    rewrite(MILA, 2, delete_at=first.delete_at - timedelta(seconds=1))
    assert verify(MILA) == ChainVerdict((Forked(MILA, 2),), covered=1)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(
    "changes",
    [
        {"payload": '{"n":9}'},
        {"event": "withdrawn"},
        {"at": 1},
        {"salt": "0"},
        {"hash": "0" * 64},
        {"previous": "0" * 63 + "1"},
        {"previous_delete_at": 1},
        {"seq": 9},
        {"delete_at": 1},
        {"expires_at": 1},
        {"touched": "2026-01-01#00"},
        {"more": "x"},
        {"at": "x"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_altered_entry_is_found_at_every_position_in_the_chain(changes: dict[str, Any]) -> None:
    for seq in range(1, 8):
        before = table.items.plain(stored(MILA, seq))
        overwrite(MILA, seq, **changes)
        assert verify(MILA).findings == (Tampered(MILA, seq),)
        remove(MILA, seq)
        table.write(table.Append(MILA.key(seq), before))


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(
    ("numbers", "missing"), [((1,), (1, 1)), ((3,), (3, 3)), ((2, 3), (2, 3)), ((5,), (5, 5))]
)
def test_removed_entry_is_found(numbers: tuple[int, ...], missing: tuple[int, int]) -> None:
    remove(MILA, *numbers)
    assert verify(MILA).findings == (MissingEntries(MILA, *missing),)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize("kept", range(5))
def test_removal_of_the_last_entries_before_the_checkpoint_is_found(kept: int) -> None:
    remove(MILA, *range(kept + 1, 8))
    assert verify(MILA) == ChainVerdict((RolledBack(MILA, signed=5, stored=kept),), covered=0)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize("first", range(1, 6))
def test_history_rewritten_with_new_hashes_is_found(first: int) -> None:
    rewrite(MILA, first, payload='{"n":9}')
    assert is_consistent(MILA)  # it is consistent in itself, so only the checkpoint shows the change
    assert verify(MILA) == ChainVerdict((Forked(MILA, 5),), covered=0)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize("seq", range(1, 7))
def test_entry_rewritten_with_a_new_hash_is_found(seq: int) -> None:
    forged = replace(ChainEntry.read(table.get(MILA.key(seq)) or {}), payload='{"n":9}')
    overwrite(MILA, seq, **forged.item())
    found = verify(MILA).findings
    assert Forked(MILA, seq + 1) in found
    assert all(isinstance(finding, Forked) for finding in found)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
def test_chain_rewritten_from_before_the_checkpoint_is_found() -> None:
    remove(MILA, 4, 5, 6, 7)
    write(MILA, 3)
    assert verify(MILA) == ChainVerdict((Forked(MILA, 5),), covered=0)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
def test_entry_of_another_chain_is_found() -> None:
    overwrite(MILA, 1, **{k: v for k, v in table.items.plain(stored(VUK, 1)).items() if k != "pk"})
    assert Tampered(MILA, 1) in verify(MILA).findings


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
def test_entry_whose_expiry_was_moved_forward_is_found() -> None:
    """DynamoDB deletes the entry at the forged time; its successor states the true one."""
    overwrite(MILA, 3, delete_at=1)
    assert verify(MILA).findings == (Tampered(MILA, 3),)
    remove(MILA, 3)
    assert verify(MILA).findings == (MissingEntries(MILA, 3, 3),)


@pytest.mark.promise("SEC-1")
@pytest.mark.usefixtures("signed")
def test_forged_successor_cannot_declare_a_signed_entry_expired() -> None:
    remove(MILA, 5)
    rewrite(MILA, 6, previous_delete_at=clock.from_epoch(1))
    assert verify(MILA).findings == (MissingEntries(MILA, 5, 5),)


@pytest.mark.usefixtures("signed")
def test_consistent_change_after_the_last_checkpoint_is_not_found(world: World) -> None:
    rewrite(MILA, 6, payload='{"n":9}')
    remove(MILA, 7)
    assert verify(MILA) == ChainVerdict((), covered=5)
    checkpoint(world)
    assert verify(MILA).covered == 6


@pytest.mark.usefixtures("signed")
def test_item_that_is_no_entry_is_found() -> None:
    aws.client("dynamodb").put_item(
        TableName=settings().table(Table.LEDGER),
        Item=table.items.wire_item({"pk": MILA.name, "sk": "000000000003x"}),
    )
    assert verify(MILA).findings == (Tampered(MILA, 0),)


@pytest.mark.usefixtures("signed")
def test_later_checkpoint_finds_a_change_that_an_earlier_one_cannot(world: World) -> None:
    checkpoint(world)
    rewrite(MILA, 6, payload='{"n":9}')
    assert verify(MILA) == ChainVerdict((Forked(MILA, 7),), covered=5)


def test_remaining_entries_are_verified_after_old_ones_expire(world: World) -> None:
    write(MILA, 3, life=timedelta(days=10))
    checkpoint(world)
    write(MILA, 2, life=timedelta(days=30))
    checkpoint(world)
    world.advance(timedelta(days=15))
    remove(MILA, 1, 2, 3)  # as TTL does
    assert verify(MILA) == ChainVerdict((), covered=5)
    remove(MILA, 4)
    assert verify(MILA).findings == (MissingEntries(MILA, 1, 4),)


def test_expired_entries_may_be_deleted_in_any_order(world: World) -> None:
    write(MILA, 3, life=timedelta(days=10))
    write(MILA, 1, life=timedelta(days=30))
    checkpoint(world)
    world.advance(timedelta(days=15))
    remove(MILA, 2)
    assert verify(MILA) == ChainVerdict((), covered=4)
    remove(MILA, 3)
    assert verify(MILA) == ChainVerdict((), covered=4)


def test_chain_whose_entries_all_expired_may_begin_again(world: World) -> None:
    write(MILA, 3, life=timedelta(days=10))
    checkpoint(world)
    world.advance(timedelta(days=15))
    remove(MILA, 1, 2, 3)
    assert verify(MILA) == ChainVerdict((), covered=0)
    write(MILA, 4)
    checkpoint(world)
    assert verify(MILA) == ChainVerdict((), covered=4)


def test_entry_that_expired_before_signing_is_omitted(world: World) -> None:
    write(MILA, 1, life=timedelta(minutes=5))
    assert checkpoint(world) == CheckpointRun(made=(1,), chains=0, refused=())
