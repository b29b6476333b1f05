"""`python -m infra.ops stream-cases` makes signed calls of the internal API and prints cases."""

from __future__ import annotations

import pytest

from chalicelib.accounts.service import glances
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.reconciliation.cases import service as cases
from chalicelib.reconciliation.cases.model import StreamLoss
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("STR-6")


@pytest.fixture
def run(wire: Wire) -> Commands:
    return Commands("stream-cases", wire)


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who was deleted at Stream two days ago."""
    user = world.a_user()
    account = glances([AccountId(user.account_id)])[AccountId(user.account_id)]
    assert account
    cases.open_case(account, StreamLoss.DELETED)
    world.advance(2 * DAY)
    return user


def test_case_is_listed_with_its_age_and_closed(run: Commands, mila: User) -> None:
    listed = run("ana", "list").output
    assert "1 open" in listed
    row = next(line for line in listed.splitlines() if mila.user_id in line)
    assert ("deleted" in row, row.rstrip(" │┃").endswith("2")) == (True, True)
    closed = run("boris", "close", mila.user_id, "--outcome", "misuse")
    assert (closed.exit_code, closed.output.endswith("closed as misuse")) == (0, True)
    assert "0 open" in run("ana", "list").output


def test_refusal_is_printed_in_one_line(run: Commands, mila: User) -> None:
    assert run("ana", "close", mila.user_id, "--outcome", "mistake").exit_code == 0
    again = run("ana", "close", mila.user_id, "--outcome", "mistake")
    assert (again.exit_code, again.output.startswith("refused:")) == (1, True)


@pytest.mark.parametrize(("user", "outcome"), [("mila", "mistake"), (f"u_{'0' * 26}", "reversed")])
def test_malformed_user_id_or_outcome_is_not_sent(wire: Wire, run: Commands, user: str, outcome: str) -> None:
    assert run("ana", "close", user, "--outcome", outcome).exit_code == 2
    assert wire.sent == []
