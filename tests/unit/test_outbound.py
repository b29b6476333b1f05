"""Sending to an address that a subject named, against a TLS server on this machine."""

import hashlib
import io
import logging
import os
import socket
import ssl
import threading
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from chalicelib.core import clock, figures, metrics, outbound
from chalicelib.core.egress import NotOnRegister
from chalicelib.core.ids import ChallengeId
from chalicelib.core.metrics import Metric
from chalicelib.core.outbound import (
    BodyChanged,
    NotTaken,
    NotTakenReason,
    Parcel,
    Target,
    TooLarge,
    TransferRefused,
    TransferTaken,
    Unreachable,
    line,
    post,
)
from chalicelib.core.setting_values import LocalTarget
from chalicelib.core.settings import SettingsError, read, settings
from chalicelib.privacy import plans, register
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient
from tests.support import patches
from tests.support.cases.receiver import Authority, Behaviour, Receiver, Talk, answering, receiving, status
from tests.support.clouds import environment
from tests.support.world.limits import configure

HOST = "take.example"
PATH = "/in/mila-s3cret"
PUBLIC = "93.184.215.14"
HERE = ip_address("127.0.0.1")
BODY = b"PK" + bytes(range(256)) * 1024  # five chunks
CREATED = status("201 Created")


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Block connections except to the test's own server; only `Names` resolves names."""
    enable_socket()
    socket_allow_hosts(["127.0.0.1"])


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Metric]:
    """Collect the counted metrics."""
    seen: list[Metric] = []
    monkeypatch.setattr(metrics, "count", seen.append)
    return seen


class Names:
    """A name server: each look-up gets the next answer, and the last answer repeats."""

    def __init__(self, *answers: list[str] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return [(None, None, 0, "", (address, port)) for address in answer]


class Internet:
    """Names, the addresses that were dialled, and one server that answers at every address."""

    def __init__(self) -> None:
        self.names = Names([PUBLIC])
        self.called: list[tuple[str, int]] = []
        self.dead: set[str] = set()
        self.server: Receiver | None = None
        self._dial = line.dial

    def look_up(self, *args: Any, **kwargs: Any) -> list[Any]:
        return self.names(*args, **kwargs)

    def dial(self, address: Any, port: int, seconds: float) -> socket.socket:
        self.called.append((str(address), port))
        if str(address) in self.dead or self.server is None:
            raise ConnectionRefusedError
        return self._dial(HERE, self.server.port, seconds)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> Internet:
    internet = Internet()
    monkeypatch.setattr(socket, "getaddrinfo", internet.look_up)
    monkeypatch.setattr(line, "dial", internet.dial)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))  # the system's CAs
    monkeypatch.setenv("SSL_CERT_DIR", os.devnull)
    return internet


Serves = Callable[..., AbstractContextManager[Receiver]]


@pytest.fixture
def serves(internet: Internet, authority: Authority) -> Serves:
    """Run a server at every address of the internet in this block."""

    @contextmanager
    def serving(behave: Behaviour, certificate: Path | None = None, **options: Any) -> Iterator[Receiver]:
        with receiving(certificate or authority.certificate(HOST), behave, **options) as server:
            internet.server = server
            yield server

    return serving


class Clock:
    """Time that passes when it is read: a fixed amount at each read after the first."""

    def __init__(self, *, each: float) -> None:
        self.now, self.each = 0.0, each
        patches.current().setattr(clock, "ticks", self.tick)

    def tick(self) -> float:
        self.now += self.each
        return self.now - self.each


def parcel(content: bytes = BODY, **changed: Any) -> Parcel:
    sound = Parcel(io.BytesIO(content), len(content), hashlib.sha256(content).digest(), ChallengeId.new())
    return replace(sound, **changed)


def zeros(megabytes: int = 24) -> Parcel:
    """Return more zeros than the buffers between two processes hold."""
    left = size = megabytes * 1024 * 1024
    digest = hashlib.sha256()
    for _ in range(megabytes):
        digest.update(bytes(1024 * 1024))

    class Zeros:
        def read(self, size: int, /) -> bytes:
            nonlocal left
            taken = min(size, left)
            left -= taken
            return bytes(taken)

    return Parcel(Zeros(), size, digest.digest(), ChallengeId.new())


