"""Tests the watch itself: it records side effects, also those after a process was killed."""

import http.client
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest
import requests

from chalicelib.core import aws
from infra.stream_emulator import Emulator
from tests.faults import emulated
from tests.faults.flows_avatars import ShowingAnAvatar
from tests.faults.playing import play
from tests.support.clouds import cloud
from tests.support.faults.crash import How, Killed, Point, Watch


def put(pk: str) -> Callable[[], Any]:
    item = {"pk": {"S": pk}, "kind": {"S": "thing"}}
    return lambda: aws.client("dynamodb").put_item(TableName="ru4m-test-claims", Item=item)


def is_stored(pk: str) -> bool:
    found = aws.client("dynamodb").get_item(TableName="ru4m-test-claims", Key={"pk": {"S": pk}})
    return "Item" in found


@pytest.mark.parametrize(("how", "stored"), [(How.NOT_STARTED, False), (How.KILLED, True)])
def test_process_is_killed_before_or_after_a_side_effect(stream: Emulator, how: How, stored: object) -> None:
    watch = Watch(Point(0, how))
    with watch.on(), pytest.raises(Killed):
        watch.process(put(how.value))
    assert is_stored(how.value) is stored


def test_side_effects_are_named_in_order_without_reads_and_refusals(stream: Emulator) -> None:
    def work() -> None:
        put("a")()
        is_stored("a")
        with suppress(aws.client("dynamodb").exceptions.ConditionalCheckFailedException):
            aws.client("dynamodb").delete_item(
                TableName="ru4m-test-claims",
                Key={"pk": {"S": "a"}},
                ConditionExpression="attribute_exists(b)",
            )
        requests.get(f"{stream.url}/_emulator/state", timeout=5)
        requests.post(f"{stream.url}/_emulator/clock", json={}, timeout=5)

    watch = Watch()
    with watch.on():
        watch.process(work)
    assert [effect.name for effect in watch.effects] == [
        "dynamodb.PutItem(thing)",
        "127.0.0.1.POST /_emulator/clock",
    ]
    assert watch.unseen == []


def test_call_of_a_process_that_caught_its_own_kill_is_reported(stream: Emulator) -> None:
    def work() -> None:
        with suppress(BaseException):
            put("first")()
        put("second")()

    watch = Watch(Point(0, How.KILLED))
    with watch.on(), pytest.raises(Killed):
        watch.process(work)
    assert watch.after_kill == ["dynamodb.PutItem(thing)"]
    assert not is_stored("second")


def test_cleanup_of_a_killed_process_is_neither_run_nor_reported(stream: Emulator) -> None:
    def work() -> None:
        try:
            put("third")()
        finally:
            put("fourth")()

    watch = Watch(Point(0, How.KILLED))
    with watch.on(), pytest.raises(Killed):
        watch.process(work)
    assert watch.after_kill == []
    assert not is_stored("fourth")


def test_call_that_bypasses_the_patched_libraries_is_reported(stream: Emulator) -> None:
    host, port = stream.url.removeprefix("http://").split(":")

    def work() -> None:
        with closing(http.client.HTTPConnection(host, int(port))) as connection:
            connection.request("POST", "/_emulator/reset")

    watch = Watch()
    with watch.on():
        watch.process(work)
    assert watch.unseen == [host]


def test_other_process_makes_the_same_calls_before_the_side_effect(stream: Emulator) -> None:
    begun: list[str] = []

    def work() -> None:
        begun.append(f"{len(begun)}")
        put(begun[-1])()

    watch = Watch(Point(0, How.OVERTAKEN))
    with watch.on():
        watch.process(work)
    assert begun == ["0", "1"]
    assert len(watch.effects) == 2


def test_lost_response_raises_an_error_and_the_process_continues(stream: Emulator) -> None:
    watch = Watch(Point(0, How.UNANSWERED))
    with watch.on(), pytest.raises(Exception, match="Read timeout"):
        watch.process(put("unanswered"))
    assert is_stored("unanswered")


def test_playing_begins_without_the_files_of_the_one_before(stream: Emulator) -> None:
    play(ShowingAnAvatar, stream)
    emulated.delete_stored_data()
    assert [item["Key"] for bucket in cloud.buckets() for item in aws.listed_objects(bucket, "")] == []
