"""Tests redaction: a line of Stream's export keeps only allow-listed fields of the subject."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from chalicelib.core.ids import UserId
from chalicelib.core.settings import SettingsError, read
from chalicelib.stream import files
from chalicelib.stream.export import parts as export
from chalicelib.stream.export.parts import (
    KNOWN,
    AnyPart,
    Conversation,
    Ground,
    Omission,
    StreamCopyKind,
    StreamMessage,
    StreamReason,
    withheld,
)
from chalicelib.stream.export.redaction import Redaction
from tests.support.clouds import environment

MILA, VERA = UserId("u_" + "0" * 26), UserId("u_" + "1" * 26)
CANARY = "canary-9f3c"
NOON = "2026-11-24T12:00:00.123456Z"


def a_user(user_id: str = MILA, name: str = "Mila", **more: Any) -> dict[str, Any]:
    return {"id": user_id, "name": name, "created_at": NOON, **more}


def a_message(**more: Any) -> dict[str, Any]:
    return {
        "id": "m1",
        "cid": "messaging:trip",
        "text": "hello",
        "user": a_user(),
        "created_at": NOON,
        **more,
    }


def a_line(**more: Any) -> dict[str, Any]:
    return {"user": a_user(), "messages": [], "reactions": [], "calls": [], **more}


def a_full_line() -> dict[str, Any]:
    """Return a line with every disclosed field, and the usual withheld ones."""
    quoted = {"id": "m0", "text": CANARY, "user": a_user(VERA, "Vera", email=CANARY), "created_at": NOON}
    attachment = {
        "type": "file",
        "title": "map",
        "asset_url": "https://x/map",
        "file_size": 7,
        "text": CANARY,
    }
    message = a_message(
        channel={"id": "trip", "type": "messaging", "name": "Trip", "created_by": {"name": CANARY}},
        mentioned_users=[a_user(VERA, "Vera", phone=CANARY)],
        quoted_message=quoted,
        quoted_message_id="m0",
        attachments=[attachment],
        latest_reactions=[{"type": "love", "user": {"name": CANARY}}],
        reaction_counts={"love": 1},
        parent_id="m0",
        moderation={"reason": CANARY},
        html=CANARY,
    )
    reaction = {"type": "haha", "user_id": MILA, "user": a_user(), "message_id": "m0", "created_at": NOON}
    return {
        "user": a_user(
            role=CANARY,
            devices=[{"id": CANARY, "push_provider": "apn"}],
            mutes=[{"target": {"name": CANARY}}],
        ),
        "messages": [message],
        "reactions": [reaction],
        "calls": [{"id": "c1", "type": "default", "created_at": NOON, "created_by": {"name": CANARY}}],
    }


def redacted(
    line: Any, shape: StreamCopyKind = StreamCopyKind.ACCESS
) -> tuple[list[AnyPart], dict[tuple[str, Ground], int]]:
    redaction = Redaction(MILA, shape)
    raw = line if isinstance(line, bytes) else json.dumps(line).encode()
    parts = list(redaction.parts(raw))
    return parts, {(omission.what, omission.ground): omission.count for omission in redaction.omissions}


def the_message(shape: StreamCopyKind = StreamCopyKind.ACCESS, **more: Any) -> StreamMessage:
    (_, message), _ = redacted(a_line(messages=[a_message(**more)]), shape)
    assert isinstance(message, StreamMessage)
    return message


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from objects_in(inner)


def shown(parts: list[AnyPart]) -> list[Any]:
    return [json.loads(part.model_dump_json()) for part in parts]


def allowed_keys() -> set[str]:
    schema = TypeAdapter(AnyPart).json_schema()
    return {key for definition in schema["$defs"].values() for key in definition["properties"]}


# --- only allow-listed keys

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([MILA, VERA, NOON]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(sorted(set().union(*KNOWN.values())))
NEAR = st.dictionaries(NAMES | st.text(max_size=8), JSON, max_size=6)
LINES = st.fixed_dictionaries(
    {"user": st.just(a_user()) | NEAR.map(lambda more: a_user() | more)},
    optional={name: st.lists(NEAR.map(lambda more: {"user": {"id": MILA}, **more}) | JSON, max_size=3) | JSON
              for name in ("messages", "reactions", "calls")},
)  # fmt: skip


@pytest.mark.promise("RGT-1")
@given(LINES, st.sampled_from(StreamCopyKind))
def test_no_key_outside_the_allow_list_is_disclosed(line: dict[str, Any], shape: StreamCopyKind) -> None:
    parts, _ = redacted(line, shape)
    assert set(keys_of(shown(parts))) <= allowed_keys()


@pytest.mark.promise("RGT-1")
@given(st.data(), st.text(max_size=12), JSON, st.sampled_from(StreamCopyKind))
def test_unlisted_field_does_not_change_the_result(
    data: st.DataObject, name: str, value: Any, shape: StreamCopyKind
) -> None:
    line = a_full_line()
    before, _ = redacted(line, shape)
    places = [
        inner for inner in objects_in(line) if "love" not in inner
    ]  # counts of reactions may have any name
    place = data.draw(st.sampled_from(places))
    key = f"x_{name}"
    place[key] = {"text": CANARY, "name": CANARY, "deep": [value]}
    after, _ = redacted(line, shape)
    assert after == before
    assert CANARY not in str(shown(after))


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("shape", list(StreamCopyKind))
def test_no_withheld_field_is_disclosed(shape: StreamCopyKind) -> None:
    line = a_full_line()
    places = {
        "profile": line["user"],
        "device": line["user"]["devices"][0],
        "message": line["messages"][0],
        "attachment": line["messages"][0]["attachments"][0],
        "reaction": line["reactions"][0],
        "call": line["calls"][0],
    }
    keep_author = {("message", "user"), ("reaction", "user"), ("reaction", "user_id")}
    for field in withheld(shape):
        if field.name in KNOWN.get(field.where, ()) and (field.where, field.name) not in keep_author:
            places[field.where][field.name] = CANARY
    parts, left_out = redacted(line, shape)
    assert len(parts) == 4
    assert CANARY not in str(shown(parts))
    assert not any(ground is Ground.UNKNOWN for _, ground in left_out)


@pytest.mark.promise("RGT-8")
def test_portability_copy_is_a_subset_of_the_access_copy() -> None:
    access, _ = redacted(a_full_line())
    portable, left_out = redacted(a_full_line(), StreamCopyKind.PORTABILITY)
    # By a name of its own: the page calls the `reference` of a disclosure "Order or law".
    assert left_out["reference to a message", Ground.OTHERS] == 2
    text = str(shown(portable))
    assert not any(others in text for others in ("Trip", "love", "m0", "apn"))
    assert "Vera" in text  # names of users whom the subject mentioned: the subject wrote them
    for whole, part in zip(shown(access), shown(portable), strict=True):
        assert all(value in (None, [], whole[key]) or key == "conversation" for key, value in part.items())


@pytest.mark.promise("RGT-1")
def test_ban_or_report_does_not_change_the_copy() -> None:
    quiet = redacted(a_line(messages=[a_message()]))
    loud = a_line(
        user=a_user(banned=True, shadow_banned=True, ban_expires=NOON),
        messages=[a_message(shadowed=True, moderation={"action": "flag"}, moderation_details={})],
    )
    assert redacted(loud) == quiet


# --- only data of the subject


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize(
    "author",
    [{"user": a_user(VERA)}, {"user": a_user(), "user_id": VERA}, {"user": None}, {"user": {"id": [MILA]}}],
)
def test_message_or_reaction_of_another_user_is_omitted(author: dict[str, Any]) -> None:
    reaction = {"type": "love", "user": a_user()} | author
    parts, left_out = redacted(a_line(messages=[a_message(**author)], reactions=[reaction]))
    assert len(parts) == 1
    assert left_out == {("message", Ground.OTHERS): 1, ("reaction", Ground.OTHERS): 1}


def test_line_of_another_user_is_omitted_and_counted() -> None:
    parts, left_out = redacted(a_line(user=a_user(VERA), messages=[a_message()]))
    assert parts == []
    assert left_out == {("line", Ground.OTHERS): 1}


# --- unreadable data is counted and affects nothing else


@pytest.mark.parametrize(
    "line",
    [b"", b"no json", b"[]", b"7", b"{}", b'{"user": 7}', b"\xff\xfe", b"[" * 100_000, b"1" * 5000,
     b'{"user": {"id": "' + MILA.encode()],
)  # fmt: skip
def test_unreadable_line_is_counted(line: bytes) -> None:
    assert redacted(line) == ([], {("line", Ground.UNREADABLE): 1})


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("text", 7, "message"),
        ("created_at", "yesterday", "message"),
        ("created_at", "2026-11-24T12:00:00", "message"),
        ("created_at", "0001-01-01T00:00:00+14:00", "message"),
        ("attachments", {}, "attachment"),
        ("attachments", ["a.pdf"], "attachment"),
        ("attachments", [{"file_size": "7"}], "attachment"),
        ("attachments", [{"file_size": True}], "attachment"),
        ("mentioned_users", [VERA], "mentioned person"),
        ("reaction_counts", {"love": "two"}, "message"),
        ("reaction_counts", ["love"], "message"),
        ("channel", "trip", "conversation"),
        ("quoted_message", "m0", "quoted message"),
    ],
)
def test_value_of_an_unexpected_type_is_omitted_and_counted(field: str, value: Any, what: str) -> None:
    parts, left_out = redacted(a_line(messages=[a_message(**{field: value})]))
    assert left_out == {(what, Ground.UNREADABLE): 1}
    assert len(parts) == 2


def test_reaction_without_a_type_is_counted() -> None:
    _, left_out = redacted(a_line(reactions=[{"user": a_user(), "type": ""}]))
    assert left_out == {("reaction", Ground.UNREADABLE): 1}


def test_unknown_field_is_counted_under_a_fixed_word() -> None:
    line = a_line(
        user=a_user(shoe_size=44), messages=[a_message(poll={}), a_message(a=None, b=1)], followers=[]
    )
    redaction = Redaction(MILA, StreamCopyKind.ACCESS)
    list(redaction.parts(json.dumps(line).encode()))
    assert redaction.omissions == (
        Omission("line", Ground.UNKNOWN, 1),
        Omission("message", Ground.UNKNOWN, 3),
        Omission("profile", Ground.UNKNOWN, 1),
    )


# --- details


def test_times_have_the_precision_of_streams_export() -> None:
    message = the_message(created_at="2026-11-24T13:00:00.123456789+01:00")
    assert message.sent_at == datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
    assert '"2026-11-24T12:00:00.123456Z"' in message.model_dump_json()


def test_conversation_without_a_channel_has_type_and_id() -> None:
    assert the_message().conversation == Conversation(type="messaging", id="trip")


def test_lone_surrogate_becomes_a_question_mark() -> None:
    (_, message), _ = redacted(
        json.dumps(a_line(messages=[a_message()])).replace("hello", "\\ud83d!").encode()
    )
    assert isinstance(message, StreamMessage)
    assert message.text == "?!"
    assert message.model_dump_json()


@given(st.text())
@example("=1+1\r\n\x00\u202e")
def test_text_is_disclosed_unchanged(text: str) -> None:
    assert the_message(text=text).text == text


def test_list_at_its_maximum_counts_as_possibly_truncated() -> None:
    redaction = Redaction(MILA, StreamCopyKind.ACCESS)
    list(redaction.parts(json.dumps(a_line(messages=[a_message()] * 3, reactions=[{}] * 5)).encode()))
    assert redaction.most_entries == 5


def test_copy_part_is_frozen_and_takes_no_other_field() -> None:
    message = the_message()
    with pytest.raises(ValueError, match="frozen"):
        message.text = "changed"  # type: ignore[misc]
    with pytest.raises(ValueError, match="extra"):
        StreamMessage(**{**message.model_dump(), "moderation": "x"})


def test_every_ground_and_reason_has_a_text() -> None:
    for words in ([ground.plainly for ground in Ground], [reason.plainly for reason in StreamReason]):
        assert all(words)
        assert len(set(words)) == len(words)


def test_redaction_does_not_change_its_input() -> None:
    line = a_full_line()
    before = copy.deepcopy(line)
    assert redacted(line) == redacted(line)
    assert line == before


# --- hosts of downloads


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://eu.stream-io-cdn.com/1/exports/users/x?s=1", True),
        ("https://stream-io-api.com:443/x", True),
        ("http://127.0.0.1:9/exports/x", True),  # the API's own host in these tests
        ("http://127.0.0.1:99/exports/x", False),
        ("http://eu.stream-io-cdn.com/x", False),
        ("https://eu.stream-io-cdn.com:8443/x", False),
        ("https://evilstream-io-cdn.com/x", False),
        ("https://stream-io-cdn.com.evil.example/x", False),
        ("https://evil.example/stream-io-cdn.com/", False),
        ("https://evil.example\\@eu.stream-io-cdn.com/x", False),
        ("https://evil.example#@eu.stream-io-cdn.com/x", False),
        ("https://user@eu.stream-io-cdn.com/x", False),
        ("https://eu.stream-io-cdn.com@evil.example/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://eu.stream-io-cdn.com", False),
        ("https://eu.stream-io-cdn.com/x\nHost: evil.example", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_download_from_a_host_outside_stream_is_refused(url: str, *, trusted: bool) -> None:
    assert files.is_streams(url) is trusted


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "hosts", ["com", "*.example.com", "example.com,", "https://example.com", "Example.com"]
)
def test_malformed_download_hosts_refuse_the_start(hosts: str) -> None:
    with pytest.raises(SettingsError, match="RU4M_STREAM_FILE_HOSTS"):
        read({**environment.variables(), "RU4M_STREAM_FILE_HOSTS": hosts})


def test_download_hosts_are_configurable() -> None:
    variables = {**environment.variables(), "RU4M_STREAM_FILE_HOSTS": "files.example.com,example.org"}
    assert read(variables).stream_file_hosts == ("files.example.com", "example.org")
    assert "stream-io-cdn.com" in read(environment.variables()).stream_file_hosts


def test_export_limit_equals_the_limit_of_stream() -> None:
    assert export.MAX_EXPORTED == 10_000
