"""docs/certificates.md: its commands verify a certificate with openssl and the published keys."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from chalicelib.rights.erasure.certificates.model import ErasureCertificate
from chalicelib.rights.erasure.certify import sign
from infra.local.tour.erasure import GUIDE, follow_guide
from tests.support.cases import certificates
from tests.support.cases.certificates import a_certificate, a_long_certificate
from tests.support.clouds.moto import gaps
from tests.support.world.limits import configure
from tests.support.world.world import World
from tests.support.world.wsgi import Stage

pytestmark = pytest.mark.promise("RGT-3")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def key(world: World) -> Iterator[str]:
    with gaps.messages_by_type():
        yield certificates.create_key()


@pytest.fixture
def api(world: World) -> Iterator[str]:
    stage = Stage()
    stage.world = world
    with make_server("127.0.0.1", 0, stage, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def publish(*keys: str) -> None:
    configure(CERTIFICATE_KEYS=certificates.published(*map(certificates.pem, keys)))


@pytest.mark.parametrize("issue", [a_certificate, a_long_certificate], ids=["usual", "40 kB"])
def test_commands_of_the_guide_verify_a_certificate(
    key: str,
    api: str,
    tmp_path: Path,
    issue: Callable[[], ErasureCertificate],
) -> None:
    publish(key)
    issued = issue()
    envelope = sign(issued)
    status, lines = follow_guide(tmp_path, api, envelope.document())
    assert (status, lines) == (0, ["Verified OK", envelope.kid, envelope.kid])
    assert (tmp_path / "certificate.json").read_bytes() == issued.document()
    assert ErasureCertificate.read((tmp_path / "certificate.json").read_bytes()) == issued


def test_commands_verify_an_old_certificate_after_a_rotation(key: str, api: str, tmp_path: Path) -> None:
    envelope = sign(a_certificate())
    publish(certificates.rotate_key(), key)
    status, lines = follow_guide(tmp_path, api, envelope.document())
    assert (status, lines[0]) == (0, "Verified OK")


def test_commands_refuse_a_certificate_that_was_changed(key: str, api: str, tmp_path: Path) -> None:
    publish(key)
    envelope = sign(a_certificate())
    other = a_certificate(held=certificates.held_records()).document()
    forged = type(envelope)(envelope.kid, envelope.signature, other)
    status, lines = follow_guide(tmp_path, api, forged.document())
    assert status != 0
    assert "Verified OK" not in lines


def test_commands_refuse_a_certificate_of_a_key_that_is_not_published(
    key: str, api: str, tmp_path: Path
) -> None:
    envelope = sign(a_certificate())
    publish(certificates.rotate_key())
    status, lines = follow_guide(tmp_path, api, envelope.document())
    assert status != 0
    assert "Verified OK" not in lines


def test_guide_explains_every_field_of_a_certificate() -> None:
    named = {*re.findall(r"`(\w+)`", GUIDE)}
    assert ErasureCertificate.model_fields.keys() <= named
