"""How long many accounts need to try all numbers; docs/limits.md has the figures (ACC-7, ADR 118)."""

import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from chalicelib.accounts.model import Account
from chalicelib.core import clock
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import TooMany
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import AccountId, Pseudonym, UserId
from chalicelib.people.contacts.matching import service as matching
from tests.support.world.world import World

LIMITS = Path(__file__).parents[2] / "docs" / "limits.md"
NUMBERS = 99_000_000  # of Serbia's mobile ranges 60 to 66, 68 and 69, of six and seven digits
SINGLE = 25  # numbers of one request of the attacker
CAN_BE_FOUND = 100_000


def an_attacker(number: int) -> Account:
    return Account(
        account_id=AccountId.new(),
        user_id=UserId.new(),
        phone=f"+38160{1_000_000 + number}",
        pseudonym=Pseudonym.new(),
        created_at=clock.now(),
    )


def takes_all(attacker: Account, network: str) -> int:
    """Compare numbers until none is left; return how many."""
    tried = 0
    while True:
        try:
            matching._take(attacker, ClientAddress(network), SINGLE)
        except TooMany:
            return tried
        tried += SINGLE


@pytest.fixture
def tried(world: World) -> list[int]:
    """How many numbers an account tries on each day, if it takes what it gets every six hours."""
    attacker, days = an_attacker(0), []
    for _ in range(12):
        days.append(0)
        for _ in range(4):
            days[-1] += takes_all(attacker, "203.0.113.7")
            world.advance(6 * HOUR)
    return days


@cache
def table() -> dict[int, list[str]]:
    """The rows of the table in docs/limits.md, by the number of accounts."""
    section = LIMITS.read_text().partition("## What trying all numbers takes")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if re.match(r"\| [\d,]+ \|", line)]
    return {int(row[0].replace(",", "")): row[1:] for row in rows}


@pytest.mark.promise("ACC-7")
def test_account_tries_so_many_numbers_a_day(tried: list[int]) -> None:
    assert tried[0] == 500 + 150  # and what is refilled until the evening
    assert set(tried[1:7]) == {200}
    assert tried[7] == 900 + 200
    assert set(tried[8:]) == {200}


@pytest.mark.promise("ACC-7")
@pytest.mark.parametrize("accounts", [1, 100, 1_000])
def test_figures_of_the_page_follow_from_what_an_account_tries(tried: list[int], accounts: int) -> None:
    first, day, once = 500, tried[-1], tried[7] - tried[-1]
    share = accounts * day / NUMBERS
    days = (NUMBERS / accounts - first - once) / day
    assert table()[accounts] == [
        f"{accounts * first:,}",
        f"{accounts * day:,}",
        f"{share * 100:.1g} %",
        f"{share * CAN_BE_FOUND:.{0 if share > 1e-5 else 1}f}",
        f"{days:,.0f} days" if days < 10_000 else f"{round(days, -3):,.0f} days",
    ]


@pytest.mark.promise("ACC-7")
def test_thousand_accounts_need_more_than_a_year(tried: list[int]) -> None:
    assert 1_000 * (sum(tried[:8]) + 357 * tried[-1]) < NUMBERS


@pytest.mark.promise("ACC-7")
def test_twenty_new_accounts_of_a_network_do_not_try_a_prefix_in_a_day(world: World) -> None:
    """A prefix of a thousand times ten numbers: their network shares less than they have."""
    attackers = [an_attacker(number) for number in range(40)]
    assert sum(takes_all(one, "203.0.113.9") for one in attackers) <= 10_000
    world.advance(timedelta(days=1))
    assert sum(takes_all(one, "203.0.113.9") for one in attackers) < 10_000 // 7 + SINGLE
    assert takes_all(an_attacker(99), "198.51.100.7") == 500
