"""An erasure takes the user off the contacts, invitations, blocks and codes of everyone else (RGT-3)."""

from typing import Any

import pytest

from chalicelib.core import aws, clock, table
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, UserId
from chalicelib.people.contacts import counterparts, store
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_outcomes
from tests.support.cases.erasure_parts import erase, freeze_and_end
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, work
from tests.support.cases.holds import places_hold
from tests.support.cases.restores import IN_BACKUPS, Backup
from tests.support.clouds import cloud
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")

# The code that signed the user up; it expires within days.
OTHERWISE_KEPT = ({"S": "challenge"}, {"S": "limit"})
# Requests and evidence outlive the account on purpose, under its random ids.
SEARCHED = ("accounts", "billing", "challenges", "claims", "held", "keys", "usage")


class Circle:
    """A user with a row of each kind that names another user, and those others."""

    def __init__(self, mila: User) -> None:
        world = mila.world
        self.mila = mila
        self.contact, self.adder = world.a_user(), world.a_user()
        self.invited, self.inviting = world.a_user(), world.a_user()
        self.blocked, self.blocker = world.a_user(), world.a_user()
        mila.adds(self.contact.makes_a_code())
        self.code = mila.makes_a_code()
        self.adder.adds(self.code)
        mila.invites(self.invited)
        self.inviting.invites(mila)
        mila.blocks(self.blocked)
        self.blocker.blocks(mila)

    @property
    def others(self) -> tuple[User, ...]:
        return (self.contact, self.adder, self.invited, self.inviting, self.blocked, self.blocker)

    def leave(self) -> counterparts.LeftOthers:
        """Delete what others have about Mila, whose erasure is past its point of no return."""
        ids = AccountId(self.mila.account_id), UserId(self.mila.user_id)
        return counterparts.leave_others(*ids, clock.now() + HOUR)


def naming(user: User) -> list[dict[str, Any]]:
    """Return every item that names a user or the user's account in clear, anywhere."""
    return [
        item
        for name in SEARCHED
        for item in cloud.items_of(name)
        if (user.user_id in str(item) or user.account_id in str(item))
        and item.get("kind") not in OTHERWISE_KEPT
    ]


def counted_contacts(user: User) -> str:
    counts = cloud.records("contact_count")
    return str(next(one["contacts"]["N"] for one in counts if one["pk"]["S"] == f"A#{user.account_id}"))


@pytest.fixture
def circle(world: World) -> Circle:
    return Circle(world.a_user())


@pytest.mark.promise("RGT-3")
def test_no_row_names_a_user_after_an_erasure(world: World, stream: Emulator) -> None:
    circle = Circle(a_subject(world))
    mila = circle.mila
    assert len(naming(mila)) > 12
    request_id = asks_for_erasure(mila)
    assert work(world, request_id).status is Status.COMPLETED
    assert naming(mila) == []
    counted = {one.records: one.count for one in erasure_outcomes.certificate_of(request_id).deleted}
    assert counted["contact"] == 2
    assert counted["invitation"] == counted["sent_invitation"] == counted["blocked_by"] == 1
    blocker = circle.blocker.signs_in_again()
    (block,) = blocker.gets("/v1/blocks").json["items"]
    assert block["user_id"] != mila.user_id
    assert circle.contact.signs_in_again().gets("/v1/contacts").json == {"items": []}
    assert circle.invited.signs_in_again().gets("/v1/invitations").json == {"items": []}


HOLDABLE = ("contact", "invitation", "sent_invitation", "block_list", "blocked_by", "contact_code")


@pytest.mark.proof  # takes seconds
@pytest.mark.promise("RGT-3", "RET-3")
def test_hold_on_a_user_leaves_no_row_of_others_that_names_the_user(world: World, stream: Emulator) -> None:
    circle = Circle(a_subject(world))
    places_hold(circle.mila, *HOLDABLE)
    work(world, asks_for_erasure(circle.mila))
    assert [one for one in naming(circle.mila) if one not in cloud.items_of("held")] == []
    assert len(cloud.items_of("held")) >= len(HOLDABLE)
    assert counted_contacts(circle.contact) == "0"
    assert circle.invited.signs_in_again().adds(circle.code).problem == "wrong_contact_code"


@pytest.mark.promise("RGT-3")
def test_contacts_of_others_are_counted_down(circle: Circle) -> None:
    erase(circle.mila)
    assert counted_contacts(circle.contact) == counted_contacts(circle.adder) == "0"


@pytest.mark.promise("RGT-3")
def test_code_of_an_erased_user_opens_nothing(circle: Circle) -> None:
    erase(circle.mila)
    assert cloud.records("contact_code_owner") == [
        one for one in cloud.records("contact_code_owner") if one["account_id"]["S"] != circle.mila.account_id
    ]
    assert circle.invited.adds(circle.code).problem == "wrong_contact_code"


