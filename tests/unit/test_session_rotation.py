"""Tests refresh rotation over all interleavings of an owner and a thief."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.sessions.rotation import WITHIN, Active, RotationVerdict, Shown, decide

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINE, OTHER = True, False


class Server:
    """A session, changed by the rotation rule."""

    def __init__(self) -> None:
        self.token = Active(0, NOON)
        self.ended = False
        self.now = NOON

    @property
    def active(self) -> int:
        return self.token.generation

    def refresh(self, generation: int, *, same_device: bool = MINE) -> int | None:
        """Return the generation of the token in the answer, or None if the session has ended."""
        if self.ended:
            return None
        verdict = decide(self.token, Shown(generation, same_device), self.now)
        if verdict is RotationVerdict.END:
            self.ended = True
            return None
        if verdict is RotationVerdict.ROTATE:
            self.token = Active(self.active + 1, self.now, self.token.lost)
        else:
            self.token = Active(self.active, self.now, self.token.losses(self.now))
        return self.active


class Owner:
    """An app that sends its newest token, and sends it again when a response is lost."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.token = 0

    def refresh(self, *, answer_lost: bool) -> None:
        answer = self.server.refresh(self.token)
        if answer is not None and not answer_lost:
            self.token = answer


STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 12 * 60)),  # lost?, minutes until the next refresh
    min_size=1,
    max_size=60,
)


@pytest.mark.promise("ACC-5")
@given(STEPS)
def test_owner_stays_signed_in_after_up_to_three_lost_responses_a_day(steps: list[tuple[bool, int]]) -> None:
    server = Server()
    owner, lost_at = Owner(server), list[datetime]()
    for wants_to_lose, minutes in steps:
        lose = wants_to_lose and len([at for at in lost_at if at + WITHIN > server.now]) < 3
        lost_at += [server.now] if lose else []
        owner.refresh(answer_lost=lose)
        assert not server.ended
        server.now += timedelta(minutes=minutes)


@given(STEPS)
def test_owner_always_holds_the_active_token_or_its_parent(steps: list[tuple[bool, int]]) -> None:
    server = Server()
    owner = Owner(server)
    for lose, minutes in steps:
        owner.refresh(answer_lost=lose)
        if server.ended:
            return
        assert owner.token in {server.active, server.active - 1}
        server.now += timedelta(minutes=minutes)


@pytest.mark.promise("ACC-5")
@given(st.integers(0, 20), st.integers(0, 20))
def test_genuine_token_from_another_device_ends_the_session_at_once(active: int, generation: int) -> None:
    assert decide(Active(active, NOON), Shown(generation, OTHER), NOON) is RotationVerdict.END


@pytest.mark.promise("ACC-5")
@given(st.integers(2, 50), st.data())
def test_token_older_than_the_parent_ends_the_session(active: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, active - 2))
    assert decide(Active(active, NOON), Shown(old, MINE), NOON) is RotationVerdict.END


@pytest.mark.promise("ACC-5")
def test_fourth_repetition_with_a_copied_device_id_ends_the_session() -> None:
    server = Server()
    server.refresh(0)
    answers = [server.refresh(0) for _ in range(4)]
    assert answers == [1, 1, 1, None]


@pytest.mark.promise("ACC-5")
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=1, max_size=40))
def test_owner_and_thief_with_token_and_device_id_cannot_both_stay_signed_in(
    turns: list[tuple[bool, int]],
) -> None:
    """When their tokens are two generations apart, the next use of the older one ends it."""
    server = Server()
    owner, thief = Owner(server), Owner(server)
    for owners_turn, minutes in turns:
        mover = owner if owners_turn else thief
        behind = server.active - mover.token
        mover.refresh(answer_lost=False)
        assert server.ended or behind <= 1
        server.now += timedelta(minutes=minutes)


def test_lost_response_counts_for_a_day() -> None:
    server = Server()
    server.refresh(0)
    for _ in range(3):
        server.refresh(0)
    server.now += timedelta(hours=24)
    assert server.refresh(0) == 1
