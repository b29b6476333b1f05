"""Lists that page: a cursor is good for the list that gave it, and for its owner."""

import pytest

from tests.support.world.world import User, World

LISTS = (
    "/v1/blocks",
    "/v1/contacts",
    "/v1/invitations",
    "/v1/consents/analytics/records",
    "/v1/rights-requests",
    "/v1/sessions/events",
)


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with two items on each list."""
    mila, others = world.a_user(), [world.a_user() for _ in range(6)]
    for blocked in others[:2]:
        mila.blocks(blocked)
    mila.meets(*others[2:4])
    for sender in others[4:]:
        sender.invites(mila)
    mila.steps_up()
    mila.consents("analytics")
    mila.withdraws("analytics")
    mila.exercises("marketing_objection")
    mila.exercises("consent_withdrawal")
    return mila


def test_cursor_is_refused_by_every_other_list(mila: User) -> None:
    cursors = {place: mila.gets(f"{place}?limit=1").json["next_cursor"] for place in LISTS}
    taken = {
        (own, place)
        for own, cursor in cursors.items()
        for place in LISTS
        if (answer := mila.gets(f"{place}?limit=1&cursor={cursor}")).status == 200
        or answer.problem != "invalid_request"
    }
    assert taken == {(place, place) for place in LISTS}


@pytest.mark.parametrize("place", LISTS)
def test_pages_of_one_item_are_all_items(mila: User, place: str) -> None:
    pages, cursor = [], ""
    for _ in range(10):
        page = mila.gets(f"{place}?limit=1{cursor}").json
        pages.append(page["items"])
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [one for page in pages for one in page] == mila.gets(place).json["items"]
    assert {len(page) for page in pages} <= {0, 1}