def push(what: Parcel | None = None, categories: tuple[str, ...] = (Category.NAME,)) -> TransferTaken:
    target = Target.parse(f"https://{HOST}{PATH}")
    to, purpose = Recipient.NAMED_CONTROLLER, Purpose.LEGAL_OBLIGATION
    return outbound.push(what or parcel(), target, to=to, purpose=purpose, categories=categories)


def refused() -> NotTakenReason:
    with pytest.raises(TransferRefused) as failed:
        push()
    return failed.value.reason


def unreachable() -> NotTakenReason:
    with pytest.raises(Unreachable) as failed:
        push()
    return failed.value.reason


# --- delivery


@pytest.mark.promise("RGT-8")
def test_file_arrives_complete_at_the_address_that_the_subject_named(
    serves: Serves, internet: Internet
) -> None:
    with serves(CREATED) as server:
        assert push() == TransferTaken(201)
    assert server.talk.head.split("\r\n")[0] == f"POST {PATH} HTTP/1.1"
    assert server.talk.body == BODY
    assert internet.called == [(PUBLIC, 443)]


@pytest.mark.promise("RGT-8")
def test_request_states_its_type_length_digest_and_idempotency_key(serves: Serves) -> None:
    sent = parcel(b"zip")
    with serves(CREATED) as server:
        push(sent)
    assert server.talk.headers == {
        "host": HOST,
        "user-agent": "RU4M",
        "connection": "close",
        "content-type": "application/zip",
        "content-length": "3",
        "content-digest": "sha-256=:SnD+mqZDbgLC3qNA+9HjUuTvLYzmylKtJdS5VHH8i/I=:",
        "idempotency-key": f'"{sent.key}"',
    }


@pytest.mark.promise("RGT-8")
def test_only_a_success_status_counts_as_accepted(serves: Serves) -> None:
    for code in (200, 201, 202, 204):
        with serves(status(f"{code} Fine")):
            assert push() == TransferTaken(code)


def test_body_is_never_entirely_in_memory(serves: Serves) -> None:
    def drain(talk: Talk) -> None:
        talk.read_head()
        got, room = len(talk.body), bytearray(65536)
        while got < int(talk.headers["content-length"]):
            got += talk.connection.recv_into(room)
        talk.say("HTTP/1.1 200 OK\r\n\r\n")

    large = zeros()
    with serves(drain):
        tracemalloc.start()
        try:
            push(large)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < large.length / 10


# --- permitted addresses


@pytest.mark.promise("SEC-2")
@pytest.mark.parametrize(
    ("recipient", "purpose", "category"),
    [
        (Recipient.NAMED_CONTROLLER, Purpose.SERVICE, Category.NAME),
        (Recipient.NAMED_CONTROLLER, Purpose.LEGAL_OBLIGATION, Category.CREDENTIALS),
        (None, Purpose.LEGAL_OBLIGATION, Category.NAME),
    ],
)
def test_unregistered_push_is_refused_before_the_look_up(
    internet: Internet, recipient: Any, purpose: Purpose, category: Category
) -> None:
    target = Target.parse(f"https://{HOST}/")
    with pytest.raises(NotOnRegister):
        outbound.push(parcel(), target, to=recipient, purpose=purpose, categories=[category])
    assert (internet.names.asked, internet.called) == ([], [])


@pytest.mark.promise("RGT-8", "SEC-2")
def test_named_controller_may_get_portable_data_and_chat_content() -> None:
    sections = plans.export_plan(register.records())
    portable = {field.category for section in sections for field in section.disclosed if field.portable}
    files = {Category.CONTENT_PRIVATE, Category.SELF_IMAGE}  # the chat, and the picture
    assert Recipient.NAMED_CONTROLLER.entry.categories == portable | files


@pytest.mark.promise("SEC-1")
def test_one_address_that_is_not_public_refuses_all_addresses_of_a_name(internet: Internet) -> None:
    for bad in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"):
        for answer in ([bad], [PUBLIC, bad], [bad, PUBLIC]):
            internet.names = Names(answer)
            assert refused() is NotTakenReason.NOT_PUBLIC
    assert internet.called == []


