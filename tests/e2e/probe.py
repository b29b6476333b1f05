"""Runs as a Lambda under each deployed role and reports the operations that the role may do.

A call counts as allowed unless the response is AccessDenied. No call changes existing items: writes
have a condition that no item meets, or put an item of the probe's own.
"""

import base64
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

KEY = {"pk": {"S": "probe"}, "sk": {"S": "probe"}}
LAPSED = {"expires_at": {"N": "1"}, "delete_at": {"N": "1"}}
NEVER = {"ConditionExpression": "attribute_exists(nothing_has_this)"}
# The tables, each with the attribute of its partition key.
INDEXES = {
    "touched": "touched",
    "hourly": "hour",
    "renewal": "renewal",
    "live": "live",
    "owner": "owner",
    "due": "due",
    "open": "open",
    "stuck": "stuck",
    "received": "received",
    "ends": "ends",
}
ECDSA = {"MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
SIMULATOR = "success@simulator.amazonses.com"
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Try every operation on given tables, secrets and a phone number; returns the allowed ones."""
    config = Config(retries={"total_max_attempts": 1})
    dynamodb, secrets, sns = (boto3.client(s, config=config) for s in ("dynamodb", "secretsmanager", "sns"))
    s3 = boto3.client("s3", config=config)
    archive, exports = _archiving(s3, event["archive"]), _exporting(s3, event["exports"])
    sqs, kms = boto3.client("sqs", config=config), boto3.client("kms", config=config)
    ses = boto3.client("sesv2", config=config)
    return {
        "tables": {
            short: sorted(n for n, call in _operations(dynamodb, name, keys).items() if _allowed(call))
            for short, (name, keys) in event["tables"].items()
        },
        "secrets": [p for p, arn in event["secrets"].items() if _allowed(_reading(secrets, arn))],
        "texts": _allowed(lambda: sns.publish(PhoneNumber=event["phone"], Message="probe")),
        "archive": sorted(name for name, call in archive.items() if _allowed(call)),
        "exports": sorted(name for name, call in exports.items() if _allowed(call)),
        "queues": {
            short: sorted(n for n, call in _queueing(sqs, url).items() if _allowed(call))
            for short, url in event["queues"].items()
        },
        "signs": [key for key, arn in event["signers"].items() if _allowed(_signing(kms, arn))],
        "unwraps": [
            stage for stage, blob in event["wrapped"].items() if _allowed(_unwrapping(kms, stage, blob))
        ],
        "mails": _allowed(_mailing(ses, event["sender"])),
        "lifts": _allowed(lambda: ses.delete_suppressed_destination(EmailAddress=SIMULATOR)),
        "topics": _allowed(lambda: sns.publish(TopicArn=event["topic"], Message="probe")),
    }


def _signing(kms: Any, key: str) -> Any:
    return lambda: kms.sign(KeyId=key, Message=b"probe", **ECDSA)


def _unwrapping(kms: Any, stage: str, blob: str) -> Any:
    context = {"stage": stage, "purpose": "sealing"}
    return lambda: kms.decrypt(CiphertextBlob=base64.b64decode(blob), EncryptionContext=context)


def _operations(dynamodb: Any, table: str, keys: list[str]) -> dict[str, Any]:
    key = {name: KEY[name] for name in keys}
    one = {"TableName": table, "Key": key}
    return {
        "BatchGet": lambda: dynamodb.batch_get_item(RequestItems={table: {"Keys": [key]}}),
        "Get": lambda: dynamodb.get_item(**one),
        "Put": lambda: dynamodb.put_item(TableName=table, Item=key, **NEVER),
        # This operation has no condition. If it is allowed, it leaves an expired item that no code reads.
        "BatchPut": lambda: dynamodb.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": key | LAPSED}}]}
        ),
        "Update": lambda: dynamodb.update_item(
            **one, UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"S": "a"}}, **NEVER
        ),
        "Delete": lambda: dynamodb.delete_item(**one, **NEVER),
        "Query": lambda: dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": key["pk"]},
        ),
        **{f"Query{index.title()}": _indexed(dynamodb, table, index) for index in INDEXES},
        "Scan": lambda: dynamodb.scan(TableName=table, Limit=1),
    }


def _indexed(dynamodb: Any, table: str, index: str) -> Any:
    return lambda: dynamodb.query(
        TableName=table,
        IndexName=index,
        KeyConditionExpression="#pk = :pk",
        ExpressionAttributeNames={"#pk": INDEXES[index]},
        ExpressionAttributeValues={":pk": KEY["pk"]},
    )


def _archiving(s3: Any, bucket: str) -> dict[str, Any]:
    one = {"Bucket": bucket, "Key": "checkpoints/probe.json"}
    mark = {"Bucket": bucket, "Key": "tombstones/probe/pending.json"}
    unmet = {"Body": b"probe", "IfMatch": '"nothing has this"'}
    return {
        "List": lambda: s3.list_object_versions(Bucket=bucket),
        "Put": lambda: s3.put_object(**one, **unmet),
        "Delete": lambda: s3.delete_object(**one, VersionId="nothing-has-this"),
        "PutMark": lambda: s3.put_object(**mark, **unmet),
        "DeleteMark": lambda: s3.delete_object(**mark, VersionId="nothing-has-this"),
    }


def _exporting(s3: Any, bucket: str) -> dict[str, Any]:
    copy = {"Bucket": bucket, "Key": "exports/probe.zip"}
    elsewhere = {"Bucket": bucket, "Key": "elsewhere/probe.zip"}
    unmet = {"Body": b"probe", "IfMatch": '"nothing has this"'}
    return {
        "List": lambda: s3.list_objects_v2(Bucket=bucket),
        "ListCopies": lambda: s3.list_objects_v2(Bucket=bucket, Prefix="exports/"),
        "Get": lambda: s3.get_object(**copy),
        "Put": lambda: s3.put_object(**copy, **unmet),
        "Delete": lambda: s3.delete_object(**copy),
        "DeleteVersion": lambda: s3.delete_object(**copy, VersionId="nothing-has-this"),
        "ListVersions": lambda: s3.list_object_versions(Bucket=bucket, Prefix=copy["Key"]),
        "ListUploads": lambda: s3.list_multipart_uploads(Bucket=bucket, Prefix=copy["Key"]),
        "Abort": lambda: s3.abort_multipart_upload(**copy, UploadId="nothing-has-this"),
        "GetElsewhere": lambda: s3.get_object(**elsewhere),
        "PutElsewhere": lambda: s3.put_object(**elsewhere, **unmet),
        "DeleteElsewhere": lambda: s3.delete_object(**elsewhere),
        "DeleteVersionElsewhere": lambda: s3.delete_object(**elsewhere, VersionId="nothing-has-this"),
        "ListAllVersions": lambda: s3.list_object_versions(Bucket=bucket),
    }


def _queueing(sqs: Any, queue: str) -> dict[str, Any]:
    return {
        "Send": lambda: sqs.send_message(QueueUrl=queue, MessageBody="names no request, so it is dropped"),
        "SendBatch": lambda: sqs.send_message_batch(
            QueueUrl=queue, Entries=[{"Id": "probe", "MessageBody": "names no request, so it is dropped"}]
        ),
        "Receive": lambda: sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0),
        "Delete": lambda: sqs.delete_message(QueueUrl=queue, ReceiptHandle="nothing-has-this"),
        "Look": lambda: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"]),
        "Configure": lambda: sqs.set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "0"}),
    }


def _mailing(ses: Any, sender: str) -> Any:
    return lambda: ses.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [SIMULATOR]},
        Content={"Simple": {"Subject": {"Data": "probe"}, "Body": {"Text": {"Data": "probe"}}}},
    )


def _reading(secrets: Any, arn: str) -> Any:
    return lambda: secrets.get_secret_value(SecretId=arn)


def _allowed(call: Any) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] not in DENIED
    return True
