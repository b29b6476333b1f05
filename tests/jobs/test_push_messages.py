"""Tests who gets a push about a new message, and how often (CALL-2, ADR 110)."""

from datetime import timedelta

import pytest

from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.languages import Language
from chalicelib.core.table_names import Table
from chalicelib.privacy.purposes import Practice
from chalicelib.push.model import PushKind, PushOutcome
from chalicelib.push.providers import service as services
from tests.support.cases.copies import damage
from tests.support.cases.push_tokens import tokens_of
from tests.support.cases.pushes import (
    SECOND,
    Providers,
    WorkerKilled,
    a_conversation,
    fake_providers,
    give_phones,
    id_for,
    message_new,
    token_of,
    work,
    writes,
)
from tests.support.cases.restrictions import restricts
from tests.support.cases.restrictions import work as work_on
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.stream.conversations import some_contacts
from tests.support.stream.hooks import sends_hook
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("CALL-2")


@pytest.fixture
def providers() -> Providers:
    return fake_providers()


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.NOTIFYING)


@pytest.fixture
def users(world: World, stream: object) -> list[User]:
    """Return three users with phones, the first of whom is a contact of the others."""
    found = some_contacts(world, 3)
    give_phones(*found)
    return found


@pytest.fixture
def pair(users: list[User]) -> dict[str, object]:
    return a_conversation(*users[:2])


def chooses(user: User, **choices: object) -> None:
    """Let a user choose what is not pushed."""
    etag = user.gets("/v1/notifications").headers["etag"]
    reply = user.calls("PUT", "/v1/notifications", body=choices, headers={"if-match": etag})
    assert reply.status == 200, reply.text


