"""Invitations: what a sender learns (nothing), what a recipient decides, and when one ends."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, InvitationId, UserId
from chalicelib.core.transactions import commit
from chalicelib.people.contacts import store
from chalicelib.people.contacts.model import Invitation
from chalicelib.people.contacts.pairs import read_people
from chalicelib.people.contacts.store import Side
from tests.support.cases.erasure_parts import erase
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World


def received(user: User) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = user.gets("/v1/invitations").json["items"]
    return items


def senders(user: User) -> list[str]:
    return [one["sender"]["user_id"] for one in received(user)]


def contacts(user: User) -> list[str]:
    return [one["user_id"] for one in user.gets("/v1/contacts").json["items"]]


def an_invitation(world: World) -> tuple[User, User, str]:
    """Return a user, another one who invited them, and the invitation."""
    mila, jovan = world.a_user(), world.a_user()
    jovan.invites(mila)
    return mila, jovan, received(mila)[0]["invitation_id"]


def decides(user: User, invitation_id: str, decision: str) -> Reply:
    return user.calls("POST", f"/v1/invitations/{invitation_id}/{decision}")


def test_invitation_waits_for_its_recipient(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user(display_name="Jovan")
    assert jovan.invites(mila).json == {"status": "received"}
    (found,) = received(mila)
    assert found == {
        "invitation_id": found["invitation_id"],
        "sender": {"user_id": jovan.user_id, "display_name": "Jovan"},
        "sent_at": "2026-11-24T12:00:00Z",
        "expires_at": "2026-12-24T12:00:00Z",
    }
    assert contacts(mila) == contacts(jovan) == []


def test_accepted_invitation_makes_two_contacts(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user(display_name="Jovan")
    jovan.invites(mila)
    accepted = decides(mila, received(mila)[0]["invitation_id"], "accept")
    assert (accepted.status, accepted.json["display_name"]) == (200, "Jovan")
    assert (contacts(mila), contacts(jovan)) == ([jovan.user_id], [mila.user_id])
    assert received(mila) == []


def test_repeated_acceptance_gets_the_same_answer(world: World) -> None:
    mila, _, invitation = an_invitation(world)
    assert decides(mila, invitation, "accept").json == decides(mila, invitation, "accept").json


def test_two_acceptances_at_once_make_one_contact(world: World) -> None:
    mila, _, invitation = an_invitation(world)
    before_the_commit(lambda: decides(mila, invitation, "accept"))
    assert decides(mila, invitation, "accept").status == 200
    assert {one["contacts"]["N"] for one in cloud.records("contact_count")} == {"1"}


@pytest.mark.parametrize("blocker", ["sender", "recipient"])
def test_block_that_comes_before_the_acceptance_prevents_it(world: World, blocker: str) -> None:
    mila, jovan, invitation = an_invitation(world)
    before_the_commit(lambda: jovan.blocks(mila) if blocker == "sender" else mila.blocks(jovan))
    assert decides(mila, invitation, "accept").status == 404
    assert contacts(mila) == contacts(jovan) == []


def test_invitation_declined_while_it_is_accepted_makes_no_contact(world: World) -> None:
    mila, jovan, invitation = an_invitation(world)
    before_the_commit(lambda: decides(mila, invitation, "decline"))
    assert decides(mila, invitation, "accept").status == 404
    assert contacts(mila) == contacts(jovan) == []


def test_block_that_comes_before_the_invitation_prevents_it(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    before_the_commit(lambda: mila.blocks(jovan))
    assert jovan.invites(mila).status == 202
    mila.unblocks(jovan)
    assert received(mila) == []


@pytest.mark.promise("RGT-3")
def test_invitation_by_an_account_whose_erasure_has_begun_stores_nothing(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    before_the_commit(lambda: world.set_state(jovan, "erasing"))
    jovan.invites(mila)
    assert cloud.records("invitation") == cloud.records("sent_invitation") == []


def test_declined_invitation_cannot_be_sent_again_before_its_end(world: World) -> None:
    mila, jovan, invitation = an_invitation(world)
    assert [decides(mila, invitation, "decline").status for _ in range(2)] == [204, 204]
    jovan.invites(mila)
    assert received(mila) == []
    assert decides(mila, invitation, "accept").status == 404
    world.advance(timedelta(days=30))
    jovan.signs_in_again().invites(mila)
    assert senders(mila.signs_in_again()) == [jovan.user_id]


@pytest.mark.parametrize("ending", ["sender", "recipient"])
def test_ended_contact_does_not_come_back_by_an_older_invitation(world: World, ending: str) -> None:
    mila, jovan, invitation = an_invitation(world)
    assert jovan.adds(mila.makes_a_code()).status == 201
    one, other = (jovan, mila) if ending == "sender" else (mila, jovan)
    assert one.calls("DELETE", f"/v1/contacts/{other.user_id}").status == 204
    assert received(mila) == []
    assert decides(mila, invitation, "accept").status == 404
    assert contacts(mila) == contacts(jovan) == []


def test_ended_contact_does_not_come_back_by_a_crossed_invitation(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.invites(mila)
    mila.invites(jovan)
    of_mila = received(jovan)[0]["invitation_id"]
    assert decides(mila, received(mila)[0]["invitation_id"], "accept").status == 200
    mila.calls("DELETE", f"/v1/contacts/{jovan.user_id}")
    assert decides(jovan, of_mila, "accept").status == 404
    assert contacts(mila) == contacts(jovan) == []


def test_list_far_above_a_lowered_limit_accepts_the_next_invitation(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    for _ in range(54):
        is_invited_by_a_stranger(mila)
    allow(invitations_most=5)
    world.advance(timedelta(seconds=1))
    assert jovan.invites(mila).status == 202
    assert senders(mila) == [jovan.user_id]


def is_invited_by_a_stranger(user: User) -> None:
    """Store an invitation; signing so many users up would reach a limit of its own."""
    account_id, stranger = AccountId(user.account_id), Side(AccountId.new(), UserId.new())
    keys = read_people([account_id])[account_id].peer.keys
    invitation = Invitation(
        invitation_id=InvitationId.new(),
        user_id=stranger.user_id,
        account_id=stranger.account_id,
        sent_at=clock.now(),
    )
    commit(*store.invitation_creations(account_id, stranger, invitation, keys))


def test_next_page_follows_after_the_last_sender_of_a_page_is_blocked(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    jovan.invites(mila)
    world.advance(timedelta(seconds=1))
    vuk.invites(mila)
    first = mila.gets("/v1/invitations?limit=1").json
    mila.blocks(vuk)
    second = mila.gets(f"/v1/invitations?limit=1&cursor={first['next_cursor']}").json
    assert [one["sender"]["user_id"] for one in second["items"]] == [jovan.user_id]


def test_ended_invitation_cannot_be_accepted(world: World) -> None:
    mila, _, invitation = an_invitation(world)
    world.advance(timedelta(days=30))
    mila = mila.signs_in_again()
    assert received(mila) == []
    assert decides(mila, invitation, "accept").status == 404


@pytest.mark.parametrize("decision", ["accept", "decline"])
def test_only_the_recipient_decides(world: World, decision: str) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    jovan.invites(mila)
    invitation = received(mila)[0]["invitation_id"]
    assert {decides(user, invitation, decision).status for user in (jovan, vuk)} == {404}
    assert decides(mila, InvitationId.new(), decision).status == 404
    assert senders(mila) == [jovan.user_id]


def targets(world: World, jovan: User) -> dict[str, str]:
    """Return the ids of users whom Jovan cannot invite, one of each kind, and of one whom he can."""
    kinds = ("active", "contact", "invited", "declined", "blocked", "blocking", "frozen", "restricted")
    users = {kind: world.a_user() for kind in kinds}
    erased = world.a_user()
    erase(erased)
    jovan.adds(users["contact"].makes_a_code())
    jovan.invites(users["invited"])
    jovan.invites(users["declined"])
    decides(users["declined"], received(users["declined"])[0]["invitation_id"], "decline")
    jovan.blocks(users["blocked"])
    users["blocking"].blocks(jovan)
    for state in ("frozen", "restricted"):
        world.set_state(users[state], state)
    others = {"self": jovan.user_id, "erased": erased.user_id, "unknown": str(UserId.new())}
    return {kind: user.user_id for kind, user in users.items()} | others


def test_answer_and_calls_are_the_same_whoever_is_invited(world: World) -> None:
    allow(invitations_first_week_day=100)
    jovan = world.a_user()
    answers = {}
    for kind, user_id in targets(world, jovan).items():
        with cloud.counted() as calls:
            reply = jovan.calls("POST", "/v1/invitations", body={"user_id": user_id})
        answers[kind] = (reply.status, reply.text, sorted(calls.items()))
    assert set(map(str, answers.values())) == {str(answers["active"])}


def test_invitations_that_reach_nobody_store_nothing(world: World) -> None:
    jovan = world.a_user()
    wanted = targets(world, jovan)
    del wanted["active"]
    before = cloud.items_of("accounts")
    for user_id in wanted.values():
        jovan.calls("POST", "/v1/invitations", body={"user_id": user_id})
    assert cloud.items_of("accounts") == before


def test_block_ends_open_invitations_in_both_directions(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.invites(mila)
    mila.invites(jovan)
    mila.blocks(jovan)
    mila.unblocks(jovan)
    assert received(mila) == received(jovan) == []
    assert cloud.records("invitation") == cloud.records("sent_invitation") == []


def test_invitation_of_a_sender_who_is_not_active_waits_unlisted(world: World) -> None:
    mila, jovan, invitation = an_invitation(world)
    world.set_state(jovan, "frozen")
    assert received(mila) == []
    assert decides(mila, invitation, "accept").status == 404
    world.set_state(jovan, "active")
    assert senders(mila) == [jovan.user_id]


def test_invitation_between_users_who_met_by_a_code_is_not_listed(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.invites(mila)
    jovan.adds(mila.makes_a_code())
    assert received(mila) == []


def test_full_list_drops_the_oldest_so_that_no_stranger_keeps_others_out(world: World) -> None:
    allow(invitations_most=10)
    mila = world.a_user()
    strangers = [world.a_user() for _ in range(11)]
    for stranger in strangers:
        world.advance(timedelta(seconds=1))
        stranger.invites(mila)
    assert senders(mila) == [stranger.user_id for stranger in reversed(strangers[1:])]
    assert len(cloud.records("sent_invitation")) == 10


@pytest.mark.parametrize("decision", ["decline", "accept"])
def test_decided_invitation_outlives_a_flood(world: World, decision: str) -> None:
    allow(invitations_most=5)
    mila, jovan = world.a_user(), world.a_user()
    jovan.invites(mila)
    decides(mila, received(mila)[0]["invitation_id"], decision)
    mila.calls("DELETE", f"/v1/contacts/{jovan.user_id}")
    for _ in range(7):
        world.advance(timedelta(seconds=1))
        world.a_user().invites(mila)
    jovan.invites(mila)
    assert len(received(mila)) == 5
    assert jovan.user_id not in senders(mila)


def test_invitation_that_is_declined_while_it_makes_room_stays(world: World) -> None:
    allow(invitations_most=5)
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    jovan.invites(mila)
    (first,) = received(mila)
    world.advance(timedelta(seconds=1))
    for _ in range(4):
        is_invited_by_a_stranger(mila)
    before_the_commit(lambda: decides(mila, first["invitation_id"], "decline"))
    vuk.invites(mila)
    jovan.invites(mila)
    assert senders(mila) == [vuk.user_id]


def test_invitations_are_limited_per_day(world: World) -> None:
    allow(invitations_day=1)
    mila, jovan = world.a_user(), world.a_user()
    assert [jovan.invites(mila).status for _ in range(2)] == [202, 429]


def test_invitations_are_listed_page_by_page(world: World) -> None:
    mila, strangers = world.a_user(), [world.a_user() for _ in range(3)]
    for stranger in strangers:
        world.advance(timedelta(seconds=1))
        stranger.invites(mila)
    first = mila.gets("/v1/invitations?limit=2").json
    second = mila.gets(f"/v1/invitations?limit=2&cursor={first['next_cursor']}").json
    found = [one["sender"]["user_id"] for one in (*first["items"], *second["items"])]
    assert found == [stranger.user_id for stranger in reversed(strangers)]
    assert mila.gets(f"/v1/invitations?cursor={InvitationId.new()}").problem == "invalid_request"


def test_idempotency_key_with_another_user_is_refused(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    key = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    assert [jovan.invites(mila, headers=key).status for _ in range(2)] == [202, 202]
    assert jovan.invites(vuk, headers=key).problem == "idempotency_mismatch"
    assert received(vuk) == []


@pytest.mark.promise("SAF-1")
def test_new_account_sends_five_invitations_a_day_and_older_ones_twenty(world: World) -> None:
    mila = world.a_user()
    others = [world.a_user() for _ in range(6)]
    assert [mila.invites(one).status for one in others] == [202] * 5 + [429]
    world.advance(7 * DAY)
    mila = mila.signs_in_again()
    later = [world.a_user() for _ in range(6)]
    assert [mila.invites(one).status for one in later] == [202] * 6


@pytest.mark.promise("SAF-1")
def test_invitations_of_an_account_that_five_people_declined_are_not_delivered(world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    world.advance(7 * DAY)
    mila = mila.signs_in_again()
    for _ in range(5):
        recipient = world.a_user()
        mila.invites(recipient)
        (waiting,) = recipient.gets("/v1/invitations").json["items"]
        for _ in range(2):
            recipient.calls("POST", f"/v1/invitations/{waiting['invitation_id']}/decline")
    assert mila.invites(vuk).status == 202
    assert vuk.signs_in_again().gets("/v1/invitations").json["items"] == []
    world.advance(7 * DAY)
    assert mila.signs_in_again().invites(vuk).status == 202
    assert len(vuk.signs_in_again().gets("/v1/invitations").json["items"]) == 1
