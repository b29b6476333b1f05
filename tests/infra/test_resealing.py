"""Tests resealing: records sealed directly under the stage key move to its new version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import pytest

from chalicelib.core import aws, clock, sealing, table
from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import SealBroken
from chalicelib.core.settings import settings
from chalicelib.core.table import Change, Create, Item, Key, Table
from chalicelib.privacy import codec, personal, register, rewrites, subject_keys
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.personal import personal as marked
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from infra.ops.keys.stage_key import StageKeys, StillNeeded
from tests.support.clouds import cloud
from tests.support.clouds.rotations import Killed, a_stage_with_a_stage_key
from tests.support.faults.races import just_before
from tests.support.world.builders import a_device, a_phone
from tests.support.world.world import World


@pytest.fixture
def invoice(monkeypatch: pytest.MonkeyPatch) -> type[Record]:
    """Define a record that is kept longer than its subject's key, for this test only."""
    monkeypatch.setattr(personal, "_records", list(register.records()))

    class KeptPayment(
        Record,
        table=Table.ACCOUNTS,
        kind="kept_payment",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        retention=Statutory(Period.BILLING, law="a law on accounting", since="at"),
        key_class=KeyClass.RETAINED,
    ):
        """An amount that a subject paid."""

        at: Annotated[Instant, NOT_PERSONAL]
        paid_by: Annotated[str, marked(Category.NAME, Source.PROVIDED)]

    return KeptPayment


@pytest.fixture
def keys(world: World) -> StageKeys:
    """Return the keys of a stage whose containers restart after each configuration."""
    return StageKeys(a_stage_with_a_stage_key().versions, {each: settings().table(each) for each in Table})


def paid(invoice: type[Record], by: str) -> Record:
    return invoice.model_validate({"at": clock.now(), "paid_by": by})


def a_kept(invoice: type[Record], number: int) -> Key:
    place = Key(Table.ACCOUNTS, "A#somebody", f"invoice#{number}")
    record = paid(invoice, f"Milica {number}")
    table.write(Create(place, codec.to_item(record, place)))
    return place


def stored(place: Key) -> Item:
    item = table.get(place)
    assert item
    return item


def version(item: Item) -> int:
    return sealing.version_of(bytes(item["sealed"]))


@pytest.mark.promise("SEC-1")
def test_retained_and_transient_records_are_resealed_under_the_new_version(
    world: World, keys: StageKeys, invoice: type[Record]
) -> None:
    kept, phone = [a_kept(invoice, number) for number in range(3)], a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    keys.rotate()
    assert keys.reseal(rewrites.reseal) == 4
    assert keys.reseal(rewrites.reseal) == 0
    assert keys.retire() == ["1"]
    for number, place in enumerate(kept):
        assert version(stored(place)) == 2
        assert vars(codec.opened(invoice, stored(place)))["paid_by"] == f"Milica {number}"
    assert world.verifies(challenge, world.code_for(phone)).status == 201


def test_only_the_sealed_attribute_changes(keys: StageKeys, invoice: type[Record]) -> None:
    place = a_kept(invoice, 1)
    before = stored(place)
    keys.rotate()
    keys.reseal(rewrites.reseal)
    after = stored(place)
    assert before.pop("sealed") != after.pop("sealed")
    assert before == after


def test_records_under_their_subjects_keys_are_not_changed(
    world: World, keys: StageKeys, invoice: type[Record]
) -> None:
    mila = world.a_user()
    before = [item for item in cloud.all_items() if item["pk"] == {"S": f"A#{mila.account_id}"}]
    keys.rotate()
    assert keys.reseal(rewrites.reseal) == 0
    assert [item for item in cloud.all_items() if item["pk"] == {"S": f"A#{mila.account_id}"}] == before
    assert keys.rewrap(rewrapped) == 1
    assert keys.retire() == ["1"]  # versions of the data key are not versions of the stage key
    assert mila.gets("/v1/profile").status == 200


