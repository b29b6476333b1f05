"""The cost of a copy in reads, parts and memory, counted and compared by size."""

import tracemalloc

import pytest

from chalicelib.core.ids import AccountId
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.export import archive, package
from chalicelib.rights.export.contents import Chat, CopyRequest
from chalicelib.rights.export.model import CopyKind
from tests.support.choices import decide
from tests.support.cloud import counted
from tests.support.copies import KEY
from tests.support.pages import BATCH, a_bucket_that_keeps_nothing, used_the_app
from tests.support.world import User, World

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


def test_each_table_is_read_once_page_by_page_and_nothing_else(mila: User) -> None:
    with used_the_app(mila, pages=5, page=PAGE), counted() as calls:
        package = export(mila)
    assert package.counts["usage_event"] == 5 * PAGE * BATCH
    # Five pages of usage, the account's partition, its open requests, the index of all its requests, the
    # evidence; its key and its decisions; its claims.
    assert calls.tables == {"Query": 5 + 4, "BatchGetItem": 2}
    assert calls.of("s3") == 3
    assert calls.of("dynamodb") + calls.of("s3") == calls.total()


def test_only_full_parts_are_sent_and_the_rest_at_the_end(
    mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PART", 20_000)
    with used_the_app(mila, pages=5, page=PAGE), a_bucket_that_keeps_nothing() as parts:
        package = export(mila)
    assert sum(parts) == package.size
    assert set(parts[:-1]) == {20_000}
    assert len(parts) > 5


def test_memory_does_not_grow_with_the_records(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART", 20_000)
    few, many = peak(mila, pages=5), peak(mila, pages=20)
    assert many < 1.1 * few


def peak(user: User, pages: int) -> int:
    """Return the most bytes that making a copy used at one moment."""
    with used_the_app(user, pages, PAGE), a_bucket_that_keeps_nothing():
        tracemalloc.start()
        try:
            export(user)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
