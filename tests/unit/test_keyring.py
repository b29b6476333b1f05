"""Tests keyed hashes and their labels, and that the vault's keys are not shown."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core import aws, keyring
from chalicelib.core.keyring import MacKeys
from chalicelib.core.settings import Secret
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.world import World

PARTS = st.lists(st.text(alphabet="ab\x1f\x00", max_size=3), max_size=3)


@given(PARTS, PARTS)
@example(["a\x1fb", "c"], ["a", "b\x1fc"])
def test_keyed_hash_differs_if_the_same_text_is_divided_differently(
    some: list[str], others: list[str]
) -> None:
    keys = MacKeys("1", {"1": b"k" * 32})
    assert (keys.digest(*some) == keys.digest(*others)) == (some == others)


@pytest.mark.promise("SEC-1")
@given(st.text())
def test_keyed_hash_differs_under_another_key(value: str) -> None:
    """Without the key, the hashes of all phone numbers cannot be computed."""
    one, other = MacKeys("1", {"1": b"a" * 32}), MacKeys("1", {"1": b"b" * 32})
    assert one.digest(value) != other.digest(value)
    assert list(one.lookup_keys("phone", value)) != list(other.lookup_keys("phone", value))


def test_label_names_the_key_version_and_old_labels_stay_findable() -> None:
    old = MacKeys("1", {"1": b"a" * 32})
    new = MacKeys("2", {"1": b"a" * 32, "2": b"b" * 32})
    assert [*old.lookup_keys("phone", "x")] == [*new.lookup_keys("phone", "x")][1:]
    assert next(new.lookup_keys("phone", "x")).startswith("phone#2#")


def test_key_material_is_not_in_a_representation() -> None:
    assert "aaaa" not in repr(MacKeys("1", {"1": b"a" * 32}))


VAULT = ("secretsmanager", "GetSecretValue")


def vault_error(code: str, status: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": "arn:of:a:secret"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "GetSecretValue")


@pytest.mark.parametrize(
    "error",
    [
        vault_error("ThrottlingException"),
        vault_error("InternalServiceError", 500),
        vault_error("SomethingNew", 503),
        ReadTimeoutError(endpoint_url="https://secretsmanager"),
    ],
    ids=str,
)
def test_throttling_vault_makes_a_request_unavailable(world: World, error: Exception) -> None:
    keyring.mac_keys.cache_clear()
    with cloud.failing(*VAULT, error):
        assert world.asks_for_a_code(a_phone()).problem == "sms_unavailable"


@pytest.mark.promise("SEC-1")
def test_refusal_of_the_vault_raises_an_error_without_its_message(world: World) -> None:
    keyring.mac_keys.cache_clear()
    with cloud.failing(*VAULT, vault_error("AccessDeniedException")), pytest.raises(aws.AwsBug) as bug:
        keyring.mac_keys(Secret.CODES)
    assert str(bug.value) == "AccessDeniedException"
    assert bug.value.__cause__ is None
