"""Tests the resources that outlive the service: tables, keys, secrets and buckets."""

from __future__ import annotations

import re

import pytest

from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import EU_REGIONS
from chalicelib.core.table import Index
from chalicelib.core.table_names import END_NAMES, Table
from chalicelib.privacy import register
from chalicelib.retention.purge.store import EXPIRING
from chalicelib.rights.request import files
from infra.deployment.rollout import export_days
from tests.infra.templates import Template, of_type, plain


def test_every_resource_of_the_data_and_vault_stacks_is_retained(data: Template, vault: Template) -> None:
    for resource in [*data["Resources"].values(), *vault["Resources"].values()]:
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_there_are_nine_tables(data: Template) -> None:
    names = {plain(t["Properties"]["TableName"]) for t in of_type(data, "AWS::DynamoDB::Table").values()}
    assert names == {
        f"ru4m-${{Stage}}-{name}"
        for name in (
            "accounts",
            "billing",
            "challenges",
            "claims",
            "held",
            "keys",
            "ledger",
            "rights",
            "usage",
        )
    }


@pytest.mark.promise("SEC-1", "RET-1")
@pytest.mark.parametrize(
    "table",
    [
        "AccountsTable",
        "ClaimsTable",
        "ChallengesTable",
        "LedgerTable",
        "UsageTable",
        "RightsTable",
        "BillingTable",
        "HeldTable",
    ],
)
def test_table_is_protected_and_deletes_expired_items(table: str, data: Template) -> None:
    properties = data["Resources"][table]["Properties"]
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "delete_at", "Enabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.promise("SEC-1")
def test_table_has_a_kms_key_of_the_account_unless_its_personal_fields_are_sealed(data: Template) -> None:
    clear = {
        one.declaration.table
        for one in register.records()
        if one.declaration.personal_fields() and not one.declaration.sealed_fields()
    }
    tables = of_type(data, "AWS::DynamoDB::Table")
    with_key = {name for name, one in tables.items() if one["Properties"]["SSESpecification"]["SSEEnabled"]}
    # Of what Keys and Ledger have, nothing is sealed: wrapped keys, and evidence.
    assert with_key == {f"{table.title()}Table" for table in {*clear, Table.KEYS, Table.LEDGER}}


@pytest.mark.promise("RET-1", "RET-2")
def test_every_table_with_expiring_items_lists_them_by_their_end(data: Template) -> None:
    listed = {}
    for name, table in of_type(data, "AWS::DynamoDB::Table").items():
        for index in table["Properties"].get("GlobalSecondaryIndexes", ()):
            if index["IndexName"] == Index.ENDS.label:
                listed[name] = (*(k["AttributeName"] for k in index["KeySchema"]), index["Projection"])
    assert listed.keys() == {f"{table.title()}Table" for table in EXPIRING}
    assert {*map(str, listed.values())} == {str((*END_NAMES, {"ProjectionType": "KEYS_ONLY"}))}


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize(
    ("periods", "days"), [("defaults", 5), ("export=P1D", 1), ("export=PT25H", 2), ("export=P7D", 7)]
)
def test_lifecycle_of_copies_is_their_period_in_whole_days_rounded_up(periods: str, days: int) -> None:
    assert export_days(periods) == days


