"""Operators' ARNs: which are accepted, and which identify the same person."""

import pytest

from chalicelib.core import principals

ACCOUNT = "123456789012"
HASH = "0123456789abcdef"
OWN = principals.of_account("aws", ACCOUNT)
CENTER = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Operators_{HASH}"
USERS = f"arn:aws:iam::{ACCOUNT}:user/*"


def accepts(setting: str, arn: str) -> bool:
    return principals.read(setting).accepts(arn)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:user/alice",
        f"arn:aws:iam::{ACCOUNT}:user/staff/privacy/alice@ru4m.example",
        f"{CENTER}/alice",
        f"{CENTER}/alice@ru4m.example",
    ],
)
def test_user_and_identity_center_session_of_own_account_are_accepted(arn: str) -> None:
    assert accepts(OWN, arn)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "arn",
    [
        "",
        "alice",
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws:iam::{ACCOUNT}:user/",
        f"arn:aws:iam::{ACCOUNT}:user/alice\n",
        f"arn:aws:iam::{ACCOUNT}:role/Operators",
        f"arn:aws:sts::{ACCOUNT}:federated-user/alice",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Operators/alice",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/NotAWSReservedSSO_Operators_{HASH}/alice",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Operators/alice",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Operators_{HASH}",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Operators_{HASH}/",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Operators_{HASH}/alice/bob",
        "arn:aws:iam::999999999999:user/alice",
        f"arn:aws:sts::999999999999:assumed-role/AWSReservedSSO_Operators_{HASH}/alice",
        f"arn:aws-cn:iam::{ACCOUNT}:user/alice",
    ],
)
def test_any_other_principal_is_refused(arn: str) -> None:
    assert not accepts(OWN, arn)


def test_setting_can_narrow_to_one_path_of_users_and_one_permission_set() -> None:
    users = f"arn:aws:iam::{ACCOUNT}:user/privacy/*"
    center = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Privacy_*/*"
    setting = f"{users},{center}"
    assert accepts(setting, f"arn:aws:iam::{ACCOUNT}:user/privacy/alice")
    assert not accepts(setting, f"arn:aws:iam::{ACCOUNT}:user/alice")
    assert accepts(setting, f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Privacy_{HASH}/alice")
    assert not accepts(setting, f"{CENTER}/alice")


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "setting",
    [
        "",
        ",",
        "*",
        f"{USERS},",
        f"arn:aws:iam::*:user/{ACCOUNT}",
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws:iam::{ACCOUNT}:*",
        f"arn:*:iam::{ACCOUNT}:user/*",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/*/*",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Operators/*",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReserved*/*",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_*",
        f"arn:aws:sts::{ACCOUNT}:federated-user/*",
    ],
)
def test_setting_that_admits_a_chosen_name_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="each pattern has to be") as refused:
        principals.read(setting)
    assert ACCOUNT not in str(refused.value)


@pytest.mark.promise("RGT-10")
def test_sessions_under_two_permission_sets_are_one_person() -> None:
    other = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admins_{HASH[::-1]}"
    assert principals.person(f"{CENTER}/alice") == principals.person(f"{other}/Alice")
    assert principals.person(f"{CENTER}/alice") != principals.person(f"{CENTER}/bob")


@pytest.mark.promise("RGT-10")
def test_users_with_different_names_or_accounts_are_two_people() -> None:
    arns = [f"arn:aws:iam::{account}:user/{name}" for account in ("1" * 12, "2" * 12) for name in ("a", "b")]
    assert len({principals.person(arn) for arn in arns}) == 4