@pytest.mark.promise("SEC-1")
def test_name_is_looked_up_once_and_the_checked_address_is_dialled(
    serves: Serves, internet: Internet
) -> None:
    """DNS rebinding: a second look-up would return our own address."""
    internet.names = Names([PUBLIC], ["127.0.0.1"])
    with serves(CREATED):
        push()
    assert internet.names.asked == [f"{HOST}."]
    assert internet.called == [(PUBLIC, 443)]


def test_no_search_domain_is_appended_to_the_name(serves: Serves, internet: Internet) -> None:
    with serves(CREATED):
        push()
    assert all(name.endswith(".") for name in internet.names.asked)


def test_unreachable_address_is_skipped(serves: Serves, internet: Internet) -> None:
    internet.names = Names(["2606:2800:21f:cb07::1", PUBLIC])
    internet.dead = {"2606:2800:21f:cb07::1"}
    with serves(CREATED):
        push()
    assert internet.called == [("2606:2800:21f:cb07::1", 443), (PUBLIC, 443)]


def test_address_is_dialled_without_a_look_up(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    with receiving(authority.certificate(HOST), CREATED) as server:
        line.dial(HERE, server.port, 5).close()


def test_proxy_of_the_environment_is_not_used(
    serves: Serves, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serves(CREATED) as server:
        push()
    assert server.talk.head.startswith("POST /in/")
    assert internet.called == [(PUBLIC, 443)]


# --- names that do not resolve


@pytest.mark.parametrize("number", [socket.EAI_NONAME, socket.EAI_NODATA])
def test_name_that_does_not_exist_is_looked_up_once(internet: Internet, number: int) -> None:
    internet.names = Names(socket.gaierror(number, f"{HOST} is unknown"))
    assert refused() is NotTakenReason.NO_SUCH_NAME


def test_failed_look_up_may_be_tried_again(internet: Internet) -> None:
    internet.names = Names(socket.gaierror(socket.EAI_AGAIN, "later"))
    assert unreachable() is NotTakenReason.NO_CONNECTION


def test_silent_name_server_is_a_timeout(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()

    def silent(*_: Any, **__: Any) -> list[Any]:
        end.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    Clock(each=599.95)  # a twentieth of a second is left
    try:
        assert unreachable() is NotTakenReason.TOO_SLOW
    finally:
        end.set()


def test_refused_connection_may_be_tried_again(internet: Internet) -> None:
    assert unreachable() is NotTakenReason.NO_CONNECTION


# --- TLS


@pytest.mark.promise("SEC-1")
def test_certificate_for_another_name_is_refused(serves: Serves, authority: Authority) -> None:
    with serves(CREATED, authority.certificate("other.example")) as server:
        assert refused() is NotTakenReason.TLS
    assert server.talks == []


@pytest.mark.promise("SEC-1")
def test_expired_certificate_is_refused(serves: Serves, authority: Authority) -> None:
    expired = authority.certificate(HOST, until=datetime.now(UTC) - timedelta(hours=1))
    with serves(CREATED, expired) as server:
        assert refused() is NotTakenReason.TLS
    assert server.talks == []


@pytest.mark.promise("SEC-1")
def test_certificate_of_an_untrusted_authority_is_refused(serves: Serves, tmp_path: Path) -> None:
    with serves(CREATED, Authority(tmp_path).certificate(HOST)) as server:
        assert refused() is NotTakenReason.TLS
    assert server.talks == []


@pytest.mark.promise("SEC-1")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_before_1_2_is_refused(serves: Serves) -> None:
    with serves(CREATED, newest=ssl.TLSVersion.TLSv1_1) as server:
        assert refused() is NotTakenReason.TLS
    assert server.talks == []


def test_tls_1_2_is_accepted(serves: Serves) -> None:
    with serves(CREATED, newest=ssl.TLSVersion.TLSv1_2):
        assert push() == TransferTaken(201)


def test_session_keys_are_not_written_to_a_key_log(
    serves: Serves, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    with serves(CREATED):
        push()
    assert not log.exists()


# --- responses


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308, 304])
def test_redirect_is_refused_and_not_followed(serves: Serves, internet: Internet, code: int) -> None:
    with serves(status(f"{code} Elsewhere", f"location: https://{HOST}/other")) as server:
        assert refused() is NotTakenReason.REDIRECT
    assert len(server.talks) == len(internet.called) == 1


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 413, 415, 422, 101, 600])
def test_client_error_is_a_final_refusal(serves: Serves, code: int) -> None:
    with serves(status(f"{code} No")), pytest.raises(TransferRefused) as failed:
        push()
    assert (failed.value.reason, failed.value.status) == (NotTakenReason.ANSWERED_NO, code)
    assert failed.value.sent == len(BODY)


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize("code", [500, 502, 503, 504, 507, 408, 409, 425, 429])
def test_status_that_permits_a_later_attempt_counts_as_unreachable(serves: Serves, code: int) -> None:
    with serves(status(f"{code} Later")), pytest.raises(Unreachable) as failed:
        push()
    assert (failed.value.reason, failed.value.status) == (NotTakenReason.ANSWERED_LATER, code)