def rewrapped(pk: str, version: int, wrapped: bytes) -> bytes:
    account_id = AccountId(pk.removeprefix("A#"))
    return subject_keys.wrap(account_id, version, subject_keys.unwrap(account_id, version, wrapped))


def test_version_is_kept_while_a_record_uses_it(keys: StageKeys, invoice: type[Record]) -> None:
    place = a_kept(invoice, 1)
    keys.rotate()
    with pytest.raises(StillNeeded, match="1 records"):
        keys.retire()
    assert vars(codec.opened(invoice, stored(place)))["paid_by"] == "Milica 1"


def test_version_is_kept_for_a_record_of_an_unknown_class(keys: StageKeys, invoice: type[Record]) -> None:
    place = a_kept(invoice, 1)
    table.write(Change(place, put={"kind": "an older invoice"}))
    keys.rotate()
    assert keys.reseal(rewrites.reseal) == 0
    with pytest.raises(StillNeeded):
        keys.retire()


def test_concurrent_edit_is_kept(keys: StageKeys, invoice: type[Record]) -> None:
    place = a_kept(invoice, 1)
    keys.rotate()
    edited = codec.to_item(paid(invoice, "Milica Petrović"), place)

    just_before(table, "try_write", lambda: table.write(Change(place, put=edited)))
    assert keys.reseal(rewrites.reseal) == 0
    assert vars(codec.opened(invoice, stored(place)))["paid_by"] == "Milica Petrović"


def test_challenge_used_during_the_run_stays_without_personal_fields(world: World, keys: StageKeys) -> None:
    phone, device = a_phone(), a_device()
    challenge = world.asks_for_a_code(phone, device).json["challenge_id"]
    keys.rotate()
    used = just_before(table, "try_write", lambda: world.verifies(challenge, world.code_for(phone)))
    assert keys.reseal(rewrites.reseal) == 0
    assert used[0].status == 201
    assert [item for item in cloud.records("challenge") if "sealed" in item] == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kill_at", range(3))
def test_killed_run_is_resumed_where_it_stopped(
    keys: StageKeys, invoice: type[Record], kill_at: int, *, after: bool
) -> None:
    kept = [a_kept(invoice, number) for number in range(3)]
    keys.rotate()
    with pytest.raises(Killed):
        keys.reseal(killed(rewrites.reseal, kill_at, after=after))
    for number, place in enumerate(kept):  # while the service runs
        assert vars(codec.opened(invoice, stored(place)))["paid_by"] == f"Milica {number}"
    assert keys.reseal(rewrites.reseal) == 3 - kill_at - after
    assert keys.retire() == ["1"]


def killed(reseal: Callable[..., bool], at: int, *, after: bool) -> Callable[..., bool]:
    done: list[Any] = []

    def one(kind: type[Record], item: Item) -> bool:
        if len(done) == at and not after:
            raise Killed
        result = reseal(kind, item)
        if len(done) == at:
            raise Killed
        done.append(item)
        return result

    return one


def test_expired_but_held_record_is_resealed_too(
    world: World, keys: StageKeys, invoice: type[Record]
) -> None:
    place = a_kept(invoice, 1)
    world.advance(timedelta(days=90))
    keys.rotate()
    assert keys.reseal(rewrites.reseal) == 1
    item = aws.client("dynamodb").get_item(
        TableName="ru4m-test-accounts", Key={"pk": {"S": place.pk}, "sk": {"S": str(place.sk)}}
    )["Item"]
    assert sealing.version_of(item["sealed"]["B"]) == 2


def test_run_stops_at_an_altered_blob_and_does_not_change_it(keys: StageKeys, invoice: type[Record]) -> None:
    place = a_kept(invoice, 1)
    sealed = bytes(stored(place)["sealed"])
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
    table.write(Change(place, put={"sealed": broken}))
    keys.rotate()
    with pytest.raises(SealBroken):
        keys.reseal(rewrites.reseal)
    assert bytes(stored(place)["sealed"]) == broken
