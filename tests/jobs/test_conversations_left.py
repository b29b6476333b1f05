"""Copies contain memberships and no other member; erasures and restores end memberships (RGT-1, RGT-3)."""

from typing import Any

import pytest

from chalicelib.core import clock, table
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.people.conversations import endings, store
from chalicelib.people.conversations.endings import leave_conversations
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_outcomes
from tests.support.cases.copies import a_copy
from tests.support.cases.erasure_parts import freeze_and_end
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, work
from tests.support.cases.holds import places_hold
from tests.support.cases.restores import IN_BACKUPS, Backup
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.jobs.profile_sync import resync, sync
from tests.support.stream.conversations import at_stream, deliver, ids, members_here, some_contacts
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")


def naming(user: User) -> list[Any]:
    """Return the conversations and memberships that name a user."""
    rows = [*cloud.records("conversation"), *cloud.records("membership")]
    return [one for one in rows if user.account_id in str(one) or user.user_id in str(one)]


def talking(mila: User, world: World) -> tuple[User, User, list[dict[str, Any]]]:
    jovan, vuk = world.a_user(), world.a_user()
    mila.meets(jovan, vuk)
    assert sync(mila, jovan, vuk) == []
    opened = [mila.opens(jovan), jovan.opens(mila, name="Trip"), mila.opens(jovan, vuk)]
    return jovan, vuk, [one.json for one in opened]


@pytest.mark.promise("RGT-1")
def test_copy_contains_memberships_and_no_other_member(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    copy = a_copy(mila)
    at = "2026-11-24T12:00:00Z"
    assert copy.records("membership") == [{"conversation_id": pair["conversation_id"], "joined_at": at}]
    assert jovan.account_id not in str(copy.records("membership"))


@pytest.mark.promise("RGT-3")
def test_erasure_ends_memberships_and_leaves_others_their_conversations(
    world: World, stream: Emulator
) -> None:
    mila = a_subject(world)
    jovan, vuk, (pair, group, three) = talking(mila, world)
    request_id = asks_for_erasure(mila)
    assert work(world, request_id).status is Status.COMPLETED
    assert naming(mila) == []
    assert deliver(pair, group, three) == []
    for conversation, left in ((pair, ids(jovan)), (group, ids(jovan)), (three, ids(jovan, vuk))):
        assert members_here(conversation) == at_stream(stream, conversation) == left
    counted = {one.records: one.count for one in erasure_outcomes.certificate_of(request_id).deleted}
    assert counted["membership"] == 3


@pytest.mark.proof  # takes seconds
@pytest.mark.promise("RET-3")
def test_hold_on_memberships_leaves_no_conversation_that_names_the_user(
    world: World, stream: Emulator
) -> None:
    mila = a_subject(world)
    jovan, *_, (pair, *_) = talking(mila, world)
    places_hold(mila, "membership")
    backup = Backup.made()
    work(world, asks_for_erasure(mila))
    assert naming(mila) == []
    assert deliver(pair) == []
    assert at_stream(stream, pair) == ids(jovan)
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert naming(mila) == []


@pytest.mark.promise("RGT-3")
def test_replay_after_a_restore_ends_the_memberships_again(world: World, stream: Emulator) -> None:
    mila = a_subject(world)
    jovan, _, (pair, *_) = talking(mila, world)
    backup = Backup.made()
    work(world, asks_for_erasure(mila))
    with backup.restored(*IN_BACKUPS) as restore:
        assert naming(mila) != []
        found = restore.replay()
        assert (found.status, found.survivors) == (0, 0)
        assert naming(mila) == []
        assert members_here(pair) == ids(jovan)


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("point", range(1, 4))
def test_run_killed_at_any_write_is_continued_by_the_next(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    mila = world.a_user()
    jovan, vuk, conversations = talking(mila, world)
    freeze_and_end(mila.account_id)
    transact, writes = table.transact, 0

    def killed(*args: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == point:
            raise Unavailable
        transact(*args)

    monkeypatch.setattr(table, "transact", killed)
    with pytest.raises(Unavailable):
        leave(mila)
    assert leave(mila).complete
    assert naming(mila) == []
    assert [members_here(one) for one in conversations] == [ids(jovan), ids(jovan), ids(jovan, vuk)]


def leave(user: User) -> endings.LeftConversations:
    return leave_conversations(AccountId(user.account_id), clock.now() + HOUR)


@pytest.mark.promise("RGT-3")
def test_both_users_of_a_pair_who_are_erased_at_the_same_time_end_it(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    mila.opens(jovan)
    before_the_commit(lambda: leave(jovan))
    assert leave(mila).complete
    assert naming(mila) == naming(jovan) == []
    assert resync() == 0
    assert cloud.records("conversation") == []


@pytest.mark.promise("RGT-3")
def test_run_stops_at_its_deadline_after_a_conversation(world: World, stream: Emulator) -> None:
    mila = world.a_user()
    talking(mila, world)
    runs = 0
    while not leave_conversations(AccountId(mila.account_id), clock.now()).complete:
        runs += 1
    assert (runs, naming(mila)) == (3, [])


@pytest.mark.promise("RGT-3")
def test_membership_without_an_entry_is_deleted_alone(world: World, stream: Emulator) -> None:
    mila, jovan = some_contacts(world, 2)
    pair = mila.opens(jovan).json
    table.delete_all([store.key(pair["conversation_id"])])
    assert leave(mila) == endings.LeftConversations(1, complete=True)
    assert naming(mila) == []
