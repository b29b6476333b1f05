"""Tests sealing: a blob opens only at its own place, and each fault raises a typed error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import store as accounts
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.store import PROFILE
from chalicelib.consents import store as purposes
from chalicelib.consents.model import Purposes
from chalicelib.core import keyring, sealing, table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import NotAskedFor, read_accounts
from chalicelib.core.sealing import KeyNotFound, Place, SealBroken, SealingKeys, Unfit
from chalicelib.core.table import Delete, Key, Table
from chalicelib.privacy import codec, subject_keys
from chalicelib.privacy.personal import StillSealed
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.world import World

HERE = Place("profile", "A#1", "profile")
KEYS = SealingKeys(2, {1: b"1" * 32, 2: b"2" * 32}.get)


@given(st.binary(max_size=2000))
def test_sealed_value_opens_at_its_own_place(plain: bytes) -> None:
    assert KEYS.open(KEYS.seal(plain, HERE), HERE) == plain


def test_equal_values_are_sealed_differently_each_time() -> None:
    assert KEYS.seal(b"x", HERE) != KEYS.seal(b"x", HERE)


@pytest.mark.promise("SEC-1")
@given(st.data())
def test_blob_with_any_changed_bit_does_not_open(data: st.DataObject) -> None:
    blob = bytearray(KEYS.seal(b"Milica", HERE))
    at, bit = data.draw(st.integers(0, len(blob) - 1)), data.draw(st.integers(0, 7))
    blob[at] ^= 1 << bit
    with pytest.raises((SealBroken, KeyNotFound)):
        KEYS.open(bytes(blob), HERE)


@pytest.mark.promise("SEC-1")
@given(st.integers(0, 100))
def test_truncated_blob_does_not_open(length: int) -> None:
    blob = KEYS.seal(b"Milica", HERE)
    with pytest.raises(SealBroken):
        KEYS.open(blob[: min(length, len(blob) - 1)], HERE)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "elsewhere",
    [Place("account", "A#1", "profile"), Place("profile", "A#2", "profile"), Place("profile", "A#1", "x"),
     Place("profile", "A#1"), Place("profile", "A#1\x1fprofile", None)],
)  # fmt: skip
def test_moved_blob_does_not_open(elsewhere: Place) -> None:
    with pytest.raises(SealBroken):
        KEYS.open(KEYS.seal(b"Milica", HERE), elsewhere)


def test_older_key_version_still_opens_and_the_current_one_seals() -> None:
    old = SealingKeys(1, KEYS.find).seal(b"x", HERE)
    assert KEYS.open(old, HERE) == b"x"
    assert (sealing.version_of(old), sealing.version_of(KEYS.seal(b"x", HERE))) == (1, 2)


@pytest.mark.promise("RGT-3")
def test_blob_whose_key_version_does_not_exist_raises_key_not_found() -> None:
    blob = KEYS.seal(b"x", HERE)
    with pytest.raises(KeyNotFound):
        SealingKeys(1, {1: b"1" * 32}.get).open(blob, HERE)


def a_stored_user(world: World) -> tuple[AccountId, dict[str, Any]]:
    """Return an account id and a copy of the profile's item, as a backup contains it."""
    mila = world.a_user(phone=a_phone(), display_name="Mila")
    account_id = AccountId(mila.account_id)
    item = table.get(Key(Table.ACCOUNTS, f"A#{account_id}", "profile"))
    assert item
    return account_id, item


@pytest.mark.promise("RGT-3")
def test_copy_of_the_tables_is_unreadable_after_the_data_key_is_deleted(world: World) -> None:
    account_id, copy = a_stored_user(world)
    (row,) = read_accounts([account_id], (DATA_KEY,))
    assert codec.opened(Profile, copy, row[DATA_KEY]).display_name == "Mila"
    table.write(Delete(subject_keys.key(account_id)))
    (row,) = read_accounts([account_id], (DATA_KEY, PROFILE))
    with pytest.raises(KeyNotFound):
        row[PROFILE]
    with pytest.raises(KeyNotFound):
        codec.opened(Profile, copy, row[DATA_KEY])


@pytest.mark.promise("SEC-1")
def test_data_key_does_not_work_for_another_account(world: World) -> None:
    mila, item = a_stored_user(world)
    vuk, _ = a_stored_user(world)
    stolen = table.get(subject_keys.key(mila))
    keys = subject_keys.from_item(vuk, stolen)
    with pytest.raises(SealBroken):
        codec.opened(Profile, item, keys)


