"""Requests that only the gateway sees in full: each gets a problem, none a 5xx, and none changes anything."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone

Headers = list[tuple[str, str]]


@pytest.fixture(scope="module")
def mila(a_phone: Callable[[], Phone]) -> Phone:
    phone = a_phone()
    phone.sign_up()
    return phone


def problem_of(cloud: LocalCloud, method: str, path: str, headers: Headers, body: bytes = b"") -> Any:
    """Send a request as it is written here, since libraries merge and check headers; return its problem."""
    url = urlsplit(cloud.state.api_url)
    with closing(http.client.HTTPConnection(url.netloc, timeout=60)) as connection:
        connection.putrequest(method, url.path + path)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        problem = json.loads(answer.read())
    assert problem["status"] == answer.status
    return problem["code"]


KEY = "8e03978e-40d5-43e8-bc93-6894a57f932"
DEEP = {
    "lists": b"[" * 5_000_000 + b"]" * 5_000_000,
    "objects": b'{"a":' * 1_600_000 + b"1" + b"}" * 1_600_000,
}


@pytest.mark.parametrize("form", DEEP)
def test_ten_megabytes_of_nested_json_are_too_large_and_change_nothing(
    cloud: LocalCloud, mila: Phone, form: str
) -> None:
    before = mila.call("GET", "/v1/profile").body
    held = [("Authorization", f"Bearer {mila.access_token}"), ("If-Match", '"1"')]
    for method, path in (("POST", "/v1/signup"), ("POST", "/v1/usage"), ("PATCH", "/v1/profile")):
        media = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = [*held, ("Content-Type", media)]
        assert problem_of(cloud, method, path, headers, DEEP[form]) == "payload_too_large"
    assert mila.call("GET", "/v1/profile").body == before


def test_two_authorization_headers_open_nothing(cloud: LocalCloud, mila: Phone) -> None:
    own, none = f"Bearer {mila.access_token}", "Bearer none"
    for two in ((own, none), (none, own), (own, own)):
        headers = [("Authorization", one) for one in two]
        assert problem_of(cloud, "DELETE", "/v1/sessions", headers) == "unauthenticated"
    assert mila.call("GET", "/v1/profile").status == 200


@pytest.mark.parametrize("keys", [("",), (f"{KEY}4", f"{KEY}5")], ids=["empty", "two"])
def test_empty_or_doubled_idempotency_key_makes_nothing(
    cloud: LocalCloud, mila: Phone, keys: tuple[str, ...]
) -> None:
    headers = [("Authorization", f"Bearer {mila.access_token}")]
    headers += [("Idempotency-Key", key) for key in keys]
    assert problem_of(cloud, "POST", "/v1/contact-codes", headers) == "invalid_request"


@pytest.mark.parametrize("path", ["/v1/profile", "/v1/health"])
def test_trace_is_an_unknown_method(cloud: LocalCloud, mila: Phone, path: str) -> None:
    headers = [("Authorization", f"Bearer {mila.access_token}")]
    assert problem_of(cloud, "TRACE", path, headers) == "not_found"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/v1/users/%ED%A0%80", "not_found"), ("/v1/contacts?cursor=%ED%A0%80", "invalid_request")],
)
def test_lone_surrogate_in_an_address_is_refused(
    cloud: LocalCloud, mila: Phone, path: str, code: str
) -> None:
    assert problem_of(cloud, "GET", path, [("Authorization", f"Bearer {mila.access_token}")]) == code
