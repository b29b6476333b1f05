"""`python -m infra.ops erasures`: operators find a stuck erasure and retry it; none completes it (RGT-3)."""

import pytest
from typer.testing import CliRunner

from chalicelib.core.clock import ZONE
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import procedures
from chalicelib.rights.request.terms import Status
from chalicelib.stream.deletion import MAX_ATTEMPTS
from infra.ops.__main__ import app
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import (
    a_subject,
    asks_for_erasure,
    is_stopped,
    stored,
    stored_about,
    work,
    write_until_stopped,
)
from tests.support.stream.chat_deletions import ERROR
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User, World

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("services")]  # takes long


@pytest.fixture
def run(world: World) -> Commands:
    return Commands("erasures", Wire(world))


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    return a_subject(world)


@pytest.fixture
def stuck(world: World, mila: User, stream: Emulator) -> RightsRequestId:
    """Return an erasure that stopped because Stream never confirmed the deletion."""
    stream.spoil_tasks(MAX_ATTEMPTS, results={mila.user_id: ERROR})
    request_id = asks_for_erasure(mila)
    work(world, request_id, is_stopped)
    return request_id


def row(output: str, request_id: str) -> str:
    """Return the line of a table about a request."""
    return next(line for line in output.splitlines() if request_id in line)


@pytest.mark.promise("RGT-3", "STR-5")
def test_stopped_erasure_is_first_and_a_retry_finishes_it(
    world: World, run: Commands, stuck: RightsRequestId
) -> None:
    other = asks_for_erasure(world.a_user().is_stepped_up())
    listed = run("alice", "list").output
    assert "2 erasures, 1 stuck" in listed
    assert listed.index(stuck) < listed.index(other)
    assert "await_stream_deletion" in row(listed, stuck)
    assert "stopped: not_done_for_user" in row(listed, stuck)
    retried = run("alice", "retry", stuck)
    assert (retried.exit_code, "awaiting_processor" in retried.output) == (0, True)
    assert "stopped" not in run("alice", "list").output
    assert work(world, stuck).status is Status.COMPLETED
    assert stuck not in run("alice", "list").output


@pytest.mark.promise("RGT-3")
def test_retry_deletes_what_a_writer_left_and_finishes_the_erasure(
    world: World, mila: User, run: Commands
) -> None:
    request_id = asks_for_erasure(mila)
    write_until_stopped(world, mila, request_id)
    assert "stopped: found_again" in row(run("alice", "list").output, request_id)
    run("alice", "retry", request_id)
    assert work(world, request_id).status is Status.COMPLETED
    assert stored_about(mila) == []


def test_one_erasure_is_shown_with_its_steps_and_their_times(
    world: World, run: Commands, stuck: RightsRequestId
) -> None:
    shown = run("alice", "show", stuck).output
    request = stored(stuck)
    assert request.next_step
    assert request.next_step.at
    stopped = f"{request.next_step.at.astimezone(ZONE):%F %H:%M} CET"
    line = next(line for line in shown.splitlines() if "await_stream_deletion" in line and stopped in line)
    assert "not_done_for_user" in line
    for name in procedures.steps_of(request.right, None):
        assert name in shown
    for said in ("point of no return", "requested at Stream", "claims"):
        assert said in shown


@pytest.mark.promise("RGT-3")
def test_no_command_and_no_route_completes_an_erasure(
    world: World, run: Commands, stuck: RightsRequestId
) -> None:
    for words in (["erasures", "--help"], ["erasures", "retry", "--help"]):
        shown = " ".join(CliRunner().invoke(app, words).output.split())
        assert "Only the procedure completes an erasure" in shown
    assert run("alice", "complete", stuck).exit_code == 2
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        reply = world.call(method, f"/admin/v1/erasures/{stuck}", arn=world.an_operator("alice").arn, body={})
        assert reply.status in {404, 405}
    assert stored(stuck).is_open


@pytest.mark.promise("SEC-1")
def test_no_personal_value_is_printed(mila: User, run: Commands, stuck: RightsRequestId) -> None:
    printed = run("alice", "list").output + run("alice", "show", stuck).output
    assert stuck in printed
    for hidden in ("Milica", "@", mila.phone, mila.account_id):
        assert hidden not in printed


def test_malformed_id_of_an_erasure_is_not_sent(run: Commands) -> None:
    assert run("alice", "show", "../../v1/health").exit_code == 2
    assert run.wire.sent == []
