"""A certificate is signed inside KMS by a key of its own and verified offline, also after a rotation."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core import aws
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import SettingsError, settings
from chalicelib.core.signatures import PublicKeys
from chalicelib.rights.erasure.certificates.model import ErasureCertificate, NotACertificate
from chalicelib.rights.erasure.certify import sign, verify
from chalicelib.rights.erasure.model import ALGORITHM, Envelope, NotAnEnvelope
from tests.support.cases import certificates
from tests.support.cases.certificates import a_certificate, a_long_certificate
from tests.support.clouds.cloud import clients_of, counted
from tests.support.clouds.moto import gaps
from tests.support.world.ledger import an_untrusted_key
from tests.support.world.world import World

pytestmark = pytest.mark.promise("RGT-3")


@pytest.fixture(autouse=True)
def key(world: World) -> Iterator[str]:
    with gaps.messages_by_type():
        yield certificates.create_key()


@contextmanager
def answering(operation: str, answer: Any) -> Iterator[list[dict[str, Any]]]:
    """Let KMS answer an operation by a function of the request; returns the requests."""
    asked: list[dict[str, Any]] = []

    def hook(params: dict[str, Any], **_: Any) -> Any:
        asked.append(json.loads(params["body"]))
        return answer()

    for client in clients_of("kms"):
        client.meta.events.register(f"before-call.kms.{operation}", hook)
    try:
        yield asked
    finally:
        for client in clients_of("kms"):
            client.meta.events.unregister(f"before-call.kms.{operation}", hook)


def refusing(code: str, status: int) -> Any:
    from botocore.awsrequest import AWSResponse

    error = {"Error": {"Code": code, "Message": "quotes arn:aws:kms"}}
    return lambda: (
        AWSResponse("https://kms", status, {}, None),
        {**error, "ResponseMetadata": {"HTTPStatusCode": status}},
    )


def silent() -> Any:
    raise ReadTimeoutError(endpoint_url="https://kms")


def test_signed_certificate_is_verified_offline_with_the_public_key_alone() -> None:
    envelope, keys = sign(a_certificate()), PublicKeys(certificates.pem())
    with counted() as calls:
        assert verify(envelope, keys)
        assert not verify(envelope, PublicKeys(an_untrusted_key()))
        assert not verify(envelope, PublicKeys())
    assert calls == {}
    assert ErasureCertificate.read(envelope.certificate) == a_certificate()


def test_change_of_any_part_is_detected() -> None:
    envelope, keys = sign(a_certificate()), PublicKeys(certificates.pem())
    other = a_certificate(held=certificates.held_records()).document()
    for changed in (
        replace(envelope, certificate=other),
        replace(envelope, certificate=envelope.certificate + b"\n"),
        replace(envelope, signature=envelope.signature[:-1]),
        replace(envelope, signature=b""),
        replace(envelope, kid="0" * 64),
    ):
        assert not verify(changed, keys)


def test_certificate_of_20_kb_is_signed_by_its_digest() -> None:
    certificate = a_long_certificate()
    document = certificate.document()
    assert len(document) > 20_000
    with answering("Sign", lambda: None) as asked:
        envelope = sign(certificate)
    assert verify(envelope, PublicKeys(certificates.pem()))
    (request,) = asked
    digest = hashlib.sha256(document).digest()
    assert (request["MessageType"], request["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
    assert request["Message"] == base64.b64encode(digest).decode()


def test_message_that_is_too_long_for_raw_is_refused_by_kms(key: str) -> None:
    """The reason for the digest; certificates exceed 4,096 bytes."""
    long = a_long_certificate().document()
    with pytest.raises(AwsBug):
        aws.ask("kms", "sign", KeyId=key, Message=long, MessageType="RAW", SigningAlgorithm=ALGORITHM)


def test_signing_again_after_a_crash_gives_another_valid_envelope() -> None:
    first, second = sign(a_certificate()), sign(a_certificate())
    keys = PublicKeys(certificates.pem())
    assert verify(first, keys)
    assert verify(second, keys)
    assert (first.certificate, first.kid) == (second.certificate, second.kid)


def test_old_certificate_stays_valid_after_a_rotation(key: str) -> None:
    before = sign(a_certificate())
    certificates.rotate_key()
    after = sign(a_certificate())
    old, new = certificates.pem(key), certificates.pem()
    assert before.kid != after.kid
    assert verify(before, PublicKeys(old, new))
    assert verify(after, PublicKeys(old, new))
    assert not verify(before, PublicKeys(new))


def test_rotation_between_the_two_calls_does_not_mix_two_keys(key: str) -> None:
    def rotate() -> None:
        certificates.rotate_key()

    with answering("Sign", rotate) as asked:
        envelope = sign(a_certificate())
    assert asked[0]["KeyId"].endswith(key)
    assert verify(envelope, PublicKeys(certificates.pem(key)))


@pytest.mark.parametrize("operation", ["GetPublicKey", "Sign"])
@pytest.mark.parametrize(
    "answer",
    [
        silent,
        refusing("KMSInternalException", 500),
        refusing("DependencyTimeoutException", 503),
        refusing("ThrottlingException", 400),
    ],
)
def test_signing_waits_while_kms_does_not_answer_or_fails(operation: str, answer: Any) -> None:
    with answering(operation, answer), pytest.raises(Unavailable):
        sign(a_certificate())


@pytest.mark.parametrize("operation", ["GetPublicKey", "Sign"])
@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "DisabledException", "KMSInvalidStateException", "NotFoundException"]
)
def test_refusal_of_kms_is_a_bug_without_its_text(operation: str, code: str) -> None:
    with answering(operation, refusing(code, 400)), pytest.raises(AwsBug) as refused:
        sign(a_certificate())
    assert str(refused.value) == code


def test_signature_that_the_key_does_not_confirm_is_never_returned() -> None:
    from botocore.awsrequest import AWSResponse

    response = AWSResponse("https://kms", 200, {}, None)
    forged = {"Signature": b"0\x06\x02\x01\x01\x02\x01\x01", "ResponseMetadata": {"HTTPStatusCode": 200}}
    with answering("Sign", lambda: (response, forged)), pytest.raises(AwsBug):
        sign(a_certificate())


def test_certificate_that_was_changed_without_validation_is_not_signed() -> None:
    odd = a_certificate().model_copy(update={"request": "+381601234567"})
    with counted() as calls, pytest.raises(NotACertificate):
        sign(odd)
    assert calls == {}


def test_missing_setting_of_the_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RU4M_CERTIFICATE_KEY")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="RU4M_CERTIFICATE_KEY"):
        sign(a_certificate())


# --- envelope


def test_envelope_is_read_from_its_document_unchanged() -> None:
    envelope = sign(a_certificate())
    assert Envelope.read(envelope.document()) == envelope
    assert json.loads(envelope.document()).keys() == {"algorithm", "certificate", "kid", "signature"}


@pytest.mark.parametrize(
    "change", [{"algorithm": "none"}, {"kid": 1}, {"signature": "a b"}, {"certificate": None}, {"more": "1"}]
)
def test_document_of_no_envelope_is_refused(change: dict[str, Any]) -> None:
    parts = json.loads(sign(a_certificate()).document())
    with pytest.raises(NotAnEnvelope):
        Envelope.read(json.dumps(parts | change, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_bytes_of_no_envelope_are_refused(document: bytes) -> None:
    with pytest.raises(NotAnEnvelope):
        Envelope.read(document)
