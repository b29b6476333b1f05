"""Tests Stream's part of a copy: requested, polled, fetched and redacted (STR-6)."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, egress
from chalicelib.core.ids import UserId
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.stream import gateway
from chalicelib.stream.export import download
from chalicelib.stream.export import parts as export
from chalicelib.stream.export import service as export_tasks
from chalicelib.stream.export.parts import (
    Ground,
    MissingAtStream,
    StreamCall,
    StreamCopyKind,
    StreamMessage,
    StreamProfile,
    StreamReaction,
    StreamReason,
)
from chalicelib.stream.export.service import Pending, Ready, StreamCopy, StreamExportTask
from chalicelib.stream.files import FileGone
from chalicelib.stream.model import StreamRefused, StreamUnavailable, TaskId, TaskState
from infra.stream_emulator import Emulator
from tests.support.stream.chat import Chatters
from tests.support.world.limits import configure
from tests.support.world.world import World

DAY = timedelta(days=1)


def request_export(user_id: UserId) -> StreamExportTask:
    asked = export_tasks.start(user_id)
    assert isinstance(asked, StreamExportTask)
    return asked


def finish_export(user_id: UserId) -> Ready:
    """Request an export and poll until Stream has finished."""
    asked = request_export(user_id)
    for _ in range(5):
        stand = export_tasks.poll(asked)
        if not isinstance(stand, Pending):
            break
    assert isinstance(stand, Ready)
    return stand


def fetch_copy_of(
    user_id: UserId, shape: StreamCopyKind = StreamCopyKind.ACCESS
) -> tuple[StreamCopy, list[Any]]:
    with export_tasks.fetch_copy(finish_export(user_id), user_id, shape) as copy:
        assert isinstance(copy, StreamCopy)
        return copy, list(copy.parts())


def missing_from(ready: Ready, user_id: UserId) -> StreamReason:
    with export_tasks.fetch_copy(ready, user_id, StreamCopyKind.ACCESS) as copy:
        assert isinstance(copy, MissingAtStream)
        return copy.reason


def link_of(ready: Ready) -> str:
    url = gateway.task(ready.task_id).url
    assert url
    return url


# --- content


@pytest.mark.promise("STR-6", "RGT-1")
def test_access_copy_contains_messages_reactions_and_calls_of_the_subject(
    chat: Chatters, stream: Emulator
) -> None:
    theirs = chat.says("Vera", "what Vera said")
    file = {"type": "file", "title": "map.pdf", "asset_url": "https://cdn.example/map.pdf", "file_size": 7}
    ours = chat.says("Mila", "see the map", attachments=[file], mentioned_users=[chat["Vera"]],
                     quoted_message_id=theirs)  # fmt: skip
    chat.reacts("Vera", ours, "love")
    chat.reacts("Mila", theirs, "haha")
    stream.plant(chat["Mila"], calls=[{"id": "c1", "type": "default", "ended_at": "2026-11-24T11:00:00Z"}])
    copy, (profile, message, reaction, call) = fetch_copy_of(chat["Mila"])
    assert isinstance(profile, StreamProfile)
    assert profile.name == "Mila"
    assert isinstance(message, StreamMessage)
    assert (message.id, message.text, message.mentions) == (ours, "see the map", ("Vera",))
    assert message.conversation == export.Conversation(id="trip", type="messaging", name="Trip")
    (attachment,) = message.attachments
    assert (attachment.name, attachment.url, attachment.size) == ("map.pdf", "https://cdn.example/map.pdf", 7)
    assert message.quotes
    assert (message.quotes.id, message.quotes.author) == (theirs, "Vera")
    assert message.reactions == (export.Reacted(type="love", count=1),)
    assert isinstance(reaction, StreamReaction)
    assert (reaction.type, reaction.to) == ("haha", theirs)
    assert isinstance(call, StreamCall)
    assert (call.id, call.ended_at) == ("c1", reaction.at and reaction.at.replace(hour=11, minute=0, second=0,
                                                                                 microsecond=0))  # fmt: skip
    assert copy.counts == {"profile": 1, "message": 1, "reaction": 1, "call": 1}
    assert copy.missing == ()


@pytest.mark.promise("RGT-8")
def test_portable_copy_contains_nothing_that_others_wrote(chat: Chatters, stream: Emulator) -> None:
    theirs = chat.says("Vera", "what Vera said")
    first = chat.says("Mila", "hello")
    chat.says("Mila", "yes", quoted_message_id=theirs, parent_id=theirs)
    chat.says("Mila", "and", quoted_message_id=first, parent_id=first)
    chat.reacts("Vera", first, "love")
    chat.reacts("Mila", theirs, "haha")
    copy, (_, hello, answer, own_answer, reaction) = fetch_copy_of(chat["Mila"], StreamCopyKind.PORTABILITY)
    assert (hello.text, hello.reactions, hello.conversation.name) == ("hello", (), None)
    assert (answer.text, answer.quotes, answer.reply_to) == ("yes", None, None)
    assert (own_answer.quotes.id, own_answer.reply_to) == (first, first)
    assert (reaction.type, reaction.to) == ("haha", None)
    assert theirs not in str(copy)
    with export_tasks.fetch_copy(
        finish_export(chat["Mila"]), chat["Mila"], StreamCopyKind.PORTABILITY
    ) as again:
        assert isinstance(again, StreamCopy)
        text = b"".join(again.ndjson()).decode()
    assert not any(trace in text for trace in (theirs, "Vera", chat["Vera"], "love"))


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("shape", list(StreamCopyKind))
def test_copy_contains_no_data_of_others_and_no_internal_data(
    world: World, stream: Emulator, shape: StreamCopyKind
) -> None:
    chat, canary = Chatters(), world.canaries
    stream.choose(house_rules=False)  # an older version of the backend, or another one, may have sent more
    chat.meet("Mila", "Vera", "Zoe", remark=canary("channel's own field"))
    theirs = chat.says("Vera", canary("quoted words"))
    ours = chat.says("Mila", "yes", quoted_message_id=theirs, mentioned_users=[chat["Zoe"]],
                     secret=canary("a field of an app"))  # fmt: skip
    chat.reacts("Vera", ours, "love")
    chat.says("Vera", canary("other words"))
    for name in ("Vera", "Zoe"):
        canary.add(f"id of {name}", chat[name])
    stream.plant(
        chat["Mila"],
        user={
            "banned": True,
            "role": canary("role"),
            "teams": [canary("team")],
            "mutes": [{"target": {"id": chat["Vera"], "name": canary("muted")}}],
            "devices": [{"id": canary("push token"), "push_provider": "apn"}],
            "blocked_user_ids": [chat["Vera"]],
            "ban_reason": canary("ban"),
        },
        message={
            "moderation": {"action": "flag", "original_text": canary("moderation")},
            "pinned_by": {"id": chat["Vera"], "name": canary("moderator")},
            "i18n": {"sr_text": canary("translation")},
            "flagged_by": canary("reporter"),
        },
        calls=[{"id": "c1", "session": {"participants": [{"user": {"name": canary("participant")}}]}}],
    )
    with export_tasks.fetch_copy(finish_export(chat["Mila"]), chat["Mila"], shape) as copy:
        assert isinstance(copy, StreamCopy)
        text = b"".join(copy.ndjson()).decode()
    assert canary.in_text(text) == []
    assert "yes" in text
    left_out = {(omission.what, omission.ground): omission.count for omission in copy.omissions}
    assert left_out["quoted message", Ground.OTHERS] == 1
    assert left_out["profile", Ground.UNKNOWN] == 1  # the reason of a ban
    assert left_out["message", Ground.UNKNOWN] == 2  # the reporter, and the app's own fields
    assert not any(ground is Ground.MODERATION for _, ground in left_out)


@pytest.mark.promise("RGT-1")
def test_deleted_message_that_stream_still_holds_is_disclosed(chat: Chatters) -> None:
    chat.deletes(chat.says("Mila", "oh no"))
    _, (_, message) = fetch_copy_of(chat["Mila"])
    assert message.text == "oh no"
    assert message.deleted_at


def test_copy_can_be_read_twice_and_its_lines_are_its_parts(chat: Chatters) -> None:
    chat.says("Mila", "zdravo, \U0001f600")
    with export_tasks.fetch_copy(finish_export(chat["Mila"]), chat["Mila"], StreamCopyKind.ACCESS) as copy:
        assert isinstance(copy, StreamCopy)
        assert list(copy.parts()) == list(copy.parts())
        lines = list(copy.ndjson())
    assert [json.loads(line)["kind"] for line in lines] == ["profile", "message"]
    assert not any(b"null" in line for line in lines)  # absent fields are left out


@pytest.mark.promise("NOT-6")
def test_export_request_sends_only_an_id(chat: Chatters, stream: Emulator) -> None:
    finish_export(chat["Mila"])
    (sent,) = stream.requests(path="/export/users")
    assert sent["body"] == {"user_ids": [chat["Mila"]]}
    assert stream.violations() == []


@pytest.mark.promise("NOT-6")
def test_every_export_call_is_checked_against_the_register(
    chat: Chatters, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, list[str]]] = []
    opened = egress.client

    def noted(to: Any, purpose: str, categories: Any, make: Any) -> Any:
        seen.append((to.name, purpose, sorted(categories)))
        return opened(to, purpose, categories, make)

    monkeypatch.setattr(egress, "client", noted)
    fetch_copy_of(chat["Mila"])
    assert {(to, purpose) for to, purpose, _ in seen} == {("STREAM", Purpose.LEGAL_OBLIGATION)}
    assert [categories for _, _, categories in seen if categories] == [[Category.PSEUDONYM]]
    assert len(seen) == 1 + 4 + 1 + 1  # the request, the poll, the fresh link, the file


def test_export_requests_at_most_25_users_at_once(chat: Chatters, stream: Emulator) -> None:
    for number in (0, 26):
        with pytest.raises(ValueError, match="25"):
            gateway.export_users([UserId.new() for _ in range(number)])
    assert stream.requests(path="/export/users") == []


# --- missing data is disclosed


@pytest.mark.promise("STR-6")
def test_user_unknown_to_stream_has_no_data_there(world: World, stream: Emulator) -> None:
    assert export_tasks.start(UserId.new()) == MissingAtStream(StreamReason.NOT_THERE)


@pytest.mark.promise("STR-6")
@pytest.mark.parametrize("over", ["cut", "task_failed", "refused"])
def test_data_beyond_streams_export_limit_is_reported_as_missing(
    chat: Chatters, stream: Emulator, monkeypatch: pytest.MonkeyPatch, over: str
) -> None:
    monkeypatch.setattr(export, "MAX_EXPORTED", 2)
    stream.choose(most_exported=2, over_most_exported=over)
    for number in range(3):
        chat.says("Mila", f"number {number}")
    if over == "refused":
        assert export_tasks.start(chat["Mila"]) == MissingAtStream(StreamReason.REFUSED)
    elif over == "task_failed":
        asked = request_export(chat["Mila"])
        stands = [export_tasks.poll(asked) for _ in range(4)]
        assert stands == [Pending(), Pending(), Pending(), MissingAtStream(StreamReason.FAILED)]
    else:
        copy, parts = fetch_copy_of(chat["Mila"])
        assert [part.text for part in parts[1:]] == ["number 0", "number 1"]
        assert copy.missing == (MissingAtStream(StreamReason.PERHAPS_CUT),)


def test_task_that_never_ends_is_polled_for_a_day(chat: Chatters, stream: Emulator, world: World) -> None:
    stream.choose(task_progress="hold")
    asked = request_export(chat["Mila"])
    world.advance(DAY - timedelta(seconds=1))
    assert export_tasks.poll(asked) == Pending()
    world.advance(timedelta(seconds=1))
    assert export_tasks.poll(asked) == MissingAtStream(StreamReason.NEVER_READY)


def test_task_that_completes_late_is_accepted(chat: Chatters, stream: Emulator, world: World) -> None:
    stream.choose(task_progress="instant")
    asked = request_export(chat["Mila"])
    world.advance(2 * DAY)
    assert export_tasks.poll(asked) == Ready(asked.task_id)


def test_export_is_missing_after_a_day_without_an_answer(
    chat: Chatters, stream: Emulator, world: World
) -> None:
    asked = request_export(chat["Mila"])
    stream.fault(path="/tasks", times=2, status=503, code=-1)
    with pytest.raises(StreamUnavailable):
        export_tasks.poll(asked)
    world.advance(DAY)
    assert export_tasks.poll(asked) == MissingAtStream(StreamReason.NEVER_READY)


def test_export_of_an_unknown_task_is_missing_and_may_be_requested_again(
    chat: Chatters, stream: Emulator
) -> None:
    ready = finish_export(chat["Mila"])
    stream.fault(path="/tasks", times=2, status=404, code=16)
    gone = export_tasks.poll(StreamExportTask(ready.task_id, clock.now()))
    assert gone == MissingAtStream(StreamReason.TASK_GONE)
    assert missing_from(ready, chat["Mila"]) is StreamReason.TASK_GONE
    assert MissingAtStream(StreamReason.TASK_GONE).is_worth_asking_again
    assert not MissingAtStream(StreamReason.NOT_THERE).is_worth_asking_again


def test_failed_task_is_missing(chat: Chatters, stream: Emulator) -> None:
    stream.choose(task_progress="instant")
    stream.spoil_tasks(failure={"type": "internal", "description": f"of {chat['Mila']}"})
    asked = request_export(chat["Mila"])
    assert export_tasks.poll(asked) == MissingAtStream(StreamReason.FAILED)
    task = gateway.task(asked.task_id)
    assert (task.state, task.error_type, task.url) == (TaskState.FAILED, "internal", None)
    assert chat["Mila"] not in repr(task)


def test_completed_task_without_a_link_counts_as_failed(chat: Chatters, stream: Emulator) -> None:
    asked = request_export(chat["Mila"])
    stream.fault(path="/tasks", status=200, body='{"status": "completed", "result": {}}')
    assert export_tasks.poll(asked) == MissingAtStream(StreamReason.FAILED)


def test_malformed_error_type_is_not_kept(chat: Chatters, stream: Emulator) -> None:
    stream.choose(task_progress="instant")
    stream.spoil_tasks(failure={"type": f"user {chat['Mila']} is too large", "description": ""})
    assert gateway.task(request_export(chat["Mila"]).task_id).error_type is None


@pytest.mark.parametrize("body", ['{"status": "lost"}', "[]", "{}", "oops"])
def test_malformed_response_about_a_task_raises_unavailable(
    chat: Chatters, stream: Emulator, body: str
) -> None:
    asked = request_export(chat["Mila"])
    stream.fault(path="/tasks", status=200, body=body)
    with pytest.raises(StreamUnavailable):
        export_tasks.poll(asked)


@pytest.mark.parametrize("task_id", ["../users", "a?b=c", "", "a" * 65, 7, None])
def test_malformed_task_id_is_not_sent(chat: Chatters, stream: Emulator, task_id: Any) -> None:
    with pytest.raises(StreamUnavailable):
        gateway.task(TaskId(task_id))
    stream.fault(path="/export/users", status=201, body=json.dumps({"task_id": task_id}))
    with pytest.raises(StreamUnavailable):
        export_tasks.start(chat["Mila"])
    assert stream.requests(path="/tasks") == []


@pytest.mark.parametrize("fault", [{"status": 429, "code": 9}, {"status": 500}, {"drop_connection": True}])
def test_temporary_failure_is_raised_and_the_next_try_succeeds(
    chat: Chatters, stream: Emulator, fault: dict[str, Any]
) -> None:
    stream.fault(method="POST", path="/export/users", **fault)
    with pytest.raises(StreamUnavailable):
        export_tasks.start(chat["Mila"])
    finish_export(chat["Mila"])


def test_refusal_of_our_request_is_raised_and_not_disclosed_as_missing(
    chat: Chatters, stream: Emulator
) -> None:
    stream.fault(path="/export/users", status=403, code=17)
    with pytest.raises(StreamRefused):
        export_tasks.start(chat["Mila"])


# --- the file


def test_expired_link_is_replaced_by_a_fresh_one(chat: Chatters, stream: Emulator, world: World) -> None:
    ready = finish_export(chat["Mila"])
    old = link_of(ready)
    world.advance(2 * DAY)
    with pytest.raises(FileGone):
        list(download.lines(old))
    with export_tasks.fetch_copy(ready, chat["Mila"], StreamCopyKind.ACCESS) as copy:
        assert isinstance(copy, StreamCopy)


def test_task_that_lost_its_link_has_no_file(chat: Chatters, stream: Emulator) -> None:
    ready = finish_export(chat["Mila"])
    stream.fault(path="/tasks", status=200, body='{"status": "running"}')
    assert missing_from(ready, chat["Mila"]) is StreamReason.FILE_GONE


def test_file_that_is_no_longer_stored_is_missing(chat: Chatters, world: World) -> None:
    ready = finish_export(chat["Mila"])
    world.advance(61 * DAY)
    assert missing_from(ready, chat["Mila"]) is StreamReason.FILE_GONE


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize(
    "fault",
    [
        {"drop_connection": True},
        {"drop_connection": True, "commit": True},
        {"status": 503, "body": ""},
        {"status": 429, "body": ""},
        {"status": 206, "body": "{}"},
    ],
    ids=["dropped", "broken off", "broken", "limited", "a part"],
)
def test_truncated_file_is_fetched_again(chat: Chatters, stream: Emulator, fault: dict[str, Any]) -> None:
    chat.says("Mila", "hello")
    ready = finish_export(chat["Mila"])
    stream.fault(path="/exports", **fault)
    with (
        pytest.raises(StreamUnavailable),
        export_tasks.fetch_copy(ready, chat["Mila"], StreamCopyKind.ACCESS),
    ):
        pytest.fail("half a copy")
    with export_tasks.fetch_copy(ready, chat["Mila"], StreamCopyKind.ACCESS) as copy:
        assert isinstance(copy, StreamCopy)
        assert copy.counts["message"] == 1


@pytest.mark.promise("SEC-1")
def test_redirect_is_not_followed(chat: Chatters, stream: Emulator) -> None:
    ready = finish_export(chat["Mila"])
    stream.fault(path="/exports", status=302, body="", headers={"Location": f"{stream.url}/exports/users/x"})
    assert missing_from(ready, chat["Mila"]) is StreamReason.LINK_REFUSED
    assert len(stream.requests(path="/exports")) == 1


@pytest.mark.promise("SEC-1")
def test_link_to_another_host_is_not_opened(chat: Chatters, stream: Emulator) -> None:
    ready = finish_export(chat["Mila"])
    elsewhere = json.dumps({"status": "completed", "result": {"url": "https://stream-io-cdn.com.example/x"}})
    stream.fault(path="/tasks", status=200, body=elsewhere)
    assert missing_from(ready, chat["Mila"]) is StreamReason.LINK_REFUSED


@pytest.mark.promise("SEC-1")
def test_download_sends_no_credentials(
    chat: Chatters, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = link_of(finish_export(chat["Mila"]))
    with monkeypatch.context() as proxied:
        proxied.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # no server listens there
        assert list(download.lines(url))
    (sent,) = stream.requests(path="/exports")
    assert set(sent["headers"]) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize(("bound", "value"), [("MAX_LINE_BYTES", 200), ("MAX_FILE_BYTES", 200)])
def test_file_over_the_bounds_is_missing(
    chat: Chatters, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    ready = finish_export(chat["Mila"])
    monkeypatch.setattr(download, bound, value)
    assert missing_from(ready, chat["Mila"]) is StreamReason.TOO_LARGE


def test_file_that_arrives_too_slowly_is_abandoned(chat: Chatters, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = finish_export(chat["Mila"])
    monkeypatch.setattr(download, "LONGEST", timedelta(seconds=-1))
    with (
        pytest.raises(StreamUnavailable),
        export_tasks.fetch_copy(ready, chat["Mila"], StreamCopyKind.ACCESS),
    ):
        pytest.fail("a copy")


@pytest.mark.parametrize("body", ["", "\n\n", "no json\n", "[]\n", '{"user": {"id": "u_someone_else"}}\n'])
def test_file_without_a_line_of_the_subject_is_missing(chat: Chatters, stream: Emulator, body: str) -> None:
    ready = finish_export(chat["Mila"])
    stream.fault(path="/exports", status=200, body=body)
    assert missing_from(ready, chat["Mila"]) is StreamReason.NOTHING_FOUND


def test_lines_are_joined_across_chunks(
    chat: Chatters, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = link_of(finish_export(chat["Mila"]))
    monkeypatch.setattr(download, "CHUNK", 3)
    stream.fault(path="/exports", status=200, body="one\n\ntwenty-two\nthe last has no end")
    assert [bytes(line) for line in download.lines(url)] == [b"one", b"twenty-two", b"the last has no end"]


@pytest.mark.promise("SEC-1")
def test_link_is_in_no_exception_log_or_representation(
    chat: Chatters, stream: Emulator, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ready = finish_export(chat["Mila"])
    url = link_of(ready)
    signature = url.split("signature=")[1]
    stream.fault(path="/exports", drop_connection=True)
    with pytest.raises(StreamUnavailable) as raised:
        list(download.lines(url))
    shown = (str(raised.value), repr(raised.value), repr(gateway.task(ready.task_id)), repr(ready))
    assert not any(signature in text for text in (*shown, caplog.text, world.log.getvalue()))


@pytest.fixture
def server_with_malformed_headers() -> Iterator[str]:
    """Run a server with malformed headers, about which urllib3 warns with the whole address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nno header: \xff\r\n: nameless\r\nX\r\n\r\n{}\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(5)


@pytest.mark.promise("SEC-1")
def test_malformed_answer_does_not_put_the_link_into_the_log(
    server_with_malformed_headers: str,
    chat: Chatters,
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure(STREAM_URL=server_with_malformed_headers)
    list(download.lines(f"{server_with_malformed_headers}/exports/users/x?signature=canary"))
    assert "canary" not in caplog.text
