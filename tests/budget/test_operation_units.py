"""Each operation of infra/costs/operations.csv costs the calls, units and bytes that the file states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import MappingProxyType

import pytest

from app import app
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.engine import engine, queue
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import duties
from chalicelib.rights.request.terms import Destination
from infra.costs import operations
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, erasable, stored
from tests.support.cases.pushes import a_conversation, fake_providers, give_phones, message_new, writes
from tests.support.cases.pushes import work as push_waiting
from tests.support.clouds.cloud import take_messages
from tests.support.clouds.units import measured, unmeasured
from tests.support.jobs.events import Context
from tests.support.jobs.profile_sync import deliver, records
from tests.support.stream import emulated_app
from tests.support.stream.conversations import operations as stream_calls
from tests.support.stream.conversations import some_contacts
from tests.support.stream.hooks import sends_hook, user_event
from tests.support.world.builders import a_device, a_phone, a_schedule_event, an_address, an_event
from tests.support.world.practices import describe
from tests.support.world.world import Reply, World

emulator, stream = emulated_app.emulator, emulated_app.stream

Operation = Callable[[], Reply | None]
MINUTE = timedelta(minutes=1)
QUEUES = {
    Destination.WORK: "rights",
    Destination.TRANSFERS: "transfers",
    Destination.ERASURES: "erasures",
}


def request_a_code(world: World) -> Operation:
    return lambda: world.asks_for_a_code(a_phone())


def sign_up(world: World) -> Operation:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    return lambda: world.verifies(challenge, world.code_for(phone))


def sign_in(world: World) -> Operation:
    mila = world.a_user()
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    return lambda: world.verifies(challenge, world.code_for(mila.phone))


def refresh(world: World) -> Operation:
    device = a_device()
    mila = world.a_user(device=device)
    world.advance(20 * MINUTE)
    body = {"refresh_token": mila.session["refresh_token"], "device_id": device["device_id"]}
    return lambda: world.call("POST", "/v1/sessions/refresh", body=body)


def mint_a_chat_token(world: World) -> Operation:
    return world.a_user().mints_a_chat_token


def read_own_profile(world: World) -> Operation:
    mila = world.a_user()
    return lambda: mila.gets("/v1/profile")


def read_another_profile(world: World) -> Operation:
    mila, vuk = world.a_user(), world.a_user()
    return lambda: mila.gets(f"/v1/users/{vuk.user_id}")


def change_the_profile(world: World) -> Operation:
    mila = world.a_user()
    return lambda: mila.changes('"1"', name="Milica", country="AT")


def send_a_profile_to_stream(world: World) -> Operation:
    mila = world.a_user()
    mila.changes(name="Milica", country="AT")
    return lambda: deliver(*records(mila))


def submit_25_events(world: World) -> Operation:
    mila = world.a_user()
    mila.consents("analytics")
    return lambda: mila.submits_usage(*(an_event() for _ in range(25)))


def read_announcements(world: World) -> Operation:
    mila = world.a_user()
    return lambda: mila.gets("/v1/announcements")


def consent(world: World) -> Operation:
    mila = world.a_user()
    return lambda: mila.consents("analytics")


def step_up(world: World) -> Operation:
    mila = world.a_user()
    mila.asks_to_step_up()
    return mila.steps_up


def verify_an_address(world: World) -> Operation:
    mila, address = world.a_user().is_stepped_up(), an_address()

    def verify() -> Reply:
        challenge = mila.asks_for_email(address).json["challenge_id"]
        return mila.verifies_email(challenge, world.code_mailed_to(address))

    return verify


def open_a_conversation(world: World) -> Operation:
    mila, vera, jovan = some_contacts(world, 3)
    mila.opens(vera)
    return lambda: mila.opens(jovan)


def receive_a_hook(world: World) -> Operation:
    vera = UserId.new()
    return lambda: sends_hook(world, user_event("user.updated", vera))


def receive_a_message(world: World) -> Operation:
    users = some_contacts(world, 2)
    talk = a_conversation(*users)
    return lambda: sends_hook(world, message_new(users[0], talk))


def push_to(world: World, number: int) -> Operation:
    """Return the push of a message to so many members, each with a phone."""
    describe(Practice.NOTIFYING)
    fake_providers()
    users = some_contacts(world, number)
    give_phones(*users)
    talk = a_conversation(*users)
    writes(world, users[1], talk)  # the container has read its secrets
    world.advance(MINUTE)
    sends_hook(world, message_new(users[0], talk))
    waiting = take_messages("pushes")

    def push() -> None:
        push_waiting(*waiting)

    return push


def push_a_message_to_a_pair(world: World) -> Operation:
    return push_to(world, 2)


def push_a_message_to_a_group_of_49(world: World) -> Operation:
    return push_to(world, 49)


def work(world: World, request_id: RightsRequestId) -> None:
    """Let the worker of each message run at its time; if there is none, the sweep sends one."""
    for _ in range(1000):
        with unmeasured():
            wakes = duties.wakes_at(stored(request_id), world.now)
        if wakes is None:
            return
        world.traveller.move_to(max(wakes, world.now))
        waiting = [(to, body) for to in Destination for body in take_messages(QUEUES[to])]
        for to, body in waiting:
            engine.advance(request_id, worker_for(to), queue.parse(body).hops)
        if not waiting:
            queue.send_all([request_id])
    raise AssertionError("the request is due again and again")


def answer_an_access_request(world: World) -> Operation:
    mila = a_subject(world)

    def answer() -> Reply:
        asked = mila.exercises("access")
        work(world, RightsRequestId(asked.json["rights_request_id"]))
        return asked

    return answer


def erase_an_account(world: World) -> Operation:
    mila = a_subject(world)

    def erase() -> None:
        work(world, asks_for_erasure(mila))

    return erase


OPERATIONS = MappingProxyType(
    {
        made.__name__.replace("_", " "): made
        for made in (
            request_a_code, sign_up, sign_in, refresh, mint_a_chat_token, read_own_profile,
            read_another_profile, change_the_profile, send_a_profile_to_stream, submit_25_events,
            read_announcements, consent, step_up, verify_an_address, open_a_conversation, receive_a_hook,
            receive_a_message, push_a_message_to_a_pair, push_a_message_to_a_group_of_49,
            answer_an_access_request, erase_an_account,
        )
    }
)  # fmt: skip
SCHEDULED = sorted(one.name for one in app.event_sources if hasattr(one, "schedule_expression"))


def idle_run(job: str) -> Operation:
    return lambda: app.handler_map[job](a_schedule_event(), Context())


@pytest.fixture(autouse=True)
def services(world: World, stream: Emulator) -> Iterator[None]:
    """Provide what an erasure needs; the container has read its secrets."""
    with erasable():
        world.a_user().mints_a_chat_token()
        yield


def test_file_has_every_operation_and_every_schedule() -> None:
    assert [*operations.COUNTED] == [*OPERATIONS, *(operations.idle(job) for job in SCHEDULED)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_costs_what_the_file_states(world: World, stream: Emulator, name: str) -> None:
    assert_costs(name, OPERATIONS[name](world), stream)


@pytest.mark.parametrize("job", SCHEDULED)
def test_run_with_nothing_to_do_costs_what_the_file_states(world: World, stream: Emulator, job: str) -> None:
    for _ in range(2):  # the first runs send the user's profile, and begin the day
        world.advance(MINUTE)
        idle_run(job)()
    world.advance(MINUTE)
    assert_costs(operations.idle(job), idle_run(job), stream)


def assert_costs(name: str, operation: Operation, stream: Emulator) -> None:
    before = len(stream_calls(stream))
    with measured() as found:
        reply = operation()
    at_stream = Counter(f"stream.{one}" for one in stream_calls(stream)[before:])
    if isinstance(reply, Reply):
        assert reply.status < 400, reply.text
    stated = operations.COUNTED[name]
    calls = " ".join(f"{call}={number}" for call, number in sorted((found.calls + at_stream).items()))
    response = len(reply.text) if isinstance(reply, Reply) else 0
    sizes = f"{found.stored},{found.backed_up},{response}"
    row = f"{name},{stated.function},{calls},{found.reads:g},{found.writes:g},{sizes}"
    assert calls == stated.call_texts, row
    assert (found.reads, found.writes) == (stated.reads, stated.writes), row
    # Names, numbers and tokens differ by a few bytes from run to run.
    assert (found.stored, found.backed_up, response) == pytest.approx(
        (stated.stored, stated.backed_up, stated.response), rel=0.05, abs=20
    ), row