def test_refusal_before_the_end_of_the_body_is_read(serves: Serves) -> None:
    def impatient(talk: Talk) -> None:
        talk.read_head()
        talk.say("HTTP/1.1 413 Too Large\r\nconnection: close\r\n\r\n")

    large = zeros()
    with serves(impatient), pytest.raises(TransferRefused) as failed:
        push(large)
    assert failed.value.status == 413
    assert failed.value.sent < large.length


@pytest.mark.promise("RGT-8")
def test_success_status_before_the_end_of_the_body_is_not_accepted(serves: Serves) -> None:
    def hasty(talk: Talk) -> None:
        talk.read_head()
        talk.read_body(1024 * 1024)
        talk.say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")

    large = zeros()
    with serves(hasty), pytest.raises(Unreachable) as failed:
        push(large)
    assert (failed.value.reason, failed.value.status) == (NotTakenReason.NO_CONNECTION, 200)
    assert 0 < failed.value.sent < large.length


@pytest.mark.parametrize("answer", ["SSH-2.0-OpenSSH_9\r\n", "HTTP/1.1 two hundred\r\n\r\n", "\r\n\r\n"])
def test_response_that_is_not_http_is_refused(serves: Serves, answer: str) -> None:
    with serves(answering(answer)):
        assert refused() is NotTakenReason.NOT_HTTP


@pytest.mark.parametrize("after", [Talk.read_head, Talk.read_all])
def test_connection_closed_without_response_may_be_tried_again(
    serves: Serves, after: Callable[[Talk], None]
) -> None:
    with serves(after):
        assert unreachable() is NotTakenReason.NO_CONNECTION


def without_end(start: str, more: str) -> Behaviour:
    """Return a server behaviour that sends until the client closes the connection."""

    def behave(talk: Talk) -> None:
        talk.read_all()
        talk.say(start)
        while True:
            talk.say(more * 1000)

    return behave


