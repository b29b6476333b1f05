"""Contacts by a code: who becomes a contact of whom, and what a code discloses."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.table import Key, Table
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World

WRONG = "0" * 26


def public(user: User) -> dict[str, Any]:
    return {"user_id": user.user_id, "display_name": user.profile()["display_name"]}


def ids(reply: Reply) -> list[str]:
    return [one["user_id"] for one in reply.json["items"]]


def test_code_makes_two_users_contacts_of_each_other(world: World) -> None:
    mila, jovan = world.a_user(display_name="Mila"), world.a_user(display_name="Jovan")
    added = jovan.adds(mila.makes_a_code())
    assert (added.status, added.json) == (201, {"user_id": mila.user_id, "display_name": "Mila"})
    assert mila.gets("/v1/contacts").json == {"items": [public(jovan)]}
    assert jovan.gets("/v1/contacts").json == {"items": [public(mila)]}


def test_code_is_in_the_fragment_of_a_link_whose_page_names_nobody(world: World) -> None:
    mila = world.a_user(display_name="Mila Unmistakable")
    made = mila.calls("POST", "/v1/contact-codes").json
    path, _, fragment = made["link"].partition("#")
    assert fragment == made["code"]
    assert path.endswith("/c")
    page = world.call("GET", "/c")
    assert page.status == 200
    assert page.headers["cache-control"] == "public, max-age=300"
    assert "script" not in page.text.lower()
    assert "Unmistakable" not in page.text


@pytest.mark.promise("SEC-1")
def test_code_is_stored_nowhere(world: World) -> None:
    mila = world.a_user()
    code = mila.makes_a_code()
    assert code not in str(cloud.items_of("accounts")) + str(cloud.items_of("challenges"))


def test_code_is_valid_for_seven_days(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    made = mila.calls("POST", "/v1/contact-codes").json
    assert made["expires_at"] == "2026-12-01T12:00:00Z"
    world.advance(timedelta(days=7) - timedelta(seconds=1))
    assert jovan.signs_in_again().adds(made["code"]).status == 201


def test_new_code_replaces_the_old_one(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    old, new = mila.makes_a_code(), mila.makes_a_code()
    assert jovan.adds(old).status == 404
    assert jovan.adds(new).status == 201


def test_every_code_that_opens_nothing_gets_the_same_answer(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    replaced, withdrawn = mila.makes_a_code(), mila.makes_a_code()
    assert mila.calls("DELETE", "/v1/contact-codes").status == 204
    own = jovan.makes_a_code()
    vuk = world.a_user()
    of_frozen = vuk.makes_a_code()
    world.set_state(vuk, "frozen")
    ana = world.a_user()
    of_restricted = ana.makes_a_code()
    world.set_state(ana, "restricted")
    iva = world.a_user()
    of_blocker = iva.makes_a_code()
    iva.blocks(jovan)
    leo = world.a_user()
    of_blocked = leo.makes_a_code()
    jovan.blocks(leo)
    codes = (WRONG, "?", replaced, withdrawn, own, of_frozen, of_restricted, of_blocker, of_blocked)
    answers = [jovan.adds(code) for code in codes]
    assert {(answer.status, answer.problem) for answer in answers} == {(404, "wrong_contact_code")}
    assert len({without_request_id(answer) for answer in answers}) == 1


def without_request_id(reply: Reply) -> str:
    return str({name: value for name, value in reply.json.items() if name != "request_id"})


def test_wrong_and_blocked_codes_take_the_same_calls(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    mila.blocks(jovan)
    counts = []
    for tried in (WRONG, code):
        with cloud.counted() as calls:
            jovan.adds(tried)
        counts.append(dict(calls))
    assert counts[0] == counts[1]


def test_expired_code_opens_nothing(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    world.advance(timedelta(days=7))
    assert jovan.signs_in_again().adds(code).problem == "wrong_contact_code"


def test_code_whose_owner_row_is_lost_can_be_replaced_and_withdrawn(world: World) -> None:
    """Challenges has no backup, so a restore leaves the current code in Accounts alone."""
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    mila.makes_a_code()
    vuk.makes_a_code()
    for row in cloud.records("contact_code_owner"):
        table.delete_all([Key(Table.CHALLENGES, row["pk"]["S"])])
    assert vuk.calls("DELETE", "/v1/contact-codes").status == 204
    assert jovan.adds(mila.makes_a_code()).status == 201


def test_code_that_is_not_the_current_one_of_its_owner_opens_nothing(world: World) -> None:
    """After a restore of Accounts to an earlier time, a later code still has its row in Challenges."""
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    table.delete_all([Key(Table.ACCOUNTS, f"A#{mila.account_id}", "contact_code")])
    assert jovan.adds(code).status == 404


def test_expired_code_that_a_pin_keeps_does_not_prevent_a_new_one(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    mila.makes_a_code()
    cloud.pin(mila.account_id, "contact_code", world.now + timedelta(days=30))
    world.advance(timedelta(days=7))
    assert jovan.signs_in_again().adds(mila.signs_in_again().makes_a_code()).status == 201


def test_withdrawing_without_a_code_changes_nothing(world: World) -> None:
    assert world.a_user().calls("DELETE", "/v1/contact-codes").status == 204


def test_repeated_request_for_a_code_gets_the_same_code(world: World) -> None:
    mila, key = world.a_user(), {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    first = mila.calls("POST", "/v1/contact-codes", headers=key)
    assert mila.calls("POST", "/v1/contact-codes", headers=key).json == first.json


def test_late_repeat_does_not_make_a_withdrawn_code_valid_again(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    key = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    code = mila.calls("POST", "/v1/contact-codes", headers=key).json["code"]
    mila.calls("DELETE", "/v1/contact-codes")
    assert mila.calls("POST", "/v1/contact-codes", headers=key).problem == "contact_code_replaced"
    assert jovan.adds(code).status == 404


def test_adding_a_contact_again_changes_nothing(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    first, again = jovan.adds(code), jovan.adds(code)
    assert (first.status, again.status, again.json) == (201, 200, first.json)
    assert first.headers["location"] == f"/v1/contacts/{mila.user_id}"
    assert ids(mila.gets("/v1/contacts")) == [jovan.user_id]
    assert contact_count(jovan) == contact_count(mila) == 1


def test_idempotency_key_with_another_code_is_refused(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    key = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    code = mila.makes_a_code()
    assert [jovan.adds(code, headers=key).status for _ in range(2)] == [201, 200]
    assert jovan.adds(WRONG, headers=key).problem == "idempotency_mismatch"


def contact_count(user: User) -> int:
    (item,) = (one for one in cloud.records("contact_count") if one["pk"]["S"] == f"A#{user.account_id}")
    return int(item["contacts"]["N"])


def test_ending_a_contact_ends_it_for_both(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.adds(mila.makes_a_code())
    assert [mila.calls("DELETE", f"/v1/contacts/{jovan.user_id}").status for _ in range(2)] == [204, 204]
    assert ids(mila.gets("/v1/contacts")) == ids(jovan.gets("/v1/contacts")) == []
    assert contact_count(mila) == contact_count(jovan) == 0


@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_contact_who_is_not_active_is_not_listed_but_can_be_ended(world: World, state: str) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.adds(mila.makes_a_code())
    world.set_state(jovan, state)
    assert ids(mila.gets("/v1/contacts")) == []
    mila.calls("DELETE", f"/v1/contacts/{jovan.user_id}")
    world.set_state(jovan, "active")
    assert ids(mila.gets("/v1/contacts")) == []


def test_contacts_are_listed_page_by_page(world: World) -> None:
    mila = world.a_user()
    code = mila.makes_a_code()
    others = [world.a_user() for _ in range(3)]
    assert {other.adds(code).status for other in others} == {201}
    first = mila.gets("/v1/contacts?limit=2")
    second = mila.gets(f"/v1/contacts?limit=2&cursor={first.json['next_cursor']}")
    assert "next_cursor" not in second.json
    assert [*ids(first), *ids(second)] == sorted(other.user_id for other in others)


@pytest.mark.parametrize("cursor", ["x", "a_00000000000000000000000000"])
def test_cursor_that_is_no_user_is_refused(world: World, cursor: str) -> None:
    assert world.a_user().gets(f"/v1/contacts?cursor={cursor}").problem == "invalid_request"


@pytest.fixture
def few() -> None:
    """Let an account have ten contacts."""
    allow(contacts_most=10)


def test_caller_with_too_many_contacts_gets_a_problem(world: World, few: None) -> None:
    mila = world.a_user()
    for _ in range(10):
        assert mila.adds(world.a_user().makes_a_code()).status == 201
    assert mila.adds(world.a_user().makes_a_code()).problem == "contact_limit_reached"


def test_full_owner_of_a_code_looks_like_a_wrong_code(world: World, few: None) -> None:
    mila = world.a_user()
    code = mila.makes_a_code()
    assert [world.a_user().adds(code).status for _ in range(11)] == [201] * 10 + [404]


def test_guesses_are_limited_per_account(world: World) -> None:
    allow(contact_attempts_day=2)
    mila, jovan = world.a_user(), world.a_user()
    assert [mila.adds(WRONG).status for _ in range(3)] == [404, 404, 429]
    assert jovan.adds(WRONG).status == 404


def test_two_users_may_use_one_code_at_the_same_time(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    code = mila.makes_a_code()
    before_the_commit(lambda: vuk.adds(code))
    assert jovan.adds(code).status == 201
    assert set(ids(mila.gets("/v1/contacts"))) == {jovan.user_id, vuk.user_id}


def test_code_used_twice_at_once_makes_one_contact(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    during = before_the_commit(lambda: jovan.adds(code))
    assert (jovan.adds(code).status, during[0].status) == (200, 201)
    assert contact_count(jovan) == contact_count(mila) == 1


def test_code_withdrawn_while_it_is_used_opens_nothing(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    before_the_commit(lambda: mila.calls("DELETE", "/v1/contact-codes"))
    assert jovan.adds(code).status == 404
    assert ids(mila.gets("/v1/contacts")) == []


@pytest.mark.parametrize("blocker", ["owner", "caller"])
def test_block_that_comes_before_the_contact_prevents_it(world: World, blocker: str) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    before_the_commit(lambda: mila.blocks(jovan) if blocker == "owner" else jovan.blocks(mila))
    assert jovan.adds(code).status == 404
    assert ids(mila.gets("/v1/contacts")) == ids(jovan.gets("/v1/contacts")) == []


@pytest.mark.promise("RGT-3")
def test_contact_by_an_account_whose_erasure_has_begun_is_not_stored(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    before_the_commit(lambda: world.set_state(jovan, "erasing"))
    assert jovan.adds(code).status == 404
    assert cloud.records("contact") == []


def test_owner_frozen_while_the_code_is_used_is_not_met(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = mila.makes_a_code()
    before_the_commit(lambda: world.set_state(mila, "frozen"))
    assert jovan.adds(code).status == 404
