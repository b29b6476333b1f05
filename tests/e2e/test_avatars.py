"""An avatar on the deployed stack: the form, S3's event, the worker, our address, Stream and an erasure."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest
import requests
from PIL import Image

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.tour.receipt import ReceiptLink
from infra.local.waiting import until
from tests.e2e.test_guests import TIMEOUT
from tests.support.cases.images import SECRET, a_gif, a_photo, beside_the_picture

pytestmark = [pytest.mark.proof, pytest.mark.promise("ACC-9", "SEC-1")]


def image_at_stream(cloud: LocalCloud, phone: Phone) -> str | None:
    user = cloud.stream.state()["users"].get(phone.user_id, {})
    return str(user["image"]) if "image" in user else None


def files_of(cloud: LocalCloud, phone: Phone) -> list[str]:
    return [key for key in cloud.avatars() if phone.account_id in key]


def refusal_of(phone: Phone, image: bytes, **stated: object) -> int:
    """Return how S3 answers an upload that is not as it was stated."""
    offer = phone.call("POST", "/v1/profile/avatar", {"content_type": "image/jpeg", "size": 4_000} | stated)
    assert offer.status == 201, offer.body
    fields = {name: (None, value) for name, value in offer.body["fields"].items()}
    return requests.post(offer.body["url"], files=fields | {"file": image}, timeout=10).status_code


def test_avatar_is_shown_without_its_metadata_and_removed(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    mila = a_phone()
    mila.sign_up("Mila")
    photo = a_photo("JPEG", 900, 600)
    address = mila.show_avatar(photo)
    assert len(files_of(cloud, mila)) == 1  # its mark; the upload is gone
    until(lambda: image_at_stream(cloud, mila) == address, "the picture at Stream", TIMEOUT)

    answer = mila.look_at(address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "private, max-age=30")
    shown = requests.get(answer.headers["Location"], timeout=10)
    assert (shown.headers["Content-Type"], shown.headers["Cache-Control"]) == (
        "image/webp",
        "private, max-age=86400",
    )
    assert Image.open(io.BytesIO(shown.content)).size == (512, 512)
    assert beside_the_picture(photo)
    assert beside_the_picture(shown.content) == set()
    assert SECRET.encode() not in shown.content

    mila.upload_avatar(a_gif())
    rejected = mila.settled_avatar()
    assert (rejected["avatar"]["reason"], rejected["avatar_url"]) == ("other_type", address)

    assert mila.call("DELETE", "/v1/profile/avatar").status == 204
    assert mila.look_at(address).status_code == 404
    assert files_of(cloud, mila) == []
    until(lambda: image_at_stream(cloud, mila) is None, "the removal at Stream", TIMEOUT)


def test_upload_of_another_length_or_account_is_refused(a_phone: Callable[[], Phone]) -> None:
    mila = a_phone()
    mila.sign_up("Mila")
    assert refusal_of(mila, b"x" * 4_001) in {400, 403}
    assert refusal_of(mila, b"x" * 3_999) in {400, 403}


def test_erasure_deletes_the_avatar(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> None:
    mila = a_phone()
    mila.sign_up("Mila")
    address, account_id = mila.show_avatar(a_photo("PNG")), mila.account_id
    mila.step_up()
    asked = mila.call("POST", "/v1/rights-requests", {"right": "erasure", "waive_grace": True}).body
    link = ReceiptLink(mila, asked["rights_request_id"], asked["receipt"])
    begun = time.monotonic()
    until(lambda: mila.look_at(address).status_code == 404, "the freeze", 60)
    assert time.monotonic() - begun < 60
    assert link.wait_for_answer() == "completed"
    assert [key for key in cloud.avatars() if account_id in key] == []