@pytest.mark.parametrize(
    "answer",
    [
        without_end("HTTP/1.1 200 OK\r\n", "x-more: yes\r\n"),
        without_end("HTTP/1.1 200 OK\r\nx-long: ", "long"),
        without_end("", "HTTP/1.1 100 Continue\r\n\r\n"),
        without_end("", "long"),
    ],
)
def test_endless_headers_are_read_up_to_a_few_kilobytes(
    serves: Serves, answer: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    receive = line.Line.recv_into

    def counting(self: line.Line, into: Any) -> int:
        read.append(receive(self, into))
        return read[-1]

    monkeypatch.setattr(line.Line, "recv_into", counting)
    with serves(answer):
        assert refused() is NotTakenReason.NOT_HTTP
    assert sum(read) <= 8 * 1024


def test_endless_body_is_not_read(serves: Serves) -> None:
    with serves(without_end("HTTP/1.1 200 OK\r\n\r\n", "body")) as server:
        assert push() == TransferTaken(200)
    assert isinstance(server.talk.error, OSError)  # the client closed the connection


# --- time


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the timeout of a silent server to a twentieth of a second."""
    short: dict[str, Any] = {"silence_seconds": 0.05}
    changed = replace(settings(), push=replace(settings().push, **short))
    monkeypatch.setattr(post, "settings", lambda: changed)


@pytest.mark.parametrize("heard", [Talk.read_head, Talk.read_all])
def test_silent_server_is_a_timeout(serves: Serves, impatient: None, heard: Callable[[Talk], None]) -> None:
    left = threading.Event()

    def silent(talk: Talk) -> None:
        heard(talk)
        left.wait(10)

    with serves(silent):
        with pytest.raises(Unreachable) as failed:
            push(zeros())
        left.set()
    assert failed.value.reason is NotTakenReason.TOO_SLOW


def test_server_that_is_silent_in_the_handshake_is_a_timeout(
    internet: Internet, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float | None] = []
    set_timer = socket.socket.settimeout

    def noted(self: socket.socket, seconds: float | None) -> None:
        waits.append(seconds)
        set_timer(self, seconds)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        internet.server = Receiver(silent.getsockname()[1])
        monkeypatch.setattr(socket.socket, "settimeout", noted)
        assert unreachable() is NotTakenReason.TOO_SLOW
    assert waits[-1] == 0.05


@pytest.mark.parametrize(("passed", "wait"), [(0, 30), (570, 30), (590, 10), (599, 1)])
def test_no_timeout_is_longer_than_the_time_left_until_the_deadline(passed: float, wait: float) -> None:
    time = Clock(each=0)
    deadline = line.Deadline(600)
    time.now = passed
    assert deadline.within(30) == wait


def test_response_sent_byte_by_byte_ends_at_the_deadline(serves: Serves) -> None:
    def dripping(talk: Talk) -> None:
        talk.read_all()
        talk.say("HTTP/1.1 200 OK\r\nx-drip: ")
        while True:
            talk.say("d")

    with serves(dripping):
        Clock(each=20)
        assert unreachable() is NotTakenReason.TOO_SLOW


def test_body_accepted_in_small_pieces_ends_at_the_deadline(serves: Serves) -> None:
    with serves(CREATED) as server:
        Clock(each=100)
        with pytest.raises(Unreachable) as failed:
            push()
    assert failed.value.reason is NotTakenReason.TOO_SLOW
    assert failed.value.sent < len(BODY)
    assert len(server.talk.body) < len(BODY)


@pytest.mark.parametrize("name", ["connect_seconds", "silence_seconds", "whole_seconds", "megabytes"])
@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "s3cret", "99999"])
def test_timeout_is_a_setting_within_bounds(name: str, value: str) -> None:
    variable = figures.variable(figures.Transfers, name)
    with pytest.raises(SettingsError, match=variable) as bad:
        read({**environment.variables(), variable: value})
    assert "s3cret" not in str(bad.value)
    assert getattr(read({**environment.variables(), variable: "15"}).push, name) == 15


def test_push_ends_before_the_function_does() -> None:
    longest = read({**environment.variables(), "RU4M_PUSH_WHOLE_SECONDS": "780"}).push.whole_seconds
    assert longest + 60 < timedelta(minutes=15).total_seconds()


# --- content


def test_too_large_parcel_is_refused_before_the_look_up(internet: Internet) -> None:
    with pytest.raises(TooLarge):
        push(parcel(length=1024 * 1024 * 1024 + 1))
    assert internet.names.asked == []


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize(
    "changed",
    [
        {"body": io.BytesIO(BODY[:-1])},
        {"body": io.BytesIO(BODY + b"x")},
        {"body": io.BytesIO(BODY * 3)},
        {"body": io.BytesIO(BODY[:-1] + b"\x00")},
        {"sha256": bytes(32)},
        {"length": len(BODY) - 1},
        {"length": len(BODY) + 1},
        {"body": io.BytesIO(b"")},
    ],
)
def test_body_that_differs_from_its_declared_length_or_hash_never_completes(
    serves: Serves, changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bytes] = []
    send = line.Line.sendall

    def noted(self: line.Line, data: bytes) -> None:
        left.append(data)
        send(self, data)

    monkeypatch.setattr(line.Line, "sendall", noted)
    bad = parcel(**changed)
    with serves(CREATED) as server, pytest.raises(BodyChanged):
        push(bad)
    assert isinstance(server.talk.error, OSError)  # cut off
    _head, _, body = b"".join(left).partition(b"\r\n\r\n")
    assert len(body) < bad.length


def test_error_of_the_source_is_raised_unchanged(serves: Serves) -> None:
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 100_000:
                raise TimeoutError("of the source")
            return super().read(size)

    with serves(CREATED) as server, pytest.raises(TimeoutError, match="of the source"):
        push(parcel(body=Torn(BODY)))
    assert isinstance(server.talk.error, OSError)


# --- what errors and metrics show


def every_failure(serves: Serves, authority: Authority, internet: Internet) -> Iterator[None]:
    """Yield, one after another, each way in which a push fails."""
    with serves(CREATED, authority.certificate("other-s3cret.example")):
        yield
    for behave in (status("404 s3cret"), status("503 s3cret"), status("302 s3cret", "location: s3cret")):
        with serves(behave):
            yield
    with serves(answering("s3cret")):
        yield
    internet.names = Names(socket.gaierror(socket.EAI_NONAME, f"s3cret {HOST}"))
    yield
    internet.names = Names(["10.0.0.1"])
    yield


@pytest.mark.promise("SEC-1")
def test_failure_reveals_neither_target_nor_response(
    serves: Serves, authority: Authority, internet: Internet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in every_failure(serves, authority, internet):
        with pytest.raises(NotTaken) as failed:
            push()
        assert str(failed.value) == failed.value.reason.value
        shown = "".join(traceback.format_exception(failed.value))
        assert "s3cret" not in shown.replace(PATH, "")
        assert HOST not in shown
    assert caplog.records == []


def test_outcome_of_a_push_is_counted(serves: Serves, internet: Internet, counted: list[Metric]) -> None:
    with serves(CREATED):
        push()
    internet.names = Names(["10.0.0.1"])
    refused()
    assert counted == [Metric.PUSH_TAKEN, Metric.PUSH_NOT_TAKEN]


@pytest.mark.promise("SEC-1")
def test_representation_of_a_parcel_hides_its_body() -> None:
    assert "BytesIO" not in repr(parcel())


# --- stand-ins on this machine


@pytest.fixture
def on_stage_local(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def listed(targets: str) -> None:
        configure(STAGE="local", LOCAL_TARGETS=targets)

    yield listed
    monkeypatch.undo()
    settings.cache_clear()


def test_on_stage_local_a_listed_host_resolves_to_this_machine(
    monkeypatch: pytest.MonkeyPatch, on_stage_local: Callable[[str], None], authority: Authority
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    with receiving(authority.certificate(HOST), CREATED) as server:
        on_stage_local(f"{HOST}:{server.port}=127.0.0.1,{authority.file}")
        assert push() == TransferTaken(201)
        on_stage_local(f"{HOST}:{server.port}=127.0.0.1")
        assert refused() is NotTakenReason.TLS  # its CA is in no system's list
    assert server.talk.headers["host"] == HOST


def test_on_stage_local_an_unlisted_host_is_treated_as_on_every_stage(
    internet: Internet, on_stage_local: Callable[[str], None]
) -> None:
    on_stage_local("other.example:8443=127.0.0.1")
    internet.names = Names(["127.0.0.1"])
    assert refused() is NotTakenReason.NOT_PUBLIC


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("stage", ["staging", "production"])
def test_stages_other_than_local_refuse_to_start_with_stand_ins(stage: str) -> None:
    listed = {"RU4M_STAGE": stage, "RU4M_LOCAL_TARGETS": "take.example:8443=127.0.0.1"}
    with pytest.raises(SettingsError, match="RU4M_LOCAL_TARGETS"):
        read({**environment.variables(), **listed})


@pytest.mark.parametrize(
    "text",
    [
        "take.example",
        "take.example:8443=8.8.8.8",
        "take.example:8443=localhost",
        "take.example=127.0.0.1",
        "s3cret",
    ],
)
def test_stand_in_outside_this_machine_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="RU4M_LOCAL_TARGETS") as bad:
        read({**environment.variables(), "RU4M_STAGE": "local", "RU4M_LOCAL_TARGETS": text})
    assert "s3cret" not in str(bad.value)


def test_several_stand_ins_can_be_listed() -> None:
    text = "take.example:8443=127.0.0.1,/tmp/ca.pem;other.example:1=::1"
    listed = read(
        {**environment.variables(), "RU4M_STAGE": "local", "RU4M_LOCAL_TARGETS": text}
    ).local_targets
    assert listed == {
        "take.example": LocalTarget("127.0.0.1", 8443, "/tmp/ca.pem"),  # noqa: S108 - a name only
        "other.example": LocalTarget("::1", 1, None),
    }
