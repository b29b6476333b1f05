"""Tests the values that a deployment puts into the secrets."""

from __future__ import annotations

import base64
import json

import jwt
import pytest

from infra.deployment.rollout import SECRETS
from infra.deployment.vault import MissingSecret, fill_vault
from tests.infra.fakes import REGION, FakeAccount

ARNS = {purpose: f"arn:{purpose}" for purpose in SECRETS}


def fill(account: FakeAccount, stream_secret: str | None) -> dict[str, str]:
    return fill_vault(account, "staging", ARNS, "arn:sealing-key", stream_secret)


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(REGION)


def test_second_deployment_does_not_replace_the_value_of_a_secret(account: FakeAccount) -> None:
    keys = fill(account, "stream secret")
    first = dict(account.secrets.values)
    assert first.keys() == set(ARNS.values())
    assert fill(account, None) == keys
    assert account.secrets.values == first


def test_each_keyed_hash_has_a_key_of_its_own_with_256_bits(account: FakeAccount) -> None:
    fill(account, "stream secret")
    keys = []
    for purpose in ("codes", "lookup", "peppers", "receipts", "refresh", "staff"):
        document = json.loads(account.secrets.values[ARNS[purpose]])
        keys.append(document["versions"][document["current"]])
    assert len(set(keys)) == 6
    assert {len(base64.b64decode(key)) for key in keys} == {32}


def test_key_of_pairs_has_no_versions_that_a_rotation_could_change(account: FakeAccount) -> None:
    fill(account, "stream secret")
    document = json.loads(account.secrets.values[ARNS["pairs"]])
    assert document.keys() == {"key"}
    assert len(base64.b64decode(document["key"])) == 32


def test_published_key_verifies_signatures_of_the_private_key(account: FakeAccount) -> None:
    published = json.loads(fill(account, "stream secret")["PublicKeys"])
    signing = json.loads(account.secrets.values[ARNS["signing"]])
    kid = signing["signing"]
    token = jwt.encode({"a": 1}, signing["keys"][kid], "ES256", headers={"kid": kid})
    (key,) = jwt.PyJWKSet.from_dict(published).keys
    assert key.key_id == kid
    assert jwt.decode(token, key.key, algorithms=["ES256"]) == {"a": 1}


@pytest.mark.promise("SEC-1")
def test_published_values_contain_no_private_key(account: FakeAccount) -> None:
    (key,) = json.loads(fill(account, "stream secret")["PublicKeys"])["keys"]
    assert key.keys() == {"kty", "crv", "use", "alg", "kid", "x", "y"}


def test_new_stream_secret_replaces_the_old_one_and_no_other_secret(account: FakeAccount) -> None:
    fill(account, "old")
    account.secrets.written.clear()
    fill(account, "new")
    assert account.secrets.written == ["arn:stream"]
    assert json.loads(account.secrets.values["arn:stream"]) == {"secret": "new"}


def test_first_deployment_without_the_stream_secret_is_refused(account: FakeAccount) -> None:
    with pytest.raises(MissingSecret):
        fill(account, None)


@pytest.mark.promise("SEC-1")
def test_stage_key_is_made_and_wrapped_by_kms_for_this_stage(account: FakeAccount) -> None:
    published = json.loads(fill(account, "stream secret")["StageKeys"])
    assert published["current"] == "1"
    assert account.kms.asked == [
        {
            "KeyId": "arn:sealing-key",
            "KeySpec": "AES_256",
            "EncryptionContext": {"stage": "staging", "purpose": "sealing"},
        }
    ]
