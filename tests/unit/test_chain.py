"""Tests appending to a chain: entries are numbered and linked, also with concurrent writers."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib.core import chain, table
from chalicelib.core.canonical import canonical
from chalicelib.core.chain import Chain, HeadMoved, NewEntry
from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Change, Conflict, Create, Key, Table
from tests.support import patches
from tests.support.clouds.cloud import counted
from tests.support.world.ledger import (
    MILA,
    SETTLED,
    VUK,
    checkpoint,
    is_consistent,
    words,
    write,
)
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")

STATE = Key(Table.ACCOUNTS, "A#1", "account")

_chains = itertools.count(1)


def test_entry_is_numbered_and_names_the_entry_before_it() -> None:
    first, second = write(MILA, 2)
    assert [e.seq for e in (first, second)] == [1, 2]
    assert (first.previous, second.previous) == ("0" * 64, first.hash)
    assert list(chain.entries(MILA)) == [first, second]
    assert [e.data for e in chain.entries(MILA)] == [{"n": 0}, {"n": 1}]


def test_first_entry_is_written_only_into_an_empty_chain() -> None:
    table.transact([chain.first_write(MILA, words(n=1))])
    with pytest.raises(HeadMoved):
        table.transact([chain.first_write(MILA, words(n=2))])
    assert [(entry.seq, entry.data) for entry in chain.entries(MILA)] == [(1, {"n": 1})]


def test_delete_at_never_decreases_along_a_chain(world: World) -> None:
    lives = [timedelta(days=20), timedelta(days=10), timedelta(days=30)]
    ends = [chain.append(MILA, words(life=life)).delete_at - world.now for life in lives]
    assert ends == [timedelta(days=20), timedelta(days=20), timedelta(days=30)]


def test_expired_entry_is_hidden_but_still_linked(world: World) -> None:
    (old,) = write(MILA, 1, life=timedelta(days=1))
    world.advance(timedelta(days=1))
    new = chain.append(MILA, words())
    assert list(chain.entries(MILA)) == [new]
    assert (new.seq, new.previous) == (2, old.hash)


def test_equal_payloads_have_different_hashes() -> None:
    assert chain.append(MILA, words(n=1)).hash != chain.append(VUK, words(n=1)).hash


def test_pages_run_from_the_newest_entry_to_the_oldest(world: World) -> None:
    five = write(MILA, 5)
    first, before = chain.page(MILA, None, 2)
    second, then = chain.page(MILA, before, 2)
    third, end = chain.page(MILA, then, 2)
    assert ([*first, *second, *third], end) == (five[::-1], None)


def test_page_that_ends_with_the_first_entry_is_the_last() -> None:
    write(MILA, 2)
    assert chain.page(MILA, None, 2)[1] is None


@pytest.mark.promise("SEC-1")
def test_append_does_not_replace_an_expired_entry(world: World) -> None:
    (old,) = write(MILA, 1, life=timedelta(days=1))
    world.advance(timedelta(days=2))
    late = table.Append(MILA.key(1), {"forged": 1}, conflict=HeadMoved)
    with pytest.raises(HeadMoved) as moved:
        table.write(late)
    assert (moved.value.found or {})["hash"] == old.hash


def test_state_change_and_its_entry_are_one_transaction() -> None:
    entry = chain.append_write(MILA, words())
    table.transact([Create(STATE, {"state": "active"}), entry])
    assert table.get(STATE)
    assert [e.hash for e in chain.entries(MILA)] == [entry.item["hash"]]


def test_transaction_that_loses_its_number_changes_nothing() -> None:
    table.write(Create(STATE, {"n": 1}))
    late = chain.append_write(MILA, words())
    write(MILA, 1)
    with pytest.raises(HeadMoved):
        table.transact([Change(STATE, put={"n": 2}), late])
    assert (table.get(STATE) or {})["n"] == 1
    table.transact([Change(STATE, put={"n": 2}), chain.append_write(MILA, words())])
    assert is_consistent(MILA)


def test_failed_state_change_appends_nothing() -> None:
    with pytest.raises(Conflict):
        table.transact([Change(STATE, put={"n": 2}), chain.append_write(MILA, words())])
    assert list(chain.entries(MILA)) == []


def append_before_each_write(times: int) -> None:
    """Let another process append each time between the read of the head and the write."""
    original, left = table.write, iter(range(times))

    def late(operation: table.Write) -> table.Item:
        if next(left, None) is not None:
            original(chain.append_write(MILA, words("other")))
        return original(operation)

    patches.current().setattr("chalicelib.core.table.write", late)


def test_append_that_loses_its_number_follows_the_concurrent_entry() -> None:
    append_before_each_write(times=3)
    assert chain.append(MILA, words("mine")).seq == 4
    assert [e.event for e in chain.entries(MILA)] == ["other", "other", "other", "mine"]
    assert is_consistent(MILA)


def test_append_that_loses_its_number_every_time_is_unavailable() -> None:
    append_before_each_write(times=1_000)
    with pytest.raises(Unavailable):
        chain.append(MILA, words("mine"))
    assert "mine" not in {e.event for e in chain.entries(MILA)}


def test_append_with_a_lost_response_is_stored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    original = table.write

    def twice(operation: table.Write) -> table.Item:
        original(operation)  # the write is done, but its response is lost, and botocore repeats the request
        return original(operation)

    monkeypatch.setattr("chalicelib.core.table.write", twice)
    assert chain.append(MILA, words()).seq == 1
    assert len(list(chain.entries(MILA))) == 1


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 3), max_size=24))
def test_entry_is_stored_once_in_every_interleaving_of_two_writers(world: World, steps: list[int]) -> None:
    which = Chain("race", f"p-{next(_chains)}")
    waiting: dict[int, table.Append] = {}
    done: list[str] = []

    def step(writer: int) -> None:
        """A writer reads the head, or writes the entry that it made from its last read."""
        if (write := waiting.pop(writer, None)) is None:
            waiting[writer] = chain.append_write(which, words(writer=writer))
            return
        try:
            table.write(write)
        except HeadMoved:
            waiting[writer] = chain.append_write(which, words(writer=writer))
        else:
            done.append(write.item["hash"])

    for writer in steps:
        step(writer)
    found = list(chain.entries(which))
    assert [e.seq for e in found] == [*range(1, len(found) + 1)]
    assert [e.hash for e in found] == done
    assert is_consistent(which)


@pytest.mark.parametrize(
    "value", [float("nan"), {1: "a"}, [{"at": datetime(2026, 1, 1, tzinfo=UTC)}], b"x"], ids=repr
)
def test_payload_without_a_unique_canonical_text_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        chain.append(MILA, words(value=value))


@pytest.mark.parametrize(
    "new",
    [
        lambda: words("Not a word"),
        lambda: words(text="x" * 20_000),
        lambda: words(life=timedelta(0)),
    ],
    ids=["event", "size", "expired at birth"],
)
def test_invalid_entry_is_refused(new: Callable[[], NewEntry]) -> None:
    with pytest.raises(ValueError, match="a new entry is invalid"):
        chain.append(MILA, new())


@pytest.mark.parametrize("name", ["consent", "#p", "consent#", "consent#p#1", "Consent#p", "consent#p 1"])
def test_malformed_chain_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a chain"):
        Chain.parse(name)


SAFE = 2**53 - 1  # values that every JSON reader keeps exactly
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_canonical_text_is_the_same_for_every_spelling_of_a_value(value: Any) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(json.dumps(value, indent=3))) == canonical(value)


def test_append_costs_one_query_and_one_put() -> None:
    write(MILA, 5)
    with counted() as calls:
        chain.append(MILA, words())
    assert calls == {"dynamodb.Query": 1, "dynamodb.PutItem": 1}


def test_entry_in_a_transaction_costs_one_query() -> None:
    with counted() as calls:
        chain.append_write(MILA, words())
    assert calls == {"dynamodb.Query": 1}


@pytest.mark.parametrize("number", [1, 100, 250])
def test_checkpoint_costs_a_batch_per_hundred_changed_chains(world: World, number: int) -> None:
    for n in range(20):
        write(Chain("idle", f"p-{n}"), 1)
    checkpoint(world)
    for n in range(number):
        write(Chain("consent", f"p-{n}"), 1)
    world.advance(SETTLED)
    with counted() as calls:
        assert chain.checkpoint().chains == number
    assert calls.tables == {"Query": 16, "BatchGetItem": -(-number // 100)}
    assert calls.of("kms") == 2


def test_chain_with_many_new_entries_is_read_once(world: World) -> None:
    write(MILA, 30)
    world.advance(SETTLED)
    with counted() as calls:
        assert chain.checkpoint().chains == 1
    assert calls["dynamodb.BatchGetItem"] == 1