@pytest.mark.promise("SEC-1")
def test_key_of_one_subject_does_not_open_the_record_of_another(world: World) -> None:
    _, item = a_stored_user(world)
    vuk, _ = a_stored_user(world)
    (row,) = read_accounts([vuk], (DATA_KEY,))
    with pytest.raises(SealBroken):
        codec.opened(Profile, item, row[DATA_KEY])


@pytest.mark.promise("SEC-1")
def test_kms_is_called_once_per_container(world: World) -> None:
    cloud.new_container()
    with cloud.counted() as calls:
        for _ in range(3):
            world.a_user().changes(name="Milica")
    assert calls["kms.Decrypt"] == calls.of("kms") == 1


def test_old_records_open_and_new_ones_use_the_new_stage_key_after_rotation(world: World) -> None:
    mila = world.a_user(display_name="Mila")
    cloud.create_stage_key(version=2)
    assert mila.profile()["display_name"] == "Mila"
    vuk = world.a_user()
    versions = []
    for user in (mila, vuk):
        item = table.get(subject_keys.key(AccountId(user.account_id)))
        assert item
        versions.append(sealing.version_of(bytes(item["wrapped"]["1"])))
    assert versions == [1, 2]


def test_kms_refuses_the_stage_key_of_another_stage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.new_container()
    monkeypatch.setattr(keyring, "encryption_context", lambda: {"stage": "production", "purpose": "sealing"})
    assert world.asks_for_a_code(a_phone()).status == 500


@pytest.mark.promise("RGT-4")
def test_record_without_its_sealed_attribute_raises_seal_broken(world: World) -> None:
    """If it returned the defaults instead, every consent decision would look as if never made."""
    mila = world.a_user()
    mila.consents("analytics")
    item = table.get(purposes.key(AccountId(mila.account_id)))
    assert item
    del item["sealed"]
    (row,) = read_accounts([AccountId(mila.account_id)], (DATA_KEY,))
    with pytest.raises(SealBroken):
        codec.opened(Purposes, item, row[DATA_KEY])


@pytest.mark.promise("SEC-1")
def test_content_unfit_for_its_class_raises_an_error_without_the_content(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, item = a_stored_user(world)
    (row,) = read_accounts([mila], (DATA_KEY,))
    monkeypatch.setattr(json, "loads", lambda _: {"display_name": "Milica", "name": 7})
    with pytest.raises(Unfit) as opened:
        codec.opened(Profile, item, row[DATA_KEY])
    with pytest.raises(Unfit) as glanced:
        codec.glance(Profile, {**item, "version": "Milica"})
    for unfit in (opened.value, glanced.value):
        assert (str(unfit), unfit.__suppress_context__) == ("profile", True)


def test_key_of_one_kind_does_not_open_a_blob_of_another_kind(world: World) -> None:
    kinds = [
        keyring.wrapping_key(),
        keyring.transient_key(),
        keyring.retained_key("a"),
        keyring.retained_key("b"),
    ]
    blob = kinds[0].seal(b"x", HERE)
    for other in kinds[1:]:
        with pytest.raises(SealBroken):
            other.open(blob, HERE)


def test_glance_reads_clear_fields_and_raises_on_sealed_fields(world: World) -> None:
    mila = world.a_user()
    item = table.get(accounts.account_key(AccountId(mila.account_id)))
    assert item
    seen = codec.glance(Account, item)
    assert (seen.user_id, seen.state.value) == (mila.user_id, "active")
    for name in ("phone", "locale"):
        with pytest.raises(StillSealed, match=name):
            getattr(seen, name)


def test_glance_cannot_be_written_back(world: World) -> None:
    mila = world.a_user()
    key = accounts.account_key(AccountId(mila.account_id))
    item = table.get(key)
    assert item
    with pytest.raises(StillSealed):
        codec.to_item(codec.glance(Account, item), key)


def test_need_outside_the_batch_raises_instead_of_reading_as_absent(world: World) -> None:
    (row,) = read_accounts([AccountId.new()], (DATA_KEY,))
    with pytest.raises(NotAskedFor):
        row[PROFILE]


@pytest.mark.promise("SEC-1")
def test_tables_contain_no_profile_in_clear(world: World) -> None:
    mila = world.a_user(phone=world.canaries.add("phone", a_phone()))
    mila.changes(name=world.canaries("name"), date_of_birth=world.canaries.add("born", "1987-03-19"))
    stored = json.dumps(cloud.all_items(), default=lambda blob: blob.hex())
    assert world.canaries.in_text(stored) == []
