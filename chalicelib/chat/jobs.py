"""Jobs of chat."""

import os

from chalice.app import Blueprint, DynamoDBEvent

from chalicelib.chat import sync
from chalicelib.core.ids import AccountId
from chalicelib.core.observe import observed
from chalicelib.profiles import service as profiles

chat_jobs = Blueprint(__name__)

# The template sets the real stream; Chalice needs a placeholder for packaging.
_STREAM = os.environ.get("RU4M_ACCOUNTS_STREAM", "arn:aws:dynamodb:eu-central-1:0:table/a/stream/b")


@chat_jobs.on_dynamodb_record(stream_arn=_STREAM, batch_size=100)
@observed
def sync_chat_profiles(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Update changed users at Stream; return the records that DynamoDB has to deliver again.

    DynamoDB delivers again from the first failed record on. That is harmless, because each run sends the
    current state.
    """
    first_record: dict[AccountId, str] = {}
    for record in event.to_dict()["Records"]:
        change = record["dynamodb"]
        if account_id := profiles.owner_of_change(change):
            first_record.setdefault(account_id, change["SequenceNumber"])
    failed = sync.sync(list(first_record))
    return {"batchItemFailures": [{"itemIdentifier": first_record[account_id]} for account_id in failed]}
