"""Tests that the deployed transfer function sends a copy to another controller (RGT-8)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.tour.rights import answer_to
from infra.local.waiting import until
from tests.support.cases.receiver import Authority, Receiver, receiving, status
from tests.support.clouds.deployed import history

HOST, PATIENCE = "take.example", 60.0


def sends_to(cloud: LocalCloud, receiver: Receiver, authority: Authority) -> AbstractContextManager[None]:
    """Let the deployed function reach a receiver on this machine under a public name."""
    target = {"RU4M_LOCAL_TARGETS": f"{HOST}:{receiver.port}=127.0.0.1,{authority.file}"}
    return cloud.configured("transfer_copies", target)


@pytest.mark.proof
@pytest.mark.promise("RGT-8")
def test_deployed_function_sends_the_copy_to_the_named_controller(
    cloud: LocalCloud, a_phone: Callable[[], Phone], tmp_path: Path
) -> None:
    phone, authority = a_phone(), Authority(tmp_path)
    phone.sign_up("Ivana")
    phone.step_up()
    with (
        receiving(authority.certificate(HOST), status("201 Created")) as receiver,
        sends_to(cloud, receiver, authority),
    ):
        body = {"right": "portability", "transfer_to": f"https://{HOST}/import"}
        request_id = phone.call("POST", "/v1/rights-requests", body).body["rights_request_id"]
        answer = until(lambda: answer_to(phone, request_id), "the answer", PATIENCE)
    assert answer["status"] == "completed"
    (talk,) = receiver.talks
    assert talk.headers["idempotency-key"] == f'"{request_id}"'
    copy = zipfile.ZipFile(io.BytesIO(talk.body))
    assert json.loads(copy.read("manifest.json"))["errors"] == []
    events = history(cloud, request_id)
    assert events.count("transfer_begun") == events.count("transfer_done") == 1
    cancelled = phone.call("POST", f"/v1/rights-requests/{request_id}/cancel")
    assert cancelled.problem == "too_late"
