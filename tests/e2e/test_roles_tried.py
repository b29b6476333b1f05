"""Tests permissions by trying every operation under each deployed role."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.table_names import Table
from infra.deployment.vault import wrapped_stage_key
from infra.local.cloud import STAGE, LocalCloud
from tests.support.clouds.tried_roles import TriedRoles

pytestmark = [pytest.mark.proof, pytest.mark.night]  # tests/infra/test_roles.py reads the same policies

# {function: {table: operations}}; every other operation is denied, and Scan always.
TABLES: dict[str, dict[str, set[str]]] = {
    "about": {},
    "site": {},
    "access_token": {},
    "admin": {
        # On AWS only partitions of accounts, no conversation; the emulator does not check the condition.
        "accounts": {"BatchGet", "Get", "Put", "QueryDue", "QueryLive", "Update"},
        "billing": {"Get", "Put", "Query"},
        # On AWS only how far announcements are is read; the emulator does not check the condition.
        "challenges": {"BatchGet", "Update"},
        # On AWS only suppressions are written; the emulator does not check the condition.
        "claims": {"BatchGet", "Delete", "Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        # On AWS only some keys of the index `owner`; the emulator does not check the condition.
        "rights": {
            "BatchGet",
            "Delete",
            "Get",
            "Put",
            "Query",
            "QueryOpen",
            "QueryOwner",
            "QueryReceived",
            "QueryStuck",
        },
    },
    "announce_notices": {"challenges": {"BatchGet"}},
    "announce_to_shard": {
        "accounts": {"BatchGet", "Put", "QueryLive", "Update"},
        "keys": {"BatchGet"},
        "challenges": {"BatchGet", "Put"},
    },
    # On AWS only keys of breaches; the emulator does not check the condition.
    "notify_of_breaches": {
        "accounts": {"BatchGet", "Put", "QueryLive", "Update"},
        "challenges": {"Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        "rights": {"BatchGet", "Get", "Put"},
    },
    # On AWS only cases and messages to support; the emulator does not check the condition.
    "report_inbox": {
        "accounts": {"BatchGet", "Get", "Put", "QueryDue", "QueryLive"},
        "ledger": {"Put", "Query"},
        "rights": {"BatchGet", "Get", "Put", "QueryOpen", "QueryOwner", "QueryStuck"},
    },
    "watch_breaches": {"rights": {"BatchGet", "Get", "QueryOwner"}},
    "chat": {"accounts": {"BatchGet"}},
    "check_chat_settings": {"ledger": {"Put", "Query"}},
    "checkpoint_ledger": {"ledger": {"BatchGet", "QueryTouched"}},
    "close_idle_accounts": {
        "accounts": {"BatchGet", "Delete", "QueryDue", "Update"},
        "billing": {"Query"},
        "challenges": {"Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        "rights": {"BatchGet", "Delete", "Get", "Put", "Query"},
    },
    "consents": {
        "accounts": {"BatchGet", "Put"},
        "challenges": {"Update"},
        "claims": {"BatchGet", "Delete", "Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
    },
    "erase_accounts": {
        "accounts": {"BatchGet", "BatchPut", "Delete", "Put", "Query", "Update"},
        "billing": {"BatchPut", "Delete", "Query"},
        "challenges": {"BatchPut", "Delete", "Get", "Put"},
        "claims": {"BatchGet", "Delete", "Put"},
        "held": {"BatchPut", "Put", "Query"},
        "keys": {"BatchGet", "Delete"},
        "ledger": {"Put", "Query"},
        "rights": {"BatchGet", "Delete", "Get", "Put", "Query", "QueryOwner"},
        "usage": {"BatchPut", "Delete", "Query"},
    },
    "hooks": {"challenges": {"Get", "Put"}},
    "keep_holds": {
        "accounts": {"Query", "Update"},
        "billing": {"Query", "Update"},
        "rights": {"Get", "QueryDue", "Update"},
        "usage": {"Query", "Update"},
    },
    "note_bounces": {
        "accounts": {"Get", "QueryLive", "Update"},
        "challenges": {"Get", "Update"},
        "ledger": {"Put", "Query"},
    },
    "notices": {
        "accounts": {"BatchGet", "Put", "Query"},
        "challenges": {"Update"},
        "rights": {"BatchGet"},
    },
    "rights": {
        "accounts": {"BatchGet", "Put", "Update"},
        "challenges": {"Get", "Put", "Update"},
        "claims": {"BatchGet", "Delete", "Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        "rights": {"BatchGet", "Delete", "Get", "Put", "QueryOwner"},
        "usage": {"Put"},
    },
    "roll_up_usage": {
        "accounts": {"BatchGet"},
        "keys": {"BatchGet"},
        "usage": {"BatchPut", "Delete", "Put", "Query", "QueryHourly"},
    },
    "record_verified_codes": {"challenges": {"BatchGet", "Get", "Put"}},
    "purge_expired": {
        **{table: {"Delete", "QueryEnds", "Update"} for table in ("billing", "claims")},
        "accounts": {"BatchGet", "Delete", "QueryEnds", "Update"},
        "held": {"Delete", "Query", "QueryEnds", "Update"},
        "rights": {"BatchGet", "Delete", "QueryEnds", "Update"},
        "challenges": {"Delete", "Get", "Put", "QueryEnds", "Update"},
        "ledger": {"Put", "Query", "QueryEnds"},
        "usage": {"Delete", "QueryEnds", "QueryHourly", "Update"},
    },
    "push_changes": {"accounts": {"BatchGet", "Get"}},
    "push_messages": {
        "accounts": {"BatchGet", "Delete", "Put"},
        "challenges": {"Get"},
        "claims": {"Delete"},
        "keys": {"BatchGet"},
        "usage": {"BatchGet", "Update"},
    },
    "reconcile_chat": {
        "accounts": {"BatchGet", "QueryDue", "Update"},
        "claims": {"BatchGet"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        "rights": {"BatchGet", "Delete", "Get", "Put", "QueryDue", "Update"},
    },
    "renew_consents": {"accounts": {"QueryRenewal"}, "challenges": {"BatchGet"}},
    "renew_shard": {
        "accounts": {"BatchGet", "Put", "QueryRenewal"},
        "challenges": {"BatchGet", "Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        "rights": {"Get", "Query"},
        "usage": {"BatchPut", "Query", "Update"},
    },
    "contacts": {
        "accounts": {"BatchGet", "Delete", "Put", "Query", "Update"},
        "challenges": {"BatchGet", "Put", "Update"},
        "claims": {"BatchGet"},
        "keys": {"BatchGet"},
    },
    "conversations": {
        "accounts": {"BatchGet", "Delete", "Put", "Query"},
        "challenges": {"BatchGet", "Put", "Update"},
        "keys": {"BatchGet"},
    },
    "notifications": {
        "accounts": {"BatchGet", "Delete", "Put", "Query"},
        "challenges": {"Delete", "Get", "Update"},
        "claims": {"BatchGet", "Delete", "Put"},
        "keys": {"BatchGet"},
    },
    "profiles": {
        "accounts": {"BatchGet", "Put", "Update"},
        "challenges": {"Get", "Put", "Update"},
        "claims": {"BatchGet", "Delete", "Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        "usage": {"Put"},
    },
    "sessions": {
        "accounts": {"BatchGet", "Delete", "Put", "Query", "Update"},
        "challenges": {"Get", "Put", "Update"},
        "claims": {"Delete"},
        "keys": {"BatchGet"},
    },
    "signup": {
        "accounts": {"BatchGet", "Delete", "Put", "Update"},
        "claims": {"BatchGet", "Delete", "Put"},
        "challenges": {"Get", "Put", "Update"},
        "keys": {"BatchGet", "Put"},
        "ledger": {"Put", "Query"},
        "usage": {"Put"},
    },
    "clean_avatars": {"accounts": {"Get", "Update"}},
    "clean_images": {"rights": {"Get", "Put"}},
    "sweep_rights": {"rights": {"BatchGet", "QueryDue", "QueryOpen", "QueryStuck"}},
    "send_unsent": {
        "accounts": {"BatchGet", "Delete", "Put", "QueryDue", "Update"},
        "keys": {"BatchGet"},
    },
    "sync_chat_profiles": {"accounts": {"BatchGet", "Delete", "Put", "Update"}, "keys": {"BatchGet"}},
    "transfer_copies": {"ledger": {"Put", "Query"}, "rights": {"Get", "Put"}},
    "usage": {"accounts": {"BatchGet"}, "keys": {"BatchGet"}, "usage": {"BatchPut", "Update"}},
    "work_on_hooks": {
        "accounts": {"BatchGet", "Get", "Put", "Update"},
        "challenges": {"Update"},
        "claims": {"BatchGet"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
    },
    "work_rights": {
        "accounts": {"BatchGet", "Put", "Query", "Update"},
        "billing": {"Query", "Update"},
        "challenges": {"Delete", "Get", "Put", "Update"},
        # On AWS only rows by which users are found are written; the emulator does not check the condition.
        "claims": {"BatchGet", "Delete", "Put"},
        "keys": {"BatchGet"},
        "ledger": {"Put", "Query"},
        "rights": {"Delete", "Get", "Put", "Query", "QueryOwner"},
        "usage": {"Put", "Query", "Update"},
    },
}

SECRETS: dict[str, set[str]] = {
    "admin": {"lookup", "receipts", "staff"},
    "chat": {"stream"},
    "consents": {"lookup"},
    "erase_accounts": {"lookup", "receipts", "stream"},
    "contacts": {"codes", "lookup", "pairs"},
    "conversations": {"codes", "lookup", "pairs", "stream"},
    "hooks": {"stream"},
    "notifications": {"lookup", "pairs"},
    "profiles": {"codes", "lookup"},
    "push_messages": {"lookup", "pairs"},
    "rights": {"codes", "lookup", "receipts"},
    "sessions": {"codes", "lookup", "refresh", "signing"},
    "signup": {"codes", "lookup", "peppers", "refresh", "signing"},
    "check_chat_settings": {"stream"},
    "reconcile_chat": {"lookup", "stream"},
    "send_unsent": {"stream"},
    "sync_chat_profiles": {"stream"},
    "work_on_hooks": {"lookup", "stream"},
    "work_rights": {"lookup", "receipts", "stream"},
}

# Operations on copies and messages about requests; every other one is denied.
EXPORTS: dict[str, set[str]] = {
    "erase_accounts": {"Abort", "DeleteVersion", "ListUploads", "ListVersions"},
    "purge_expired": {"Delete", "ListCopies"},
    "rights": {"Get"},
    "transfer_copies": {"Get"},
    "work_rights": {"Abort", "Delete", "Get", "Put"},
}
RECEIVES = {"Delete", "Look", "Receive", "Send"}
QUEUES: dict[str, dict[str, set[str]]] = {
    "announcements": {
        "announce_notices": {"Send", "SendBatch"},
        "announce_to_shard": RECEIVES - {"Send"},
    },
    "breaches": {
        "notify_of_breaches": RECEIVES - {"Send"},
        "watch_breaches": {"Send", "SendBatch"},
    },
    "hooks": {"hooks": {"Send"}, "work_on_hooks": RECEIVES},
    "renewals": {"renew_consents": {"Send", "SendBatch"}, "renew_shard": RECEIVES - {"Send"}},
    "erasures": {"erase_accounts": RECEIVES, "work_rights": {"Send"}},
    "rights": {
        "admin": {"Send"},
        "close_idle_accounts": {"Send"},
        "erase_accounts": {"Send"},
        "rights": {"Send"},
        "sweep_rights": {"Send", "SendBatch"},
        "transfer_copies": {"Send"},
        "work_rights": RECEIVES,
    },
    "avatars": {"clean_avatars": RECEIVES - {"Send"}},
    "avatars-dead": {"clean_avatars": {"Send"}},
    "papers": {"clean_images": RECEIVES - {"Send"}},
    "papers-dead": {"clean_images": {"Send"}},
    "pushes": {
        "hooks": {"Send"},
        "notifications": {"Send"},
        "push_changes": {"Send", "SendBatch"},
        "push_messages": RECEIVES - {"Send"},
        "rights": {"Send"},
        "work_rights": {"Send"},
    },
    "pushes-dead": {"push_messages": {"Send"}},
    "transfers": {"transfer_copies": RECEIVES, "work_rights": {"Send"}},
    "hooks-dead": {"work_on_hooks": {"Send"}},
    "rights-dead": {"erase_accounts": {"Send"}, "transfer_copies": {"Send"}, "work_rights": {"Send"}},
    "shards-dead": {name: {"Send"} for name in ("announce_to_shard", "notify_of_breaches", "renew_shard")},
}

OPENS_NO_RECORD = {
    "about", "access_token", "announce_notices", "chat", "check_chat_settings", "checkpoint_ledger",
    "clean_avatars", "clean_images", "hooks", "push_changes",
    "keep_holds", "note_bounces", "notices", "purge_expired", "record_verified_codes", "renew_consents",
    "site", "sweep_rights", "watch_breaches",
}  # fmt: skip

MAY_SEND_TEXTS = {
    "close_idle_accounts", "erase_accounts", "profiles", "rights", "sessions", "signup", "work_rights",
}  # fmt: skip


@pytest.fixture(scope="module")
def allowed_operations(cloud: LocalCloud) -> TriedRoles:
    outputs = {
        part: {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        for stack in cloud.account.client("cloudformation").describe_stacks()["Stacks"]
        for part in ("vault", "data")
        if stack["StackName"] == f"ru4m-local-{part}"
    }
    event = {
        "tables": {
            table: (
                outputs["data"][f"{table.title()}TableName"],
                ["pk"] if table in {"challenges", "claims", "keys"} else ["pk", "sk"],
            )
            for table in map(str, Table)
        },
        "secrets": {
            purpose: outputs["vault"][f"{purpose.title()}SecretArn"]
            for purpose in (
                "codes",
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
        },
        "archive": outputs["data"]["CheckpointBucketName"],
        "exports": outputs["data"]["ExportBucketName"],
        "queues": {
            name: cloud.account.client("sqs").get_queue_url(QueueName=f"ru4m-local-{name}")["QueueUrl"]
            for name in QUEUES
        },
        "signers": {
            "checkpoints": outputs["vault"]["CheckpointKeyArn"],
            "certificates": outputs["vault"]["CertificateKeyArn"],
        },
        "wrapped": {
            stage: wrapped_stage_key(cloud.account, stage, outputs["vault"]["SealingKeyArn"])
            for stage in (STAGE, "production")
        },
        "phone": "+381600000001",
        "sender": cloud.target.mail_from,
        "topic": f"arn:aws:sns:{cloud.account.region}:{cloud.account.number}:a-topic",
    }
    probe = Path(__file__).with_name("probe.py")
    return TriedRoles(cloud.account.client("lambda"), tuple(TABLES), probe, event)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("name", sorted(TABLES))
def test_role_has_the_table_permissions_listed_here(name: str, allowed_operations: TriedRoles) -> None:
    allowed = {table: set(done) for table, done in allowed_operations[name]["tables"].items() if done}
    assert allowed == TABLES[name]


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("name", sorted(TABLES))
def test_role_reads_the_secrets_of_its_purposes_only(name: str, allowed_operations: TriedRoles) -> None:
    assert set(allowed_operations[name]["secrets"]) == SECRETS.get(name, set())


@pytest.mark.promise("SEC-1")
def test_only_codes_and_notifying_jobs_send_text_messages(
    allowed_operations: TriedRoles,
) -> None:
    assert {name for name, may in allowed_operations.items() if may["texts"]} == MAY_SEND_TEXTS


@pytest.mark.promise("SEC-1")
def test_role_unwraps_keys_of_its_own_stage_only(allowed_operations: TriedRoles) -> None:
    opening = {name for name, may in allowed_operations.items() if may["unwraps"]}
    assert opening == TABLES.keys() - OPENS_NO_RECORD
    assert all(allowed_operations[name]["unwraps"] == [STAGE] for name in opening)


@pytest.mark.promise("SEC-1", "RGT-3")
def test_ledger_job_signs_checkpoints_and_erasures_sign_certificates(
    allowed_operations: TriedRoles,
) -> None:
    signing = {name: may["signs"] for name, may in allowed_operations.items() if may["signs"]}
    assert signing == {"checkpoint_ledger": ["checkpoints"], "erase_accounts": ["certificates"]}


@pytest.mark.promise("SEC-1")
def test_locked_bucket_gets_checkpoints_from_the_ledger_job_and_marks_from_erasures(
    allowed_operations: TriedRoles,
) -> None:
    archiving = {name: may["archive"] for name, may in allowed_operations.items() if may["archive"]}
    assert archiving == {"checkpoint_ledger": ["List", "Put"], "erase_accounts": ["PutMark"]}


@pytest.mark.promise("SEC-1")
def test_only_codes_and_notifying_jobs_send_mail(allowed_operations: TriedRoles) -> None:
    mailing = {name for name, may in allowed_operations.items() if may["mails"]}
    assert mailing == {
        "announce_to_shard",
        "close_idle_accounts",
        "erase_accounts",
        "profiles",
        "notify_of_breaches",
        "report_inbox",
        "rights",
        "sessions",
        "signup",
        "work_rights",
    }


@pytest.mark.promise("RGT-3")
def test_only_erasures_take_addresses_off_the_suppression_list(allowed_operations: TriedRoles) -> None:
    assert {name for name, may in allowed_operations.items() if may["lifts"]} == {"erase_accounts"}


@pytest.mark.promise("RGT-1", "RGT-3")
def test_copies_are_written_by_the_worker_linked_by_the_api_and_deleted_by_erasures(
    allowed_operations: TriedRoles,
) -> None:
    assert {
        name: set(may["exports"]) for name, may in allowed_operations.items() if may["exports"]
    } == EXPORTS


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("queue", QUEUES)
def test_only_the_worker_of_a_queue_receives_its_messages(queue: str, allowed_operations: TriedRoles) -> None:
    using = {name: set(may["queues"][queue]) for name, may in allowed_operations.items()}
    assert {name: done for name, done in using.items() if done} == QUEUES[queue]


@pytest.mark.promise("SEC-1")
def test_no_role_publishes_to_topics(allowed_operations: TriedRoles) -> None:
    assert {name for name, may in allowed_operations.items() if may["topics"]} == set()
