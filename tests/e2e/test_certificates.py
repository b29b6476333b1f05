"""A certificate that the deployed key signs is verified with openssl and the keys that the API publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import aws
from chalicelib.rights.erasure.certify import sign
from infra.deployment.stacks import Stacks, stack_name
from infra.local.cloud import LocalCloud
from infra.local.tour.erasure import follow_guide
from tests.support.cases.certificates import a_certificate, a_long_certificate
from tests.support.world.limits import configure


@pytest.mark.promise("RGT-3")
def test_deployed_key_signs_and_openssl_verifies_with_the_published_key(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = Stacks(cloud.account, lambda _: None).outputs(stack_name("local", "vault"))["CertificateKeyArn"]

    def client(service: str, _: str = "") -> Any:
        return cloud.account.client(service)  # as root; test_erasures has one that its role signed

    monkeypatch.setattr(aws, "client", client)
    configure(CERTIFICATE_KEY=arn)
    for certificate in (a_certificate(), a_long_certificate()):
        envelope = sign(certificate)
        status, lines = follow_guide(tmp_path, cloud.state.api_url, envelope.document())
        assert (status, lines) == (0, ["Verified OK", envelope.kid, envelope.kid])
