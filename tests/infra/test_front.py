"""Tests the front of a local cloud, and the commands about it, without a cloud."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from infra.local import mailbox, state
from infra.local.__main__ import app
from infra.local.emulator import free_port
from infra.local.front import ANDROID, running_front
from infra.push_emulator.running import running_push_emulator

NUMBER = "+381601112233"


class Emulated(BaseHTTPRequestHandler):
    """In place of the emulator: answers with what it got, its own address, and two messages."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        content += f" {self.headers['Sec-GPC']}".encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        own = f"http://127.0.0.1:{self.connection.getsockname()[1]}"
        sent = {
            "/_ministack/sns/sms-messages": {
                "sms_messages": {NUMBER: [{"Message": "RU4M: 123456", "Timestamp": 1.0}]}
            },
            "/_ministack/ses/messages": {
                "messages": {
                    "0": [{"To": ["a@example.org"], "Subject": "<b>", "BodyText": "x", "Timestamp": 2.0}]
                }
            },
        }.get(self.path, {"path": self.path, "host": self.headers["Host"], "url": f"{own}/copy"})
        content = json.dumps(sent).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", f"{own}/made")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def emulated() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Emulated)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def get(address: str, path: str) -> requests.Response:
    """Send a request to a front, as the phone that knows this machine by another name."""
    return requests.get(address.replace(ANDROID, "127.0.0.1") + path, timeout=10, allow_redirects=False)


def test_request_goes_to_the_api_with_its_path_and_query(emulated: str) -> None:
    with running_front(f"{emulated}/api", emulated) as address:
        found = get(address, "/v1/contacts?limit=3")
    assert (found.status_code, found.json()["path"]) == (201, "/api/v1/contacts?limit=3")


def test_phone_gets_the_address_of_the_front_in_place_of_the_emulators(emulated: str) -> None:
    with running_front(emulated, emulated, ANDROID) as address:
        found = get(address, "/v1/rights-requests/r/export")
    assert address.startswith(f"http://{ANDROID}:")
    assert found.json()["url"] == f"{address}/copy"
    assert found.headers["Location"] == f"{address}/made"


def test_link_to_a_bucket_goes_to_the_emulator_with_the_host_that_is_signed(emulated: str) -> None:
    with running_front(f"{emulated}/api", emulated, ANDROID) as address:
        found = get(address, "/ru4m-local-exports/copy?X-Amz-Signature=s").json()
    assert found["path"] == "/ru4m-local-exports/copy?X-Amz-Signature=s"
    assert found["host"] == emulated.removeprefix("http://")


def test_phone_gets_stream_and_links_of_messages_by_addresses_that_it_reaches(emulated: str) -> None:
    port = emulated.rpartition(":")[2]
    with running_front(
        emulated, "http://127.0.0.1:1", ANDROID, stream_url=emulated, issuer="https://none.example"
    ) as address:
        found = get(address, "/v1/chat/token").json()
        server_text = get(address, "/https://none.example/c").json()["path"]
    assert found["url"] == f"http://{ANDROID}:{port}/copy"
    assert server_text == f"/{address}/c"


def test_body_in_chunks_and_a_doubled_header_arrive_whole(emulated: str) -> None:
    with running_front(emulated, emulated) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        connection.putrequest("POST", "/v1/signup")
        for value in ("1", "0"):
            connection.putheader("Sec-GPC", value)
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders(iter([b"first, ", b"second"]), encode_chunked=True)
        assert connection.getresponse().read() == b"first, second 1,0"
        connection.request("GET", "/after")  # on the same connection
        assert json.loads(connection.getresponse().read())["path"] == "/after"
        connection.close()


def test_length_that_is_no_number_is_refused(emulated: str) -> None:
    with running_front(emulated, emulated) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        connection.request("POST", "/v1/signup", headers={"Content-Length": "x"})
        assert connection.getresponse().status == 400
        connection.close()


def test_second_cloud_of_a_machine_gets_another_port(emulated: str) -> None:
    with running_front(emulated, emulated) as one, running_front(emulated, emulated) as other:
        assert one != other
        assert get(one, "/").status_code == get(other, "/").status_code == 201


@pytest.mark.parametrize("path", ["/v1/health", "/mailbox"])
def test_front_of_a_cloud_that_ended_says_so(path: str) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    with running_front(gone, gone) as address:
        assert get(address, path).status_code == 502