def test_records_of_others_stay(circle: Circle) -> None:
    jovan, vuk = circle.contact, circle.adder
    vuk.adds(jovan.makes_a_code())
    vuk.blocks(circle.inviting)
    erase(circle.mila)
    assert [one["user_id"] for one in jovan.gets("/v1/contacts").json["items"]] == [vuk.user_id]
    assert [one["user_id"] for one in vuk.gets("/v1/blocks").json["items"]] == [circle.inviting.user_id]


@pytest.mark.promise("RGT-3")
def test_replay_after_a_restore_takes_the_user_off_the_rows_of_others(world: World, stream: Emulator) -> None:
    circle = Circle(a_subject(world))
    backup = Backup.made()
    work(world, asks_for_erasure(circle.mila))
    with backup.restored(*IN_BACKUPS) as restore:
        assert len(naming(circle.mila)) > 12
        found = restore.replay()
        assert (found.status, found.survivors) == (0, 0)
        assert naming(circle.mila) == []
        assert circle.contact.signs_in_again().gets("/v1/contacts").json == {"items": []}


@pytest.mark.proof  # takes seconds
@pytest.mark.promise("RET-3")
def test_replay_with_a_hold_takes_the_user_off_the_rows_of_others(world: World, stream: Emulator) -> None:
    circle = Circle(a_subject(world))
    places_hold(circle.mila, *HOLDABLE)
    backup = Backup.made()
    work(world, asks_for_erasure(circle.mila))
    with backup.restored(*IN_BACKUPS) as restore:
        assert restore.replay().status == 0
        assert [one for one in naming(circle.mila) if one not in cloud.items_of("held")] == []


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("point", range(1, 11))
def test_run_killed_at_any_write_is_continued_by_the_next(
    circle: Circle, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    freeze_and_end(circle.mila.account_id)
    writes = 0

    def dying(name: str) -> None:
        write = getattr(table, name)

        def killed(*args: Any) -> Any:
            nonlocal writes
            writes += 1
            if writes == point:
                raise Unavailable
            return write(*args)

        monkeypatch.setattr(table, name, killed)

    for name in ("transact", "write", "try_write", "delete_all"):
        dying(name)
    try:
        circle.leave()
    except Unavailable:
        assert circle.leave().complete
    own = f"A#{circle.mila.account_id}"
    elsewhere = [one for one in naming(circle.mila) if one["pk"] != {"S": own}]
    assert {one["kind"]["S"] for one in elsewhere} == {"claim"}
    assert counted_contacts(circle.contact) == counted_contacts(circle.adder) == "0"


@pytest.mark.promise("RGT-3")
def test_contact_of_another_user_is_deleted_although_it_is_not_counted(circle: Circle) -> None:
    """The items of a restored backup are of slightly different instants."""
    (count,) = [one for one in cloud.records("contact_count") if circle.contact.account_id in one["pk"]["S"]]
    place = {"pk": count["pk"], "sk": count["sk"]}
    aws.client("dynamodb").delete_item(TableName="ru4m-test-accounts", Key=place)
    erase(circle.mila)
    assert [one for one in cloud.records("contact") if circle.mila.user_id in str(one)] == []


@pytest.mark.promise("RGT-3")
def test_two_users_who_are_erased_at_the_same_time_leave_no_row(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, jovan = circle.mila, circle.contact
    freeze_and_end(mila.account_id)
    freeze_and_end(jovan.account_id)
    remove = store.remove

    def after_the_other(pair: store.Counterpart) -> None:
        monkeypatch.setattr(store, "remove", remove)
        counterparts.leave_others(AccountId(jovan.account_id), UserId(jovan.user_id), clock.now() + HOUR)
        remove(pair)

    monkeypatch.setattr(store, "remove", after_the_other)
    assert circle.leave().complete
    assert [one["pk"]["S"] for one in cloud.records("contact") if mila.user_id in str(one)] == []
    assert counted_contacts(circle.adder) == "0"


@pytest.mark.promise("RGT-3")
def test_run_stops_at_its_deadline_after_a_pair(circle: Circle) -> None:
    freeze_and_end(circle.mila.account_id)
    ids, runs = (AccountId(circle.mila.account_id), UserId(circle.mila.user_id)), 0
    while not counterparts.leave_others(*ids, clock.now()).complete:
        runs += 1
    assert runs == 5


@pytest.mark.promise("RGT-3")
def test_list_of_blocks_that_cannot_be_opened_does_not_hold_up_an_erasure(circle: Circle) -> None:
    freeze_and_end(circle.mila.account_id)
    key = {"pk": {"S": f"A#{circle.blocker.account_id}"}}
    aws.client("dynamodb").delete_item(TableName="ru4m-test-keys", Key=key)
    assert circle.leave().complete
    assert not [one for one in cloud.records("blocked_by") if circle.mila.account_id in str(one)]


@pytest.mark.promise("RGT-3")
def test_expired_invitations_are_deleted_too(world: World, circle: Circle) -> None:
    world.advance(clock.DAY * 31)
    freeze_and_end(circle.mila.account_id)
    assert circle.leave().complete
    assert cloud.records("invitation") == cloud.records("sent_invitation") == []