@pytest.mark.promise("RET-1", "SEC-1")
def test_only_tables_of_short_lived_data_have_no_backups(data: Template) -> None:
    backed_up = {
        name: t["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        for name, t in of_type(data, "AWS::DynamoDB::Table").items()
    }
    assert backed_up == {
        "AccountsTable": True,
        "ClaimsTable": True,
        "ChallengesTable": False,
        "KeysTable": True,
        "LedgerTable": True,
        "UsageTable": False,
        "RightsTable": True,
        "BillingTable": True,
        "HeldTable": True,
    }


@pytest.mark.promise("RGT-3")
def test_deleted_data_key_is_not_in_a_backup_after_a_week(data: Template) -> None:
    keys = data["Resources"]["KeysTable"]["Properties"]
    assert keys["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 7
    assert keys["DeletionProtectionEnabled"] is True


@pytest.mark.promise("RET-4")
def test_index_of_the_roll_up_contains_only_counted_fields_of_an_event(data: Template) -> None:
    indexes = data["Resources"]["UsageTable"]["Properties"]["GlobalSecondaryIndexes"]
    (index,) = (one for one in indexes if one["IndexName"] == "hourly")
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert keys == [("hour", "HASH"), ("pk", "RANGE")]  # sorted by account, so that an account counts once
    of_the_device = {"platform", "app_version"}  # neither the model nor the version of its system
    counted = {"kind", "rows"} | of_the_device
    assert {*index["Projection"]["NonKeyAttributes"]} == counted | {"expires_at", "delete_at"}


@pytest.mark.promise("SEC-1")
def test_stream_of_accounts_carries_keys_only(data: Template) -> None:
    streams = {
        name: t["Properties"]["StreamSpecification"]
        for name, t in of_type(data, "AWS::DynamoDB::Table").items()
        if "StreamSpecification" in t["Properties"]
    }
    assert streams == {"AccountsTable": {"StreamViewType": "KEYS_ONLY"}}


@pytest.mark.promise("SEC-1")
def test_each_purpose_has_a_secret_of_its_own_under_the_stage_key(vault: Template) -> None:
    secrets = of_type(vault, "AWS::SecretsManager::Secret").values()
    names = {plain(s["Properties"]["Name"]) for s in secrets}
    assert names == {
        f"ru4m/${{Stage}}/{p}"
        for p in (
            "apple",
            "codes",
            "google",
            "lookup",
            "pairs",
            "peppers",
            "receipts",
            "refresh",
            "signing",
            "sealing",
            "staff",
            "stream",
        )
    }
    assert {plain(s["Properties"]["KmsKeyId"]) for s in secrets} == {"${StageKey.Arn}"}
    assert not any("SecretString" in s["Properties"] for s in secrets)


@pytest.mark.promise("SEC-1")
def test_checkpoint_is_locked_and_private_and_cannot_be_overwritten_or_hidden(data: Template) -> None:
    bucket = data["Resources"]["CheckpointBucket"]["Properties"]
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    policy = data["Resources"]["CheckpointBucketPolicy"]["Properties"]["PolicyDocument"]
    tls, overwriting, deleting = policy["Statement"]
    assert {s["Effect"] for s in policy["Statement"]} == {"Deny"}
    assert (tls["Action"], tls["Condition"]) == ("s3:*", {"Bool": {"aws:SecureTransport": "false"}})
    assert overwriting["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert deleting["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]


def test_names_of_buckets_have_the_region_and_fit_in_each_region(data: Template) -> None:
    buckets = {plain(b["Properties"]["BucketName"]) for b in of_type(data, "AWS::S3::Bucket").values()}
    place = "${AWS::AccountId}-${AWS::Region}"
    assert buckets == {
        f"ru4m-${{Stage}}-{name}-{place}"
        for name in ("avatars", "checkpoints", "exports", "papers", "reported")
    }
    longest = "s" * 16
    allowed = re.compile(data["Parameters"]["Stage"]["AllowedPattern"])
    assert (bool(allowed.match(longest)), bool(allowed.match(f"{longest}s"))) == (True, False)
    given = place.replace("${AWS::AccountId}", "1" * 12)
    for region in EU_REGIONS:
        assert len(f"ru4m-{longest}-checkpoints-{given.replace('${AWS::Region}', region)}") <= 63


@pytest.mark.promise("RGT-1", "RET-1")
def test_copy_is_private_and_expires(data: Template) -> None:
    bucket = data["Resources"]["ExportBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    assert "VersioningConfiguration" not in bucket  # with versions, a deleted copy would stay stored
    copies, uploads = bucket["LifecycleConfiguration"]["Rules"]
    assert (copies["Status"], copies["ExpirationInDays"]) == ("Enabled", {"Ref": "ExportDays"})
    # Not what a restriction preserves, which has no end of its own.
    assert copies["Prefix"] == "exports/"
    assert files.key_of(RightsRequestId.new()).startswith("exports/")
    assert not files.preserved_key_of(RightsRequestId.new()).startswith("exports/")
    assert uploads["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert (uploads["Status"], "Prefix" in uploads) == ("Enabled", False)
    (tls,) = data["Resources"]["ExportBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("name", ["CheckpointKey", "CertificateKey"])
def test_signing_key_never_leaves_kms_and_iam_controls_its_use(vault: Template, name: str) -> None:
    key = vault["Resources"][name]["Properties"]
    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    (statement,) = key["KeyPolicy"]["Statement"]
    assert statement["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}


def test_stage_key_rotates_and_iam_controls_its_use(vault: Template) -> None:
    key = vault["Resources"]["StageKey"]["Properties"]
    assert key["EnableKeyRotation"] is True
    (statement,) = key["KeyPolicy"]["Statement"]
    assert statement["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}


@pytest.mark.promise("STR-7")
def test_key_that_seals_records_can_be_replicated_within_the_eu_only(vault: Template) -> None:
    keys = {name: key["Properties"] for name, key in of_type(vault, "AWS::KMS::Key").items()}
    assert [name for name, key in keys.items() if "MultiRegion" in key] == ["SealingKey"]
    assert keys["SealingKey"]["MultiRegion"] is True
    _, denial = keys["SealingKey"]["KeyPolicy"]["Statement"]
    assert (denial["Effect"], denial["Principal"], denial["Action"]) == ("Deny", "*", "kms:ReplicateKey")
    assert denial["Condition"] == {"StringNotEquals": {"kms:ReplicaRegion": sorted(EU_REGIONS)}}


def test_stacks_share_values_as_parameters_and_not_as_exports(
    vault: Template, data: Template, service: Template
) -> None:
    outputs = [o for t in (vault, data, service) for o in t["Outputs"].values()]
    assert not any("Export" in output for output in outputs)
    read_by_the_deployment = {"CertificateKeyArns"}  # it passes on the public keys of all of them
    passed = {*vault["Outputs"], *data["Outputs"]} - read_by_the_deployment
    assert passed <= service["Parameters"].keys()


def test_certificates_and_checkpoints_have_different_keys(vault: Template) -> None:
    aliases = {plain(a["Properties"]["AliasName"]) for a in of_type(vault, "AWS::KMS::Alias").values()}
    assert {"alias/ru4m-${Stage}-checkpoints", "alias/ru4m-${Stage}-certificates"} <= aliases
    keys = [plain(vault["Outputs"][f"{name}KeyArn"]["Value"]) for name in ("Checkpoint", "Certificate")]
    assert len({*keys}) == 2


@pytest.mark.promise("RGT-3")
def test_key_that_signs_certificates_is_the_first_published_one(vault: Template) -> None:
    published = plain(vault["Outputs"]["CertificateKeyArns"]["Value"]).split(",")
    assert published[0] == plain(vault["Outputs"]["CertificateKeyArn"]["Value"])
