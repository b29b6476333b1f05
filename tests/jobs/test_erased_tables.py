"""After an erasure of the tables, nothing of its subject can be read in them, and others lost nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.core import aws, clock, needs, table
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import KeyNotFound
from chalicelib.core.table import Item, Table, owner_of
from chalicelib.privacy import bundles, codec, erasure, register
from chalicelib.privacy.personal import KeyClass
from chalicelib.privacy.plans import erasure_plan
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from tests.support.cases.erasure_parts import QUARANTINE, claimed_values, delete_records, erase_tables
from tests.support.world.builders import a_device, a_fault, a_phone, an_event
from tests.support.world.practices import describe
from tests.support.world.world import User, World

# Challenges hold what a code was sent for, sealed under the stage key, for 48 hours (Action.LAPSE).
LAPSING = Table.CHALLENGES
CLASSES = {record.declaration.kind: record for record in register.records()}


def stored(*spared: Table) -> Iterator[Item]:
    for place in set(Table) - set(spared):
        for raw in aws.client("dynamodb").scan(TableName=f"ru4m-test-{place}")["Items"]:
            yield table.items.plain(raw)


def readable(item: Item, keys: SubjectKeys | None) -> str:
    """Return all that we can read in an item, with its records opened."""
    text = str(item)
    if model := CLASSES.get(item.get("kind", "")):
        for row in bundles.unpacked(model, item):
            text += codec.opened(model, row, keys).model_dump_json()
    return text


def keys_of(item: Item) -> SubjectKeys | None:
    owner = owner_of(item["pk"])
    if owner is None:
        return None
    (row,) = needs.read_accounts([owner], (DATA_KEY,))
    return row[DATA_KEY]


def all_readable(*spared: Table) -> str:
    return "\n".join(readable(item, keys_of(item)) for item in stored(*spared))


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a canary in every personal field that a client can set, and in her ids."""
    describe(Practice.COUNTING_USE, Practice.MATCHING_CONTACTS)
    known, device = world.canaries, a_device()
    known.add("device", device["device_id"])
    texts = {name: known(name) for name in ("display_name", "name", "job_title", "employer")}
    mila = world.a_user(known.add("phone", a_phone()), device, display_name=texts["display_name"])
    known.add("account_id", mila.account_id)
    known.add("user_id", mila.user_id)
    born = known.add("date_of_birth", "1961-07-04")
    assert mila.changes(**texts, date_of_birth=born, country="RS", discoverable=True).status == 200
    assert mila.has_email(known.add("email", f"{known('mailbox')}@example.com")).status == 200
    mila.consents("analytics")
    mila.mints_a_chat_token()
    use = an_event(name=known.add("event", "mila.used.it"), screen=known.add("screen", "milas/screen"))
    fault = a_fault(name=known.add("fault", "mila.crashed"))
    hardware = {"model": known.add("model", "moto g(30)"), "app_version": known.add("app", "2.4.0-beta+117")}
    assert mila.submits_usage(use, fault, **hardware).json["accepted"] == 2
    return mila


@pytest.mark.promise("RGT-3")
def test_nothing_of_the_subject_can_be_read_in_any_table_but_codes_that_expire(
    world: World, mila: User
) -> None:
    names = set(world.canaries.values)
    assert set(world.canaries.in_text(all_readable(LAPSING))) == names
    erase_tables(mila.account_id)
    assert world.canaries.in_text(all_readable(LAPSING)) == []
    ends = [item["delete_at"] for item in stored() if mila.account_id in str(item)]
    assert max(ends, default=0) <= clock.to_epoch(world.now + clock.DAY * 7)
    assert world.canaries.in_text(world.log.getvalue()) == []


@pytest.mark.promise("RGT-3")
def test_other_subject_keeps_everything(world: World, mila: User) -> None:
    vuk = world.a_user()
    vuk.has_email("vuk@example.com")
    vuk.consents("analytics")
    vuk.submits_usage(an_event(), a_fault())
    before = [item for item in stored() if vuk.account_id in str(item)]
    erase_tables(mila.account_id)
    assert [item for item in stored() if vuk.account_id in str(item)] == before
    assert vuk.profile()["email"] == "vuk@example.com"
    assert world.a_user(phone=vuk.phone).user_id == vuk.user_id


@pytest.mark.promise("RGT-3")
def test_what_the_erasure_keeps_is_only_what_the_plan_never_touches(mila: User) -> None:
    before = list(stored(LAPSING, *erasure.deletable_tables(), Table.KEYS, Table.CLAIMS))
    erase_tables(mila.account_id)
    assert list(stored(LAPSING, *erasure.deletable_tables(), Table.KEYS, Table.CLAIMS)) == before
    assert {item["kind"] for item in stored(LAPSING, Table.LEDGER)} == {"claim"}


@pytest.mark.promise("RGT-3")
def test_items_restored_from_a_backup_cannot_be_opened(mila: User) -> None:
    client, backup = aws.client("dynamodb"), raw_items(Table.ACCOUNTS)
    erase_tables(mila.account_id)
    for raw in backup:
        client.put_item(TableName="ru4m-test-accounts", Item=raw)
    refused = set()
    (row,) = needs.read_accounts([AccountId(mila.account_id)], (DATA_KEY,))
    for item in map(table.items.plain, backup):
        model = CLASSES[item["kind"]]
        if model.declaration.key_class is KeyClass.SUBJECT:
            with pytest.raises(KeyNotFound):
                codec.opened(model, item, row[DATA_KEY])
            refused.add(item["kind"])
    sealed = set(erasure_plan(register.records()).unreadable_with_key)
    assert {"account", "profile", "session", "purposes"} <= refused <= sealed


def raw_items(place: Table) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = aws.client("dynamodb").scan(TableName=f"ru4m-test-{place}")["Items"]
    return items


def test_each_part_of_an_erasure_of_the_tables_may_be_repeated(world: World, mila: User) -> None:
    claims = claimed_values(mila.account_id)
    recorded = erase_tables(mila.account_id)
    assert recorded["profile"] == 1
    after = json.dumps(list(map(str, stored())))
    assert accounts.release_claims(claims, clock.now() + QUARANTINE) == 0
    assert not delete_records(mila.account_id)
    erasure.delete_key(AccountId(mila.account_id))
    assert erasure.remaining(AccountId(mila.account_id)) == {}
    assert json.dumps(list(map(str, stored()))) == after
