"""Tests the renewal of evidence on the deployed cloud: the schedule, the queue and the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.table_names import Table
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until


def decisions(cloud: LocalCloud, phone: Phone) -> dict[str, Any]:
    (item,) = (
        item
        for item in cloud.items(Table.ACCOUNTS)
        if (item["pk"]["S"], item["sk"]["S"]) == (f"A#{phone.account_id}", "purposes")
    )
    return item


def make_due(cloud: LocalCloud, phone: Phone) -> None:
    """Move the account to a past instant in the index, and forget that its shard was finished."""
    item, tables = decisions(cloud, phone), cloud.account.client("dynamodb")
    tables.update_item(
        TableName="ru4m-local-accounts",
        Key={name: item[name] for name in ("pk", "sk")},
        UpdateExpression="SET renew_at = :at",
        ExpressionAttributeValues={":at": {"S": clock.to_text(clock.now() - timedelta(days=1))}},
    )
    progress = {"pk": {"S": f"renewal_progress#{item['renewal']['S']}"}}
    tables.delete_item(TableName="ru4m-local-challenges", Key=progress)


@pytest.mark.promise("RGT-7")
def test_evidence_of_an_account_that_is_due_is_renewed_by_a_worker(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    phone = a_phone()
    phone.sign_up("Vera")
    phone.consent("analytics")
    make_due(cloud, phone)
    assert cloud.run("renew_consents")["due"] >= 1
    renewed = until(lambda: "carried_over_at" in decisions(cloud, phone), "the worker to renew evidence")
    assert renewed
    (record,) = phone.call("GET", "/v1/consents/analytics/records").body["items"]
    assert record["event"]["event_state"] == "ConsentGiven"
    assert phone.account_id not in "\n".join(cloud.log_lines("renew_shard"))
