"""The public pages in a browser: axe, screens, keyboard, the check of a certificate. Pictures: build/pages"""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.core.signatures import fingerprint_of
from chalicelib.rights.erasure.model import Envelope
from chalicelib.site.clauses.certificates import TEXTS
from chalicelib.site.pages.verify import COMMANDS
from infra.local.chromium import DESKTOP, PHONE, Browser, Screen
from tests.support.cases import certificates
from tests.support.pages import site
from tests.support.pages.layout import SCREENS, SMALL_PHONE, check_colours, check_width
from tests.support.pages.site import SiteServer, site_server
from tests.support.snippets import ROOT

AXE = ROOT / "infra" / "local" / "js" / "node_modules" / "axe-core" / "axe.min.js"
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
KEYS = certificates.published(PEM)


@pytest.fixture(scope="module")
def server() -> Iterator[SiteServer]:
    with site_server() as running:
        yield running


def signed(document: bytes | None = None) -> Envelope:
    document = document or certificates.a_certificate(held=certificates.held_records()).document()
    return Envelope(fingerprint_of(PEM), KEY.sign(document, ec.ECDSA(hashes.SHA256())), document)


def short_signature() -> Envelope:
    """Return a certificate of whose signature a number has fewer than 32 bytes, which is one of 128."""
    while True:
        envelope = signed()
        if min(map(int.bit_length, decode_dss_signature(envelope.signature))) <= 31 * 8:
            return envelope


def long_signature() -> Envelope:
    """Return a certificate of whose signature both numbers need a zero for their sign."""
    while True:
        envelope = signed()
        if min(map(int.bit_length, decode_dss_signature(envelope.signature))) == 256:
            return envelope


@pytest.mark.parametrize("path", site.SERVED)
def test_page_has_no_finding_and_fits_each_screen(chromium: Browser, server: SiteServer, path: str) -> None:
    chromium.visit(server.url + path, DESKTOP)
    chromium.value(AXE.read_text(encoding="utf-8") + ";0")
    found = chromium.value(
        "axe.run().then(done => done.violations.map(one => one.id + ' ' + one.nodes[0].html))"
    )
    assert found == []
    for screen in (SMALL_PHONE, PHONE, DESKTOP):
        chromium.visit(server.url + path, screen)
        check_width(chromium, screen)
    assert {url.removeprefix(server.url) for url in chromium.asked} == {path}


@pytest.mark.parametrize("name", SCREENS)
def test_page_of_a_deletion_has_the_colours_of_its_screen(
    chromium: Browser, server: SiteServer, name: str
) -> None:
    screen: Screen = SCREENS[name]
    chromium.visit(f"{server.url}/privacy/delete", screen)
    check_colours(chromium, screen, f"delete-{name}")


@pytest.mark.parametrize("path", site.SERVED)
def test_each_control_is_reached_by_the_keyboard_in_the_order_of_the_page(
    chromium: Browser, server: SiteServer, path: str
) -> None:
    chromium.visit(server.url + path, DESKTOP)
    controls = "[...document.querySelectorAll('a[href], button, input, select, textarea')]"
    count = chromium.value(f"{controls}.length")
    reached = []
    for _ in range(count):
        for kind in ("keyDown", "keyUp"):
            chromium.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(chromium.value(f"{controls}.indexOf(document.activeElement)"))
    assert reached == list(range(count))


# --- certificates


