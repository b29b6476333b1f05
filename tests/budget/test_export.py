"""Tests the cost of a copy in reads, parts and memory, compared between sizes."""

import tracemalloc

import pytest

from chalicelib.core.ids import AccountId
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.copy import archive, package
from chalicelib.rights.copy.contents import Chat, CopyRequest
from chalicelib.rights.copy.model import CopyKind
from tests.support.cases.copies import KEY
from tests.support.clouds.cloud import counted
from tests.support.clouds.partitions import BATCH, discard_uploads, large_usage_partition
from tests.support.world.usage import decide
from tests.support.world.world import User, World

PAGE = 4  # batches


@pytest.fixture
def mila(world: World) -> User:
    """Return a user whose copy was made before, so the container has secrets and clients."""
    mila = world.a_user()
    decide(mila.account_id, consents=(Purpose.ANALYTICS,))
    export(mila)
    return mila


def export(user: User) -> package.Assembled:
    asked = CopyRequest(CopyKind.ACCESS, "r_test", AccountId(user.account_id), user.world.now)
    return package.assemble(asked, Chat(), to=KEY)


def test_each_table_is_read_once_page_by_page(mila: User) -> None:
    with large_usage_partition(mila, pages=5, page=PAGE), counted() as calls:
        package = export(mila)
    assert package.counts["usage_event"] == 5 * PAGE * BATCH
    # Five pages of usage, the account's partition, its invoices, its open requests, the index of all its
    # requests, that of reports of abuse, the evidence; its key and its decisions; its claims.
    assert calls.tables == {"Query": 5 + 6, "BatchGetItem": 2}
    assert calls.of("s3") == 3
    assert calls.of("dynamodb") + calls.of("s3") == calls.total()


def test_every_part_but_the_last_is_full(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART", 20_000)
    with large_usage_partition(mila, pages=5, page=PAGE), discard_uploads() as parts:
        package = export(mila)
    assert sum(parts) == package.size
    assert set(parts[:-1]) == {20_000}
    assert len(parts) > 5


@pytest.mark.proof
def test_memory_does_not_grow_with_the_records(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART", 20_000)
    few, many = peak(mila, pages=5), peak(mila, pages=20)
    assert many < 1.1 * few


def peak(user: User, pages: int) -> int:
    """Return the peak of memory, in bytes, while a copy is made."""
    with large_usage_partition(user, pages, PAGE), discard_uploads():
        tracemalloc.start()
        try:
            export(user)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
