"""Erasures while a service fails or a clock is wrong end in one state; no other account is touched."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.engine import engine
from chalicelib.rights.request import duties
from chalicelib.stream.deletion import MAX_ATTEMPTS
from chalicelib.stream.model import StreamDataKind, StreamReport
from infra.stream_emulator import Emulator
from tests.support.cases import erasure_outcomes
from tests.support.cases.erasure_requests import (
    WORKERS,
    a_subject,
    asks_for_erasure,
    at_step,
    cancels,
    erasable,
    events,
    is_stopped,
    stored,
    work,
)
from tests.support.clouds import cloud
from tests.support.faults.outages import refusal
from tests.support.stream.chat_deletions import ERROR, FAILURE
from tests.support.world.world import User, World

pytestmark = pytest.mark.proof  # a sample of kills and races is in `make test`

_proof = pytest.mark.proof
_MAX_RUNS = 1_000
_OPERATORS_LOOK = 3  # retries of stopped steps
Fault = Callable[[Emulator, User], object]
_SILENT = ReadTimeoutError(endpoint_url="https://service")
_DOWN = EndpointConnectionError(endpoint_url="https://service")
_DENIED = refusal("AccessDenied", 403)


@dataclass
class Case:
    """A user whose erasure is requested, beside another user, whom the erasure must not affect."""

    world: World
    stream: Emulator
    user: User
    other: User
    request_id: RightsRequestId = field(init=False)

    def __post_init__(self) -> None:
        self.before = erasure_outcomes.belongings(self.user, self.stream)
        self._others = erasure_outcomes.belongings(self.other, self.stream)
        self.request_id = asks_for_erasure(self.user)

    def advance_to(self, step: str) -> None:
        """Advance until a step is the next one, or one stops."""
        work(self.world, self.request_id, lambda request: at_step(step)(request) or is_stopped(request))

    def finish(self) -> None:
        """Advance to the end; an operator retries a step that stopped."""
        for _ in range(1 + _OPERATORS_LOOK):
            request = work(self.world, self.request_id, is_stopped)
            if not is_stopped(request):
                break
            assert self.world.an_operator("alice").retries(self.request_id).status == 200

    def assert_erased(self) -> None:
        erasure_outcomes.assert_erased(self.user, self.request_id, self.stream)
        self.assert_other_untouched()

    def assert_whole(self) -> None:
        erasure_outcomes.assert_whole(self.user, self.request_id, self.stream, self.before)
        self.assert_other_untouched()

    def assert_other_untouched(self) -> None:
        assert erasure_outcomes.belongings(self.other, self.stream) == self._others


@pytest.fixture
def case(world: World, stream: Emulator) -> Iterator[Case]:
    # A task whose answer was lost goes on; the next request deletes what a failed one left.
    stream.choose(task_progress="clock", unfinished_delete="finished")
    with erasable():
        other = a_subject(world)
        yield Case(world, stream, a_subject(world), other)


def sample(names: Iterable[str]) -> list[Any]:
    """Return parameters of which `make test` runs every third."""
    return [pytest.param(name, marks=() if number % 3 == 0 else _proof) for number, name in enumerate(names)]


def seeds(number: int) -> list[Any]:
    """Return seeds of which `make test` runs the first."""
    return [0, *(pytest.param(seed, marks=_proof) for seed in range(1, number))]


def silent(path: str, **more: Any) -> Fault:
    return lambda stream, _: stream.fault(path=path, **{"times": 4, **more})


_STREAM_FAULTS: dict[str, Fault] = {
    "down": silent("/", drop_connection=True),
    "limited": silent("/", status=429, code=9),
    "failing": silent("/", status=500),
    "behind a broken proxy": silent("/", status=502, body="<html>Bad Gateway</html>"),
    "html instead of json": silent("/", status=200, body="<html>Welcome</html>"),
    "an empty answer": silent("/", status=200, body=""),
    "answers lost": silent("/", drop_connection=True, commit=True),
    "refused though done": silent("/users", status=400, code=4, commit=True, times=2),
    "task failed": lambda stream, _: stream.spoil_tasks(1, failure=FAILURE),
    "task vanished": silent("/tasks", status=404, code=16, times=1),
    "every task vanished": silent("/tasks", status=404, code=16, times=MAX_ATTEMPTS),
    "done for all but this user": lambda stream, user: stream.spoil_tasks(1, results={user.user_id: ERROR}),
    "never done for this user": lambda stream, user: stream.spoil_tasks(
        MAX_ATTEMPTS, results={user.user_id: ERROR}
    ),
}


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("trouble", sample(_STREAM_FAULTS))
def test_erasure_is_certified_after_a_trouble_at_stream(case: Case, trouble: str) -> None:
    for step in ("suspend_at_stream", "delete_at_stream", "verify_deletion"):
        case.advance_to(step)
        _STREAM_FAULTS[trouble](case.stream, case.user)
    case.finish()
    case.assert_erased()


@_proof
@pytest.mark.promise("STR-5")
def test_erasure_is_certified_after_a_task_at_stream_that_did_not_end(case: Case) -> None:
    work(case.world, case.request_id, at_step("delete_at_stream"))
    case.stream.choose(task_progress="hold")
    case.advance_to("verify_deletion")
    case.stream.choose(task_progress="clock")
    case.finish()
    case.assert_erased()


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize(
    ("failures", "report"), [(1, StreamReport.DELETED_BEFORE), (MAX_ATTEMPTS, StreamReport.NOT_FOUND)]
)
def test_certificate_does_not_say_that_messages_were_deleted_if_stream_did_not(
    case: Case, failures: int, report: StreamReport
) -> None:
    case.stream.choose(unfinished_delete="as_deleted" if failures == 1 else "finished")
    case.stream.spoil_tasks(failures, failure=FAILURE)
    case.finish()
    said = {one.data: one.report for one in erasure_outcomes.certificate_of(case.request_id).stream.results}
    assert said[StreamDataKind.USER] is report
    assert said[StreamDataKind.MESSAGES] is StreamReport.UNCONFIRMED
    case.assert_other_untouched()


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("trouble", ["down", "failing", "html instead of json", "answers lost"])
def test_cancelled_erasure_restores_the_account_after_a_trouble_at_stream(case: Case, trouble: str) -> None:
    work(case.world, case.request_id, at_step("suspend_at_stream"))
    _STREAM_FAULTS[trouble](case.stream, case.user)
    work(case.world, case.request_id, at_step("grace"))
    cancels(case.user, case.request_id)
    _STREAM_FAULTS[trouble](case.stream, case.user)
    case.finish()
    case.assert_whole()


_AWS_FAULTS = {
    "s3 silent": ("s3", "PutObject", _SILENT, 4),
    "s3 silent to lists": ("s3", "ListObjectVersions", _SILENT, 4),
    "s3 slow": ("s3", "PutObject", refusal("SlowDown", 503), 4),
    "kms silent": ("kms", "Sign", _SILENT, 4),
    "kms throttles": ("kms", "Sign", refusal("ThrottlingException"), 4),
    "kms has no public key": ("kms", "GetPublicKey", _SILENT, 4),
    "mail silent": ("sesv2", "SendEmail", _SILENT, 4),
    "mail unreachable": ("sesv2", "SendEmail", _DOWN, 4),
    "mail throttles": ("sesv2", "SendEmail", refusal("TooManyRequestsException", 429), 4),
    "mail refuses the address": ("sesv2", "SendEmail", refusal("MessageRejected"), 4),
    "suppression list silent": ("sesv2", "DeleteSuppressedDestination", _SILENT, 4),
    "queue silent": ("sqs", "SendMessage", _SILENT, 1_000),
    # Each is a bug or a wrong policy: the step stops, and an operator repairs it.
    "s3 denies writing": ("s3", "PutObject", _DENIED, engine.MAX_TRIES),
    "s3 denies listing": ("s3", "ListObjectVersions", _DENIED, engine.MAX_TRIES),
    "kms denies signing": ("kms", "Sign", refusal("AccessDeniedException"), engine.MAX_TRIES),
    "kms key disabled": ("kms", "Sign", refusal("DisabledException"), engine.MAX_TRIES),
    "suppression list denies": (
        "sesv2", "DeleteSuppressedDestination", refusal("AccessDeniedException"), engine.MAX_TRIES,
    ),
}  # fmt: skip


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("trouble", sample(_AWS_FAULTS))
def test_erasure_is_certified_after_a_trouble_at_aws(case: Case, trouble: str) -> None:
    with cloud.failing(*_AWS_FAULTS[trouble]):
        case.finish()
    case.assert_erased()


@pytest.mark.promise("RGT-3")
def test_erasure_without_text_messages_is_certified(world: World, stream: Emulator) -> None:
    with erasable():
        case = Case(world, stream, world.a_user().is_stepped_up(), a_subject(world))
        with cloud.failing("sns", "Publish", _SILENT, 4):
            case.finish()
    case.assert_erased()
    assert len(world.messages_to(case.user.phone)) == 2  # of sign-up and step-up


class Restless:
    """Runs workers although DynamoDB refuses calls, or their clocks are wrong, at random."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self._chance = world, random.Random(seed)  # noqa: S311 - the same faults in each run
        self._at_work, self._off = False, timedelta()

    def refuse(self, share: float) -> Callable[..., None]:
        """Return a hook that refuses a share of the workers' calls."""

        def hook(**_: Any) -> None:
            if self._at_work and self._chance.random() < share:
                raise refusal("ThrottlingException")

        return hook

    def jump(self, by: timedelta) -> Callable[..., None]:
        """Return a hook that sets the workers' clock forwards and back again."""
        ahead = itertools.cycle((1, -1))

        def hook(**_: Any) -> None:
            if self._at_work and self._chance.random() < 0.3:
                self._off += (jumped := next(ahead) * by)
                self.world.advance(jumped)

        return hook

    def work(self, request_id: RightsRequestId, skew: timedelta = timedelta()) -> None:
        """Advance a request to its end; each worker's clock is off by up to `skew`."""
        for _ in range(_MAX_RUNS):
            request = stored(request_id)
            wakes = duties.wakes_at(request, self.world.now)
            assert not is_stopped(request), request.next_step
            if wakes is None:
                return
            self.world.traveller.move_to(max(wakes, self.world.now))
            off = skew * self._chance.choice((-1, 0, 1))
            self.world.advance(off)
            self._at_work = True
            for worker in WORKERS:
                with suppress(Unavailable):
                    engine.advance(request_id, worker)
            self._at_work = False
            self.world.advance(-off)
            if stored(request_id).version == request.version:
                self.world.advance(5 * MINUTE)  # until the sweep
        raise AssertionError("the request does not end")


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("seed", seeds(3))
def test_erasure_is_certified_while_dynamodb_throttles(
    case: Case, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.core.clock.pause", lambda _: None)
    restless = Restless(case.world, seed)
    refusing = [
        cloud.hooked("dynamodb", f"before-call.dynamodb.{operation}", restless.refuse(0.4))
        for operation in ("GetItem", "PutItem", "TransactWriteItems", "BatchWriteItem", "DeleteItem", "Query")
    ]
    with ExitStack() as stack:
        for each in refusing:
            stack.enter_context(each)
        restless.work(case.request_id)
    case.assert_erased()


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("seed", seeds(2))
@pytest.mark.parametrize("skew", [20 * MINUTE, 2 * DAY], ids=str)
def test_certificate_is_in_order_although_clocks_jump(case: Case, seed: int, skew: timedelta) -> None:
    Restless(case.world, seed).work(case.request_id, skew)
    case.assert_erased()


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("seed", seeds(4))
def test_certificate_is_in_order_although_the_clock_jumps_during_steps(case: Case, seed: int) -> None:
    restless = Restless(case.world, seed)
    with cloud.hooked("dynamodb", "before-call.dynamodb", restless.jump(20 * MINUTE)):
        restless.work(case.request_id)
    case.assert_erased()


@pytest.mark.promise("RGT-3")
def test_final_mark_is_not_older_than_the_pending_one_although_the_clock_jumps_back(case: Case) -> None:
    work(case.world, case.request_id, at_step("certify"))
    with cloud.hooked("kms", "before-call.kms.Sign", lambda **_: case.world.advance(-DAY)):
        work(case.world, case.request_id, lambda request: not request.is_open)
    case.world.advance(DAY)
    case.finish()
    case.assert_erased()


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("seed", seeds(2))
def test_cancelled_erasure_restores_the_account_although_clocks_jump(case: Case, seed: int) -> None:
    restless = Restless(case.world, seed)
    work(case.world, case.request_id, at_step("grace"))
    cancels(case.user, case.request_id)
    restless.work(case.request_id, 20 * MINUTE)
    case.assert_whole()
    assert "captured" not in events(case.request_id)