def check(chromium: Browser, server: SiteServer, file: bytes, folder: Path) -> tuple[str, str]:
    """Choose a file on the page; return the outcome, and what the page then shows."""
    path = folder / "signed-certificate.json"
    path.write_bytes(file)
    chromium.visit(f"{server.url}/privacy/verify", PHONE)
    chooser = chromium.call("Runtime.evaluate", expression="document.getElementById('file')")["result"]
    chromium.call("DOM.setFileInputFiles", files=[str(path)], objectId=chooser["objectId"])
    outcome = chromium.value("""
        new Promise(done => {
          const result = document.getElementById('result')
          const look = () => ['loading', undefined].includes(result.dataset.outcome)
            ? setTimeout(look, 5) : done(result.dataset.outcome)
          look()
        })
    """)
    shown = str(chromium.value("document.querySelector('main').innerText"))
    assert TEXTS[outcome].replace("{file}", "signed-certificate.json") in shown
    return outcome, shown


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("make", [signed, short_signature, long_signature])
def test_genuine_certificate_is_accepted_and_its_content_is_shown(
    chromium: Browser, server: SiteServer, tmp_path: Path, make: Callable[[], Envelope]
) -> None:
    server.keys = KEYS
    outcome, shown = check(chromium, server, make().document(), tmp_path)
    assert outcome == "genuine"
    assert "Deletion was complete\n23 November 2026" in shown
    assert "How you used the app: at least 4218 (Our database, table usage)" in shown
    assert "Terms and notices that you accepted (2): A law requires us to keep it" in shown
    assert "The mark that a user id was deleted" in shown
    check_width(chromium, PHONE)
    assert chromium.value("document.getElementById('result').role") == "status"


@pytest.mark.promise("RGT-3")
def test_content_of_the_file_is_sent_nowhere(chromium: Browser, server: SiteServer, tmp_path: Path) -> None:
    server.keys = KEYS
    check(chromium, server, signed().document(), tmp_path)
    asked = [url.removeprefix(server.url) for url in chromium.asked]
    assert asked == ["/privacy/verify", "/v1/certificate-keys"]


def altered() -> bytes:
    """Return a certificate with one other byte, which still is one."""
    whole = signed()
    return replace(whole, certificate=whole.certificate.replace(b'"count":3', b'"count":4', 1)).document()


def of_another_key() -> bytes:
    """Return a certificate that names the published key, and that another key signed."""
    document = certificates.a_certificate().document()
    other = ec.generate_private_key(ec.SECP256R1()).sign(document, ec.ECDSA(hashes.SHA256()))
    return Envelope(fingerprint_of(PEM), other, document).document()


def without_signature() -> bytes:
    return replace(signed(), signature=b"\x30\x06\x02\x01\x00\x02\x01").document()


BAD = {
    "altered byte": (altered, "altered"),
    "another key": (of_another_key, "altered"),
    "broken signature": (without_signature, "altered"),
    "unknown key": (lambda: replace(signed(), kid="0" * 64).document(), "unknown"),
    "no JSON": (lambda: b"%PDF-1.7", "malformed"),
    "other JSON": (lambda: b'{"certificate":"e30="}', "malformed"),
    "null": (lambda: b"null", "malformed"),
    "empty": (lambda: b"", "malformed"),
    "the certificate alone": (lambda: signed().certificate, "malformed"),
    "too large": (lambda: b" " * 1_000_001, "large"),
}


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("name", BAD)
def test_file_that_is_no_genuine_certificate_is_refused_with_the_reason(
    chromium: Browser, server: SiteServer, tmp_path: Path, name: str
) -> None:
    server.keys = KEYS
    make, expected = BAD[name]
    outcome, shown = check(chromium, server, make(), tmp_path)
    assert outcome == expected
    assert TEXTS["heading"] not in shown


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("keys", [None, "<html>", "{}"])
def test_keys_that_cannot_be_fetched_are_no_verdict(
    chromium: Browser, server: SiteServer, tmp_path: Path, keys: str | None
) -> None:
    server.keys = keys
    assert check(chromium, server, signed().document(), tmp_path)[0] == "unreachable"


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize(
    ("make", "said"), [(lambda: signed().document(), "Verified OK"), (altered, "Verification failure")]
)
def test_commands_of_the_page_check_a_certificate(
    tmp_path: Path, make: Callable[[], bytes], said: str
) -> None:
    (tmp_path / "signed-certificate.json").write_bytes(make())
    (tmp_path / "keys.json").write_text(json.dumps(json.loads(KEYS), separators=(",", ":")))
    done = subprocess.run(["bash", "-c", COMMANDS], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr).partition("\n")[0] == said