def test_mailbox_has_texts_and_mails_and_escapes_what_people_wrote(emulated: str) -> None:
    found = mailbox.newest_first(emulated)
    assert [(one.to, one.code) for one in found] == [("a@example.org", None), (NUMBER, "123456")]
    page = mailbox.page(found)
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert page.index("a@example.org") < page.index(NUMBER)


def test_mailbox_shows_a_push_as_its_provider_sees_it(emulated: str) -> None:
    data = {"kind": "message", "id": "id-2", "line": "New message"}
    with running_push_emulator() as pushes:
        pushes.phones.take("apple", "a" * 60 + "0123", {"aps": {"content-available": 1}, **data, "line": ""})
        pushes.phones.take("google", "b" * 100 + "4567", {"token": "b", "data": data})
        with running_front(emulated, emulated, push_url=pushes.url) as address:
            page = get(address, "/mailbox").text
    assert "apple …aaaa0123" in page
    assert "not shown\nmessage id-2" in page
    assert "google …bbbb4567" in page
    assert "New message\nmessage id-2" in page
    assert "a" * 20 not in page


def test_address_in_a_message_is_a_link() -> None:
    one = mailbox.LocalMessage("a@example.org", 'Open https://x.example/c#1&a, "now"', datetime.now(UTC))
    assert '<a href="https://x.example/c#1&amp;a">' in mailbox.page([one])


# --- the commands


def run(*words: str, **variables: str) -> Any:
    return CliRunner().invoke(app, [*words], env={**variables})


def test_code_of_a_number_is_printed(emulated: str, tmp_path: Path) -> None:
    state.write(file := tmp_path / "state.json", {"aws_endpoint": emulated})
    done = run("code", "+381 60 111-2233", "--state", str(file))
    assert (done.exit_code, done.stdout) == (0, "123456\n")


def test_code_of_an_address_is_printed(
    emulated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.write(file := tmp_path / "state.json", {"aws_endpoint": emulated})
    mail = mailbox.LocalMessage("b@example.org", "Your code is 654321.", datetime.now(UTC))
    found = {"b@example.org": [mail], "a@example.org": []}
    monkeypatch.setattr("infra.local.__main__.newest_first", lambda _, to: found[to])
    assert run("code", " b@example.org", "--state", str(file)).stdout == "654321\n"


@pytest.mark.parametrize("phone", ["", "0601112233", "+381 60 x"])
def test_code_without_a_number_is_refused_in_a_line(phone: str) -> None:
    done = run("code", phone)
    assert done.exit_code == 1
    assert done.stdout.startswith("PHONE has to be a number such as +381601112233")


@pytest.mark.parametrize("content", [None, "{", json.dumps({"aws_endpoint": "http://127.0.0.1:9"})])
def test_code_without_a_cloud_is_refused_in_a_line(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    if content:
        file.write_text(content)
    done = run("code", NUMBER, "--state", str(file))
    assert done.exit_code == 1
    assert done.stdout == "No local cloud runs: start one with `make run` or `make cloud`.\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("run", "--host", ""), "HOST has to be an address, such as 10.0.2.2"),
        (("cloud", "--host", "my phone"), "HOST has to be an address, such as 10.0.2.2"),
        (("cloud", "--grace", ""), "GRACE has to be 1d to 30d, such as 7d"),
        (("cloud", "--grace", "7h"), "GRACE has to be 1d to 30d, such as 7d"),
        (("cloud", "--grace", "31d"), "GRACE has to be 1d to 30d, such as 7d"),
    ],
)
def test_wrong_variable_is_refused_before_anything_starts(words: tuple[str, ...], why: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert why in done.output


def test_wrong_variable_of_the_environment_is_refused_in_a_line() -> None:
    done = run("cloud", RU4M_LOCAL_LIMITS="tiny")
    assert (done.exit_code, done.stdout) == (1, "RU4M_LOCAL_LIMITS is refused: neither real nor wide\n")


def test_state_goes_with_its_cloud_and_not_with_that_of_another(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    state.write(file, {"aws_endpoint": "one"})
    state.forget(file, {"aws_endpoint": "other"})
    assert state.read(file) == {"aws_endpoint": "one"}
    state.forget(file, {"aws_endpoint": "one"})
    assert not file.exists()
