"""`make bench`: calls and CPU time per account of the workers that announce notices and renew evidence.

One worker works through one shard, against the emulated AWS, in this process. Its calls are counted and its
CPU time is measured; the emulator is another process. Neither says how long AWS takes for a call. So the rate
of a worker is an estimate: the calls with assumed latencies, one after the other, and the CPU time on the
share of a core that Lambda gives to 512 MB. The pace of mails is left out. `python -m bench.fanout smallest`
shows in seconds that it runs.
"""

import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta

import time_machine
from rich.console import Console
from rich.table import Table as Shown

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.accounts.profiles import store as profiles
from chalicelib.accounts.profiles.model import Profile
from chalicelib.consents import announcements, choices, renewal
from chalicelib.consents import store as consents_store
from chalicelib.consents.model import Choice, ConsentState
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import clock, needs, transactions
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.retention.holds import service as holds
from infra.costs.model import MILLISECONDS
from tests.faults.emulated import emulated_aws, use_emulated_aws
from tests.support.clouds import cloud, environment
from tests.support.world.builders import a_phone
from tests.support.world.notices import a_version

os.environ.update(environment.variables() | {"RU4M_STAGE": "local"} | dict(os.environ))

WHOLE, SMALLEST = 500, 4
CORES = 512 / 1769  # Lambda gives a whole one to 1,769 MB
_LONG_AGO = timedelta(days=5 * 365 - 60)  # evidence of a consent is due for renewal
_PUBLISHED = versions.PUBLISHED
_COLUMNS = ("accounts", "calls for each", "CPU, ms", "calls, ms", "accounts/s of a worker")


@dataclass(frozen=True)
class Measured:
    """What a worker did: calls by name, and seconds of CPU time."""

    calls: dict[str, int]
    seconds: float

    def cells(self, number: int) -> tuple[str, ...]:
        """Return the cells of the table, per account."""
        waiting = sum(MILLISECONDS[name] * calls for name, calls in self.calls.items()) / number
        computing = self.seconds * 1000 / number
        named = ", ".join(
            f"{calls / number:.2f} {name.partition('.')[2]}" for name, calls in self.calls.items()
        )
        rate = 1000 / (waiting + computing / CORES)
        return named, f"{computing:.1f}", f"{waiting:.1f}", f"{rate:.0f}"


def main(number: int) -> None:
    """Print the table."""
    shown = Shown(*_COLUMNS, title="What a worker does for an account")
    measures: dict[str, Callable[[], Measured]] = {
        "announced to in the app": lambda: _announce(number, by_mail=0),
        "announced to by mail": lambda: _announce(number, by_mail=number),
        "evidence renewed": lambda: _renew(number),
    }
    for what, measure in measures.items():
        with emulated_aws() as variables, use_emulated_aws(variables), redirect_stdout(io.StringIO()):
            measured = measure()  # prints its metrics
        shown.add_row(what, *measured.cells(number))
    Console(width=150).print(shown)


def _announce(number: int, by_mail: int) -> Measured:
    for place in range(number):
        _account(f"n{place}@test.example" if place < by_mail else None)
    notice = a_version(f"{clock.now() + 20 * DAY:%Y-%m-%d}")
    versions.PUBLISHED = (*_PUBLISHED, notice)
    return _measured(lambda: announcements.announce_to_shard(notice.version, "00", _late()))


def _renew(number: int) -> Measured:
    given = Choice(Purpose.ANALYTICS, ConsentState.GIVEN, notices.current(NoticeKind.PRIVACY).version)
    with time_machine.travel(clock.now() - _LONG_AGO, tick=True):
        for _ in range(number):
            account_id = _account(None)
            (found,) = needs.read_accounts([account_id], (accounts.OPEN_ACCOUNT, DATA_KEY))
            choices.decide(found[accounts.OPEN_ACCOUNT], None, found[DATA_KEY], given)
    return _measured(lambda: renewal.renew_shard("00", _late(), holds.kinds_held))


def _account(email: str | None) -> AccountId:
    account, keys, writes = accounts.new_account(a_phone(), "en")
    profile = Profile(account_id=account.account_id, display_name="Mila", email=email)
    transactions.commit(*writes, profiles.written(profile, keys))
    return account.account_id


def _late() -> datetime:
    return clock.now() + DAY


def _measured(work: Callable[[], object]) -> Measured:
    with cloud.counted() as calls:
        began = time.process_time()
        work()
        seconds = time.process_time() - began
    return Measured(dict(calls), seconds)


def _use_one_shard() -> None:
    accounts.SHARDS = accounts_store.SHARDS = consents_store.SHARDS = ("00",)
    setattr(clock, "pause", lambda _: None)  # noqa: B010 - mypy refuses to assign to a function


if __name__ == "__main__":
    _use_one_shard()
    main(SMALLEST if sys.argv[1:] == ["smallest"] else WHOLE)
