"""`make bench-quick`: calls to AWS, bytes of the response and sealing of each operation.

It runs the app in process, so the figures are the same on every machine, except the share (bench/sealing).
`python -m bench.quick smallest` does one round instead of ten.
"""

import io
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.support.clouds import environment

os.environ.update(environment.variables())

from bench import sealing
from bench.sealing import Cost
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone, an_address, an_event
from tests.support.world.world import Reply, World, a_world

COLUMNS = ("operation", "DynamoDB", "other calls", "answer, bytes", "sealing, share", "sealing, bytes")
ROUNDS = 10


def operations(world: World) -> dict[str, Callable[[], Reply]]:
    """Return each measured operation by its name, ready to be called once."""
    phone, other = a_phone(), world.a_user()
    mila, steady = world.a_user(phone=phone).is_stepped_up(), world.a_user().is_stepped_up()
    challenges = [world.asks_for_a_code(number).json["challenge_id"] for number in (a_phone(), phone)]
    codes = [world.code_for(number) for number, _ in cloud.sent_messages()[-2:]]
    address = an_address()
    email, email_code = mila.asks_for_email(address).json["challenge_id"], world.code_mailed_to(address)
    step_up = mila.asks_to_step_up().json["challenge_id"]
    step_up_code = world.code_for(phone)
    return {
        "signup: start": lambda: world.asks_for_a_code(a_phone()),
        "signup: verify, new number": lambda: world.verifies(challenges[0], codes[0]),
        "signup: verify, known number": lambda: world.verifies(challenges[1], codes[1]),
        "chat token": mila.mints_a_chat_token,
        "profile: read": lambda: mila.gets("/v1/profile"),
        "profile: change": lambda: mila.changes('"1"', name="Mila"),
        "profile: another user's": lambda: mila.gets(f"/v1/users/{other.user_id}"),
        "email: start": lambda: mila.asks_for_email(an_address()),
        "email: verify": lambda: mila.verifies_email(email, email_code),
        "notice: accept": lambda: mila.calls("POST", "/v1/notices/terms-2024-05-08/acceptance"),
        "step-up: start": mila.asks_to_step_up,
        "step-up: verify": lambda: mila.steps_up_with(step_up, step_up_code),
        "consent: give": lambda: mila.consents("analytics"),
        "consent: records": lambda: mila.gets("/v1/consents/analytics/records"),
        "usage: 100 events": lambda: mila.submits_usage(*(an_event() for _ in range(100))),
        "right: exercise": lambda: steady.exercises("access"),
        "session: end": mila.logs_out,
    }


@dataclass
class Row:
    """The cost of one operation."""

    dynamodb: int
    others: int
    answer: int
    cost: Cost

    def cells(self, rounds: int) -> tuple[str, ...]:
        """Return the cells of the table; the share is of all rounds, since one request is short."""
        share, added = f"{self.cost.share:.1%}", str(self.cost.added // rounds)
        return str(self.dynamodb), str(self.others), str(self.answer), share, added


def main(rounds: int) -> None:
    """Print the table."""
    rows: dict[str, Row] = {}
    for _ in range(rounds):
        with a_world() as world, redirect_stdout(io.StringIO()):  # the functions print their metrics
            world.a_user().mints_a_chat_token()  # the container reads its secrets before
            for name, operation in operations(world).items():
                row = _measure(name, operation)
                if name in rows:
                    row.cost += rows[name].cost
                rows[name] = row
    table = Table(*COLUMNS, title="Cost of operations")
    for name, row in rows.items():
        table.add_row(name, *row.cells(rounds))
    Console(width=110).print(table)


def _measure(name: str, operation: Callable[[], Reply]) -> Row:
    with cloud.counted() as calls, sealing.measured() as cost:
        reply = operation()
    if reply.status >= 400:
        raise SystemExit(f"{name}: {reply.text}")
    inside = calls.of("dynamodb")
    return Row(inside, sum(calls.values()) - inside, len(reply.text), cost)


if __name__ == "__main__":
    main(1 if sys.argv[1:] == ["smallest"] else ROUNDS)
