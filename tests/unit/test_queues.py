"""Tests messages of queues: their bodies, and which of them are delivered again."""

from __future__ import annotations

import pytest

from chalicelib.core import queues
from chalicelib.core.errors import Unavailable
from chalicelib.core.queues import Flaw, MalformedMessage
from tests.support.jobs.events import messages


def test_fields_of_a_message_are_read_in_the_order_of_their_names() -> None:
    body = queues.body_of(version="terms-2026-12-24", shard="00")
    assert queues.read_body(body, "shard", "version") == ("00", "terms-2026-12-24")


@pytest.mark.parametrize(
    ("flaw", "bodies"),
    [
        (Flaw.NOT_JSON, ["", "x", '{"a":', "[" * 100_000]),
        (Flaw.OTHER_FIELDS, ["null", "[]", '"a"', "{}", '{"b":"x"}', '{"a":"x","b":"x"}']),
        (
            Flaw.OTHER_VALUES,
            ['{"a":null}', '{"a":true}', '{"a":1.5}', '{"a":["x"]}', '{"a":"Mila Petrović"}'],
        ),
    ],
)
def test_body_with_other_fields_or_values_than_expected_is_malformed(flaw: Flaw, bodies: list[str]) -> None:
    for body in bodies:
        with pytest.raises(MalformedMessage, match=f"^{flaw}$"):
            queues.read_body(body, "a")


def test_number_in_a_body_is_read_as_text() -> None:
    assert queues.read_body(queues.body_of(a=3), "a") == ("3",)


def test_only_messages_whose_work_found_no_service_are_redelivered() -> None:
    seen: list[str] = []

    def work(body: str) -> None:
        seen.append(body)
        if body == "2":
            raise Unavailable

    assert queues.work_on(messages("1", "2", "3"), work) == {
        "batchItemFailures": [{"itemIdentifier": "message-1"}]
    }
    assert seen == ["1", "2", "3"]


def test_any_other_error_fails_the_run() -> None:
    def work(_: str) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        queues.work_on(messages("1"), work)