def test_sleeping_member_gets_the_kind_and_an_id_of_their_own(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    mila, vera, _ = users
    assert writes(world, mila, pair) == []
    ((token, push),) = providers.taken
    assert (token, push.kind, push.id) == (token_of(vera), PushKind.MESSAGE, id_for(vera, pair))
    assert push.nonce is None


def test_id_of_a_push_is_the_one_that_its_recipient_finds_at_the_conversation(
    users: list[User], pair: dict[str, object]
) -> None:
    mila, vera, _ = users
    shown = {one.gets(f"/v1/conversations/{pair['conversation_id']}").json["push_id"] for one in (mila, vera)}
    assert shown == {id_for(mila, pair), id_for(vera, pair)}
    assert len(shown) == 2


def test_member_who_is_online_gets_none(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    writes(world, users[0], pair, online=[users[1]])
    assert providers.taken == []


def test_queue_holds_ids_and_a_time_and_nothing_of_the_message(
    world: World, users: list[User], pair: dict[str, object]
) -> None:
    sends_hook(world, message_new(users[0], pair))
    (body,) = cloud.take_messages("pushes")
    assert not any(word in body for word in ("Dinner", "Mila", "Vera", "m-1"))


def test_listed_member_who_is_none_by_our_rows_gets_none(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    mila, vera, ana = users
    event = message_new(mila, {**pair, "members": [mila.user_id, vera.user_id, ana.user_id]})
    sends_hook(world, event)
    work()
    assert providers.tokens == [token_of(vera)]


def test_message_of_a_user_who_is_no_member_is_pushed_to_none(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    writes(world, users[2], pair)
    assert providers.taken == []


def test_member_who_left_a_second_ago_gets_none(
    world: World, users: list[User], providers: Providers
) -> None:
    mila, vera, ana = users
    group = a_conversation(mila, vera, ana)
    sends_hook(world, message_new(mila, group))
    assert vera.calls("DELETE", f"/v1/conversations/{group['conversation_id']}/members/me").status == 204
    work()
    assert providers.tokens == [token_of(ana)]


@pytest.mark.parametrize("blocker", ["recipient", "sender"])
def test_two_who_keep_each_other_away_push_nothing_in_a_group(
    world: World, users: list[User], providers: Providers, blocker: str
) -> None:
    mila, vera, ana = users
    group = a_conversation(mila, vera, ana)
    one, other = (vera, mila) if blocker == "recipient" else (mila, vera)
    assert one.calls("PUT", f"/v1/blocks/{other.user_id}").status == 204
    writes(world, mila, group)
    assert providers.tokens == [token_of(ana)]


@pytest.mark.parametrize("state", ["frozen", "restricted", "erasing"])
@pytest.mark.parametrize("side", ["recipient", "sender"])
def test_account_that_is_not_active_neither_gets_nor_causes_one(
    world: World, users: list[User], pair: dict[str, object], providers: Providers, state: str, side: str
) -> None:
    world.set_state(users[1 if side == "recipient" else 0], state)
    writes(world, users[0], pair)
    assert providers.taken == []


def test_account_frozen_between_event_and_push_gets_none(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    sends_hook(world, message_new(users[0], pair))
    world.set_state(users[1], "frozen")
    assert work() == []
    assert providers.taken == []


@pytest.mark.promise("RGT-4")
def test_restriction_of_notifications_alone_stops_all_but_the_answer_to_it(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    work_on(world, restricts(users[1], purposes=["notifications"]))
    assert users[1].gets("/v1/profile").status == 200
    writes(world, users[0], pair)
    assert providers.kinds_to(users[1]) == [PushKind.RIGHTS]


def test_kind_that_is_switched_off_is_not_pushed(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    chooses(users[1], off=["message"])
    writes(world, users[0], pair)
    assert providers.taken == []


def test_muted_conversation_is_silent_until_the_mute_ends(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    until = (world.now + HOUR).isoformat()
    muted = [{"conversation_id": pair["conversation_id"], "ends_at": until}]
    chooses(users[1], muted_conversations=muted)
    writes(world, users[0], pair)
    assert providers.taken == []
    world.advance(HOUR)
    writes(world, users[0], pair)
    assert providers.tokens == [token_of(users[1])]


def test_muted_user_is_silent_in_every_conversation(
    world: World, users: list[User], providers: Providers
) -> None:
    mila, vera, ana = users
    group = a_conversation(mila, vera, ana)
    chooses(vera, muted_users=[mila.user_id])
    writes(world, mila, group)
    assert providers.tokens == [token_of(ana)]


def test_quiet_hours_hold_in_the_zone_of_the_user(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    # Noon UTC is 21:00 in Tokyo and 13:00 in Belgrade.
    hours = {"begins": "20:30", "ends": "07:00", "zone": "Asia/Tokyo"}
    chooses(users[1], quiet_hours=hours)
    writes(world, users[0], pair)
    assert providers.taken == []
    chooses(users[1], quiet_hours={**hours, "zone": "Europe/Belgrade"})
    writes(world, users[0], pair)
    assert providers.tokens == [token_of(users[1])]


@pytest.mark.parametrize(
    "more", [{"silent": True}, {"type": "system"}, {"type": "deleted"}, {"shadowed": True}]
)
def test_message_that_waits_for_no_reader_is_not_pushed(
    world: World, users: list[User], pair: dict[str, object], providers: Providers, more: dict[str, object]
) -> None:
    writes(world, users[0], pair, **more)
    assert providers.taken == []


def test_repeated_hook_is_pushed_once(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    for _ in range(3):
        writes(world, users[0], pair, at=world.now)
    assert len(providers.taken) == 1


def test_burst_is_one_push_in_ten_seconds(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    for _ in range(25):
        writes(world, users[0], pair)
        world.advance(SECOND)
    assert len(providers.taken) == 3


def test_older_message_that_comes_later_is_not_pushed(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    writes(world, users[0], pair)
    writes(world, users[0], pair, at=world.now - MINUTE)
    assert len(providers.taken) == 1


@pytest.mark.parametrize(("age", "pushed"), [(9, 1), (-4, 1), (10, 0), (60, 0)])
def test_message_is_pushed_for_ten_minutes(
    world: World, users: list[User], pair: dict[str, object], providers: Providers, age: int, pushed: int
) -> None:
    writes(world, users[0], pair, at=world.now - timedelta(minutes=age))
    assert len(providers.taken) == pushed


def test_message_waits_while_a_provider_does_not_answer(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    providers.outcome = PushOutcome.UNANSWERED
    again = writes(world, users[0], pair)
    assert len(again) == 1
    world.advance(MINUTE)
    providers.outcome = PushOutcome.TAKEN
    assert work(*again) == []
    assert providers.tokens == [token_of(users[1])]


def test_push_that_was_not_taken_does_not_uncount_a_newer_one(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    mila, vera, _ = users
    assert sends_hook(world, message_new(mila, pair)).status == 204
    (older,) = cloud.take_messages("pushes")
    world.advance(MINUTE)

    def a_newer_one() -> None:
        assert writes(world, mila, pair) == []
        providers.outcome = PushOutcome.UNANSWERED

    just_before(services, "deliver", a_newer_one)
    assert work(older) == [older]
    providers.outcome = PushOutcome.TAKEN
    assert work(older) == []
    assert providers.tokens == [token_of(vera)]


def test_provider_that_is_known_to_be_down_costs_no_count(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    providers.closed = True
    assert len(writes(world, users[0], pair)) == 1
    assert cloud.records("push_count") == []


def test_message_of_an_outage_of_an_hour_is_dropped(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    providers.closed = True
    again = writes(world, users[0], pair)
    world.advance(HOUR)
    providers.closed = False
    assert work(*again) == []
    assert providers.taken == []


def test_refused_push_is_not_repeated(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    providers.outcome = PushOutcome.REFUSED
    assert writes(world, users[0], pair) == []


def test_killed_worker_loses_the_push_to_one_person_and_repeats_none(
    world: World, users: list[User], providers: Providers
) -> None:
    mila, vera, ana = users
    group = a_conversation(mila, vera, ana)
    sends_hook(world, message_new(mila, group))
    (body,) = cloud.take_messages("pushes")
    providers.dies_at = 0
    with pytest.raises(WorkerKilled):
        work(body)
    work(body)
    work(body)
    assert len(providers.taken) == 1  # of two


def test_run_that_ends_leaves_the_rest_to_the_next_one(
    world: World, users: list[User], providers: Providers
) -> None:
    mila, *others = users
    group = a_conversation(*users)
    sends_hook(world, message_new(mila, group))
    (body,) = cloud.take_messages("pushes")
    providers.takes, providers.world = 10 * SECOND, world
    assert work(body, seconds=15) == [body]
    assert len(providers.taken) == 1
    assert work(body, seconds=15) == []
    assert sorted(providers.tokens) == sorted(map(token_of, others))


def test_token_that_a_provider_does_not_know_is_forgotten(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    providers.outcome = PushOutcome.GONE
    assert writes(world, users[0], pair) == []
    assert cloud.records("push_devices") != []
    assert tokens_of(users[1]) == []


def test_count_of_a_member_who_left_ends(world: World, users: list[User], providers: Providers) -> None:
    mila, vera, ana = users
    group = a_conversation(mila, vera, ana)
    writes(world, mila, group)
    assert id_for(vera, group) in str(cloud.records("push_count"))
    vera.calls("DELETE", f"/v1/conversations/{group['conversation_id']}/members/me")
    world.advance(MINUTE)
    writes(world, mila, group)
    assert id_for(vera, group) not in str(cloud.records("push_count"))
    assert id_for(ana, group) in str(cloud.records("push_count"))


@pytest.mark.promise("RGT-3")
def test_count_names_no_account_and_no_user(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    writes(world, users[0], pair)
    counted = str(cloud.records("push_count"))
    assert id_for(users[1], pair) in counted
    assert [one for user in users for one in (user.account_id, user.user_id) if one in counted] == []


def test_altered_row_of_one_member_stops_no_push_to_another(
    world: World, users: list[User], providers: Providers
) -> None:
    mila, vera, ana = users
    group = a_conversation(mila, vera, ana)
    damage(Table.ACCOUNTS, f"A#{vera.account_id}", "push_devices", sealed=b"altered")
    writes(world, mila, group)
    assert providers.tokens == [token_of(ana)]


def test_line_is_in_the_language_of_its_reader(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    users[1].changes(locale="sr-Latn-RS")
    writes(world, users[0], pair)
    ((_, push),) = providers.taken
    assert (push.language, push.expires_at) == (Language.SERBIAN_LATIN, world.now + DAY)


def test_nothing_is_pushed_before_the_policy_says_so(
    world: World, users: list[User], pair: dict[str, object], providers: Providers
) -> None:
    sends_hook(world, message_new(users[0], pair))
    describe(Practice.HIDING_STATUS)
    assert work() == []
    assert providers.taken == []


@pytest.mark.parametrize(
    "body", ["nonsense", "{}", '{"type":"message"}', '{"type":"asked","account_id":"a"}']
)
def test_malformed_message_goes_to_the_dead_queue(world: World, body: str) -> None:
    assert work(body) == []
    assert cloud.take_messages("dead") == [body]
