"""One address block cannot close a country, and launches behind carrier networks are not refused (ADR 70).

The scenarios are played with the limits as they are, with counters in memory; docs/limits.md has the results.
"""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from chalicelib.accounts.challenges import budgets, limits
from chalicelib.accounts.challenges.model import Challenge, TooManyCodes
from chalicelib.core import clock
from chalicelib.core.http import ClientAddress
from tests.support import patches
from tests.support.sample import tried
from tests.support.world.codes import a_challenge, keep_counters_in_memory, serbian_numbers

pytestmark = pytest.mark.usefixtures("world")

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()
ELSEWHERE = 1_000


class Crowd:
    """Clients that request codes, each at its second; `sent` and `refused` count their requests."""

    def __init__(self) -> None:
        self.sent, self.refused = Counter[str](), Counter[str]()
        self._now = self._began = datetime(2026, 11, 24, tzinfo=UTC)
        self._random = random.Random(1)  # noqa: S311 - the same crowd each time
        self._phones, self._order = serbian_numbers(), itertools.count()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        keep_counters_in_memory()
        patches.current().setattr(clock, "now", lambda: self._now)
        patches.current().setattr(budgets, "_BLOCKS", 10**9)  # no two blocks share a debt by chance

    def at(self, second: float, act: Callable[[], object]) -> None:
        """Do something at a second."""
        heapq.heappush(self._due, (second, next(self._order), act))

    def run(self) -> None:
        """Do everything in the order of time."""
        while self._due:
            second, _, act = heapq.heappop(self._due)
            self._now = self._began + timedelta(seconds=int(second))
            act()

    def ask(self, client: str, network: int, earlier: Challenge | None = None) -> Challenge | None:
        """Request a code, or a resend of an earlier one; returns its challenge, None if it is refused."""
        address = ClientAddress(f"10.{network // 256}.{network % 256}.1")
        challenge = earlier or a_challenge(next(self._phones), address)
        try:
            with limits.count_code(challenge, None, address, is_resend=earlier is not None):
                self.sent[client] += 1
                return challenge.model_copy(update={"resends": int(earlier is not None)})
        except TooManyCodes:
            self.refused[client] += 1
            return None

    def sign_up(self, second: float, network: int) -> None:
        """Of ten people seven verify the first text within a minute, one a resend, and two none."""
        fate, reading = self._random.randrange(10), self._random.uniform(5, 60)

        def ask(after: int, earlier: Challenge | None = None) -> None:
            asked = self.ask("person", network, earlier)
            if asked and (earlier or fate < 7):
                self.at(second + after + reading, partial(limits.count_verified, asked))
            elif asked and fate < 8:
                self.at(second + 60, partial(ask, 60, asked))

        self.at(second, partial(ask, 0))


def attack(blocks: int, hours: int) -> Crowd:
    """Let attackers request a code every twenty seconds, and a person of other networks one every minute."""
    crowd = Crowd()
    for turn in range(hours * 180):
        crowd.at(20 * turn, partial(crowd.ask, "attacker", turn % blocks))
        if turn % 3 == 1:
            crowd.sign_up(20 * turn, ELSEWHERE + turn % 20)
    crowd.run()
    return crowd


def launch(networks: int, attackers: int, minutes: int = 60) -> float:
    """Return the percentage of refused requests of 80 people a minute, beside one of an attacker a second."""
    crowd = Crowd()
    for number in range(80 * minutes):
        crowd.sign_up(number * 0.75, ELSEWHERE + number % networks)
    for second in range(60 * minutes if attackers else 0):
        crowd.at(second, partial(crowd.ask, "attacker", second % attackers))
    crowd.run()
    return 100 * crowd.refused["person"] / (80 * minutes)


@pytest.mark.proof
@pytest.mark.parametrize("blocks", tried([1, 2, 10, 50], [2]))
def test_page_of_limits_states_what_attacking_blocks_get(blocks: int) -> None:
    hour, day = (attack(blocks, hours) for hours in (1, 24))
    cells = (
        blocks,
        hour.sent["attacker"],
        day.sent["attacker"],
        hour.refused["person"],
        day.refused["person"],
    )
    assert f"| {' | '.join(map(str, cells))} |" in PAGE


@pytest.mark.proof
@pytest.mark.parametrize("networks", tried([2, 4, 20], [4]))
def test_page_of_limits_states_what_launches_lose(networks: int) -> None:
    alone, with_one, with_ten = (launch(networks, attackers) for attackers in (0, 1, 10))
    assert (alone, with_one <= 2) == (0, True)
    assert f"| {networks} | {alone:.0f} | {with_one:.1f} | {with_ten:.1f} |" in PAGE


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize(("attackers", "most"), [(0, 0), (1, 8)])
def test_first_minutes_of_a_launch_from_two_networks_lose_few_people(attackers: int, most: int) -> None:
    assert launch(2, attackers, minutes=6) <= most


@pytest.mark.promise("ACC-2")
def test_attacking_block_refuses_no_person_of_another_network() -> None:
    crowd = attack(1, hours=1)
    assert (crowd.refused["attacker"] > 0, crowd.refused["person"]) == (True, 0)
