"""What the secrets are filled with."""

from __future__ import annotations

import base64
import json

import jwt
import pytest

from infra.deployment.vault import MissingSecret, fill_vault
from tests.infra.fakes import REGION, FakeAccount

ARNS = {purpose: f"arn:{purpose}" for purpose in ("codes", "lookup", "refresh", "signing", "stream")}


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(REGION)


def test_every_secret_gets_a_value_once(account: FakeAccount) -> None:
    keys = fill_vault(account, ARNS, "stream secret")
    first = dict(account.secrets.values)
    assert first.keys() == set(ARNS.values())
    assert fill_vault(account, ARNS, None) == keys
    assert account.secrets.values == first


def test_each_keyed_hash_has_a_key_of_its_own_with_256_bits(account: FakeAccount) -> None:
    fill_vault(account, ARNS, "stream secret")
    keys = []
    for purpose in ("codes", "lookup", "refresh"):
        document = json.loads(account.secrets.values[ARNS[purpose]])
        keys.append(document["versions"][document["current"]])
    assert len(set(keys)) == 3
    assert {len(base64.b64decode(key)) for key in keys} == {32}


def test_what_the_private_key_signs_the_published_key_verifies(account: FakeAccount) -> None:
    published = json.loads(fill_vault(account, ARNS, "stream secret"))
    signing = json.loads(account.secrets.values[ARNS["signing"]])
    token = jwt.encode({"a": 1}, signing["private_key"], "ES256", headers={"kid": signing["kid"]})
    (key,) = jwt.PyJWKSet.from_dict(published).keys
    assert key.key_id == signing["kid"]
    assert jwt.decode(token, key.key, algorithms=["ES256"]) == {"a": 1}


@pytest.mark.promise("SEC-1")
def test_nothing_private_is_published(account: FakeAccount) -> None:
    (key,) = json.loads(fill_vault(account, ARNS, "stream secret"))["keys"]
    assert key.keys() == {"kty", "crv", "use", "alg", "kid", "x", "y"}


def test_a_new_stream_secret_replaces_the_old_and_nothing_else(account: FakeAccount) -> None:
    fill_vault(account, ARNS, "old")
    account.secrets.written.clear()
    fill_vault(account, ARNS, "new")
    assert account.secrets.written == ["arn:stream"]
    assert json.loads(account.secrets.values["arn:stream"]) == {"secret": "new"}


def test_a_first_deployment_without_the_stream_secret_is_refused(account: FakeAccount) -> None:
    with pytest.raises(MissingSecret):
        fill_vault(account, ARNS, None)
