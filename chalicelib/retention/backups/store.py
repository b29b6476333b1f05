"""The backups that DynamoDB lists: those on demand, and those that it makes of deleted tables.

A table that is deleted while it can be recovered leaves a backup `<table>$DeletedTableBackup`, which DynamoDB
keeps for 35 days (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BackupDetails.html).
Backups of AWS Backup are not listed.
"""

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.core import aws
from chalicelib.retention.backups.model import TableBackup


def of_stage(stage: str, list_page: Callable[..., dict[str, Any]] | None = None) -> Iterator[TableBackup]:
    """Yield the backups of a stage's tables.

    Args:
        stage: the stage, whose tables have names that begin with it.
        list_page: ListBackups of another client than this process's.

    Raises:
        Unavailable, AwsBug: as for `aws.ask`.
    """
    after: dict[str, str] = {}
    while True:
        page = list_page(BackupType="ALL", **after) if list_page else _list_page(BackupType="ALL", **after)
        for one in page["BackupSummaries"]:
            if one["TableName"].startswith(f"ru4m-{stage}-") and one["BackupStatus"] != "DELETED":
                yield TableBackup(
                    one["TableName"],
                    one["BackupName"],
                    one["BackupArn"],
                    one["BackupCreationDateTime"],
                    one.get("BackupExpiryDateTime"),
                )
        if "LastEvaluatedBackupArn" not in page:
            return
        after = {"ExclusiveStartBackupArn": page["LastEvaluatedBackupArn"]}


def _list_page(**parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    return aws.ask("dynamodb", "list_backups", **parameters)
