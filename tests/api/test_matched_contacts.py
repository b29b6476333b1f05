"""Contacts are matched by number: who is found and by whom, what it costs, and what is left of it (ACC-7)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.core import aws
from chalicelib.core.clock import DAY
from chalicelib.core.transactions import commit
from chalicelib.people.contacts.pairs import PEOPLE_AT_ONCE
from chalicelib.privacy.purposes import Practice
from tests.support.cases.abuse import suspend
from tests.support.cases.erasure_parts import erase, freeze, stored_account
from tests.support.cases.recycled import loses_number
from tests.support.cases.restrictions import lifts, restricts
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.limits import allow
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World

ABSENT = "+381601239999"


@pytest.fixture(autouse=True)
def contacts_are_matched(world: World) -> None:
    """Let the policy describe it."""
    describe(Practice.MATCHING_CONTACTS)


@pytest.fixture
def mila(world: World) -> User:
    """A user who consents to it."""
    mila = world.a_user()
    assert mila.consents("contact_matching").status == 200
    return mila


@pytest.fixture
def jovan(world: World) -> User:
    """A user who can be found."""
    return can_be_found(world.a_user(phone=a_phone(), display_name="Jovan"))


def can_be_found(user: User) -> User:
    assert user.changes(discoverable=True).status == 200
    return user


def matches(user: User, *numbers: str, **more: Any) -> Reply:
    return user.calls("POST", "/v1/contacts/match", body={"numbers": list(numbers), **more})


def found(user: User, *numbers: str) -> list[tuple[int, str]]:
    reply = matches(user, *numbers)
    assert reply.status == 200, reply.text
    return [(one["position"], one["profile"]["user_id"]) for one in reply.json["matches"]]


def finds(user: User, other: User) -> bool:
    return found(user, other.phone) == [(0, other.user_id)]


def rows() -> list[dict[str, Any]]:
    return cloud.records("discoverable_number")


def put(name: str, item: dict[str, Any]) -> None:
    aws.client("dynamodb").put_item(TableName=f"ru4m-test-{name}", Item=item)


def some_numbers(count: int) -> list[str]:
    return [f"+38160{2_000_000 + number}" for number in range(count)]


# --- who is found


@pytest.mark.promise("ACC-7")
def test_user_who_can_be_found_is_shown_with_the_position_of_the_number(mila: User, jovan: User) -> None:
    reply = matches(mila, ABSENT, jovan.phone)
    profile = {"user_id": jovan.user_id, "display_name": "Jovan"}
    assert reply.json == {"matches": [{"position": 1, "profile": profile}], "checked": 2}


@pytest.mark.promise("ACC-7")
def test_users_cannot_be_found_at_first(world: World, mila: User) -> None:
    jovan = world.a_user()
    assert not finds(mila, jovan)
    can_be_found(jovan)
    assert finds(mila, jovan)
    jovan.changes(discoverable=False)
    assert not finds(mila, jovan)
    assert rows() == []


@pytest.mark.promise("ACC-7")
def test_match_is_a_suggestion_that_an_invitation_follows(mila: User, jovan: User) -> None:
    ((_, user_id),) = found(mila, jovan.phone)
    assert jovan.gets("/v1/invitations").json["items"] == []
    mila.calls("POST", "/v1/invitations", body={"user_id": user_id})
    (invitation,) = jovan.gets("/v1/invitations").json["items"]
    jovan.calls("POST", f"/v1/invitations/{invitation['invitation_id']}/accept")
    assert [one["user_id"] for one in mila.gets("/v1/contacts").json["items"]] == [jovan.user_id]


def test_numbers_may_be_national_and_repeated_and_others_are_skipped(mila: User, jovan: User) -> None:
    national = "0" + jovan.phone.removeprefix("+381")
    reply = matches(mila, "112", "011 123 456", national, jovan.phone, region="RS")
    assert [one["position"] for one in reply.json["matches"]] == [2]


def test_own_number_finds_nobody(mila: User) -> None:
    can_be_found(mila)
    assert found(mila, mila.phone) == []


@pytest.mark.promise("ACC-7", "ACC-6")
@pytest.mark.parametrize("blocker", ["finder", "found"])
def test_users_who_keep_each_other_away_do_not_find_each_other(
    world: World, mila: User, jovan: User, blocker: str
) -> None:
    first, second = (mila, jovan) if blocker == "finder" else (jovan, mila)
    first.blocks(second)
    assert not finds(mila, jovan)
    other = world.a_user()
    other.consents("contact_matching")
    assert finds(other, jovan)


@pytest.mark.promise("ACC-7")
def test_blocked_number_is_not_found_under_a_new_account(mila: User, jovan: User) -> None:
    mila.blocks(jovan)
    erase(jovan)
    again = can_be_found(jovan.world.a_user(phone=jovan.phone))
    assert not finds(mila, again)


@pytest.mark.promise("ACC-7")
def test_frozen_account_has_no_row_until_it_is_thawed(mila: User, jovan: User) -> None:
    before = rows()
    frozen = freeze(jovan.account_id)
    assert rows() == []
    assert not finds(mila, jovan)
    commit(*accounts.thawing(stored_account(jovan.account_id), frozen))
    assert rows() == before
    assert finds(mila, jovan)


@pytest.mark.promise("ACC-7", "RGT-4")
def test_restricted_account_has_no_row_until_the_restriction_ends(mila: User, jovan: User) -> None:
    before = rows()
    request = restricts(jovan.is_stepped_up())
    assert rows() == []
    assert not finds(mila, jovan)
    lifts(jovan, request)
    assert rows() == before
    assert finds(mila, jovan)


@pytest.mark.promise("ACC-7", "RGT-4")
def test_account_that_is_restricted_while_frozen_has_no_row_after_the_thaw(mila: User, jovan: User) -> None:
    freeze(jovan.account_id)
    request = restricts(jovan.is_stepped_up())
    account = stored_account(jovan.account_id)
    assert account.frozen
    commit(*accounts.thawing(account, account.frozen))
    assert rows() == []
    lifts(jovan, request)
    assert finds(mila, jovan)


@pytest.mark.promise("ACC-7")
def test_suspended_user_is_not_found(mila: User, jovan: User) -> None:
    suspend(jovan)
    assert rows() == []
    assert not finds(mila, jovan)


@pytest.mark.promise("ACC-7", "RGT-3")
def test_erased_account_has_no_row(mila: User, jovan: User) -> None:
    erase(jovan)
    assert rows() == []
    assert not finds(mila, jovan)


@pytest.mark.promise("ACC-7")
def test_row_that_a_restore_brings_back_finds_nobody(mila: User, jovan: User) -> None:
    (row,) = rows()
    jovan.changes(discoverable=False)
    put("claims", row)
    assert not finds(mila, jovan)


@pytest.mark.promise("ACC-7")
def test_user_is_found_by_the_new_number_only(mila: User, jovan: User) -> None:
    former, new = jovan.phone, a_phone()
    jovan.changes_number(new)
    assert found(mila, former, new) == [(1, jovan.user_id)]
    assert len(rows()) == 1


@pytest.mark.promise("ACC-7")
def test_new_holder_of_a_number_is_not_found_because_the_former_one_was(
    world: World, mila: User, jovan: User
) -> None:
    loses_number(jovan)
    world.a_user(phone=jovan.phone)
    assert found(mila, jovan.phone) == []
    assert rows() == []


@pytest.mark.promise("ACC-7")
def test_user_without_a_number_has_no_row(mila: User, jovan: User) -> None:
    loses_number(jovan)
    assert jovan.profile()["discoverable"]
    assert stored_account(jovan.account_id).found_under == "no number"
    assert rows() == []


@pytest.mark.promise("ACC-7")
def test_profile_stored_before_anything_followed_from_the_switch_is_not_found(world: World) -> None:
    mila = can_be_found(world.a_user())
    (item,) = cloud.records("profile")
    put("accounts", {**item, "shape": {"N": "3"}})
    assert mila.profile()["discoverable"] is False


# --- what it needs


@pytest.mark.promise("ACC-7", "RGT-7")
def test_matching_needs_a_consent_in_force(mila: User, jovan: User) -> None:
    mila.withdraws("contact_matching")
    refused = matches(mila, jovan.phone)
    assert (refused.status, refused.problem, refused.json["reason"]) == (
        403,
        "purpose_not_permitted",
        "no_consent",
    )


@pytest.mark.promise("ACC-7", "NOT-2")
def test_matching_is_not_offered_while_the_policy_does_not_describe_it(mila: User, jovan: User) -> None:
    describe()
    assert matches(mila, jovan.phone).problem == "not_offered"
    assert jovan.changes(discoverable=False).problem == "not_offered"
    assert jovan.profile()["discoverable"]


@pytest.mark.promise("ACC-10")
@pytest.mark.parametrize(
    "body",
    [
        {"numbers": [{"number": ABSENT, "name": "Mama"}]},
        {"numbers": [ABSENT], "names": ["Mama"]},
        {"numbers": ["Mama"]},
        {"numbers": {ABSENT: "Mama"}},
    ],
    ids=["objects", "list of names", "name as number", "names by number"],
)
def test_names_are_refused(mila: User, body: dict[str, Any]) -> None:
    refused = mila.calls("POST", "/v1/contacts/match", body=body)
    assert refused.status in {400, 422}
    assert "Mama" not in refused.text


@pytest.mark.parametrize(("count", "problem"), [(501, "invalid_request"), (100_000, "payload_too_large")])
def test_book_that_is_too_long_for_one_request_is_refused_and_costs_nothing(
    mila: User, count: int, problem: str
) -> None:
    assert matches(mila, *some_numbers(count)).problem == problem
    assert cloud.records("limit") == [] or matches(mila, *some_numbers(500)).status == 200


# --- what it costs


@pytest.fixture
def grown(mila: User) -> User:
    """A user whose account is older than a week."""
    mila.world.advance(timedelta(days=8))
    return mila.signs_in_again()


@pytest.mark.promise("ACC-7")
def test_account_compares_so_many_numbers_and_then_those_that_are_refilled(grown: User) -> None:
    allow(matched_numbers_most=700)
    matches(grown, *some_numbers(500))
    matches(grown, *some_numbers(200))
    refused = matches(grown, ABSENT)
    assert (refused.problem, refused.json["limit"]) == ("too_many_requests", "matched_numbers")
    assert refused.json["retry_after"] == 7 * 24 * 3600 // 700
    grown.world.advance(DAY)
    again = grown.signs_in_again()
    assert matches(again, *some_numbers(101)).status == 429
    assert matches(again, *some_numbers(100)).status == 200


@pytest.mark.promise("ACC-7")
def test_other_number_gives_no_new_allowance(grown: User) -> None:
    allow(matched_numbers_most=700)
    matches(grown, *some_numbers(500))
    grown.changes_number(a_phone())
    assert matches(grown, *some_numbers(201)).json["limit"] == "matched_numbers"
    assert matches(grown, *some_numbers(200)).status == 200


@pytest.mark.promise("ACC-7")
def test_repeated_numbers_count_once_and_those_that_are_none_do_not(grown: User) -> None:
    allow(matched_numbers_most=700)
    matches(grown, *some_numbers(200))
    matches(grown, *[ABSENT] * 500)
    matches(grown, *["112"] * 500)  # a request counts as one at least
    assert matches(grown, *some_numbers(499)).status == 429
    assert matches(grown, *some_numbers(498)).status == 200


@pytest.mark.promise("ACC-7")
def test_account_compares_fewer_numbers_in_its_first_week(mila: User) -> None:
    assert matches(mila, *some_numbers(500)).status == 200
    assert matches(mila, ABSENT).json["limit"] == "matched_numbers"


@pytest.mark.promise("ACC-7")
def test_new_accounts_of_a_network_share_an_allowance(world: World, mila: User, grown: User) -> None:
    allow(matched_numbers_per_address=500)
    first, second = (world.a_user() for _ in range(2))
    for user in (first, second):
        user.consents("contact_matching")
    assert matches(first, *some_numbers(400)).status == 200
    refused = matches(second, *some_numbers(101))
    assert refused.json["limit"] == "matched_numbers_per_address"
    assert matches(second, *some_numbers(100)).status == 200
    assert matches(grown, *some_numbers(500)).status == 200


@pytest.mark.promise("ACC-7")
def test_refused_numbers_of_a_new_account_are_given_back_to_its_network(world: World, mila: User) -> None:
    allow(matched_numbers_per_address=1_000)
    matches(mila, *some_numbers(500))
    assert matches(mila, *some_numbers(500)).json["limit"] == "matched_numbers"
    jovan = world.a_user()
    jovan.consents("contact_matching")
    assert matches(jovan, *some_numbers(500)).status == 200


@pytest.mark.promise("ACC-7")
def test_account_that_is_opened_anew_has_no_new_allowance(world: World, mila: User) -> None:
    matches(mila, *some_numbers(500))
    erase(mila)
    again = world.a_user(phone=mila.phone)
    again.consents("contact_matching")
    assert matches(again, ABSENT).json["limit"] == "matched_numbers"


@pytest.mark.promise("ACC-7")
def test_numbers_that_were_not_checked_cost_a_new_account_and_its_network_nothing(
    world: World, mila: User, people: list[User]
) -> None:
    allow(matched_numbers_per_address=1_000)
    others = [one.phone for one in people]
    assert matches(mila, *others, *some_numbers(400)).json["checked"] == PEOPLE_AT_ONCE
    assert matches(mila, others[-1], *some_numbers(400)).status == 200
    neighbour = world.a_user()
    neighbour.consents("contact_matching")
    assert matches(neighbour, *some_numbers(500)).status == 200


@pytest.mark.parametrize(
    "written",
    ["\u202a{}\u202c", "{}p2", "{} ext. 5", "{},22", "\u200e{}", "{}w1", "{} x7"],
    ids=ascii,
)
def test_number_is_found_as_phones_store_it(mila: User, jovan: User, written: str) -> None:
    number = f"{jovan.phone[:4]}\u2011{jovan.phone[4:6]}\u00a0{jovan.phone[6:]}"
    assert found(mila, written.format(number)) == [(0, jovan.user_id)]


def test_answer_has_a_bounded_number_of_users_and_says_where_it_stopped(
    world: World, grown: User, people: list[User]
) -> None:
    allow(matched_numbers_most=500)
    others = [one.phone for one in people]
    reply = matches(grown, *others[:-1], ABSENT, others[-1], *some_numbers(400)).json
    assert len(reply["matches"]) == PEOPLE_AT_ONCE
    assert reply["checked"] == PEOPLE_AT_ONCE + 1
    rest = matches(grown, others[-1], *some_numbers(400))
    assert [one["profile"]["user_id"] for one in rest.json["matches"]] == [people[-1].user_id]


@pytest.fixture
def people(world: World) -> list[User]:
    """One user more than an answer has, who can be found."""
    return [can_be_found(world.a_user(phone=a_phone())) for _ in range(PEOPLE_AT_ONCE + 1)]


# --- what is left of it


@pytest.mark.promise("ACC-7", "ACC-10")
def test_nothing_is_stored_but_the_allowance(mila: User, jovan: User) -> None:
    before = {str(item) for item in cloud.all_items()}
    matches(mila, jovan.phone, ABSENT)
    new = [item for item in cloud.all_items() if str(item) not in before]
    assert {item["kind"]["S"] for item in new} == {"limit"}
    names = {"pk", "kind", "began_at", "expires_at", "delete_at", "ends", "ends_from"}
    assert [item.keys() for item in new] == [names] * 3  # of the account, of its number, of its network
    assert [number for number in (ABSENT, jovan.phone) if number.lstrip("+") in str(new)] == []


@pytest.mark.promise("ACC-7")
def test_row_has_neither_the_number_nor_the_key_of_its_claim(jovan: User) -> None:
    (row,) = rows()
    kind, _, digest = row["pk"]["S"].split("#")
    assert kind == "discoverable"
    assert jovan.phone.lstrip("+") not in str(row)
    assert digest not in str([item for item in cloud.all_items() if item.get("kind") == {"S": "claim"}])
