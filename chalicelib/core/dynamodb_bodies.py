"""Reads the bodies of DynamoDB's answers, in place of botocore's parser.

botocore asks its description of DynamoDB about each value of each attribute, a fifth of the CPU time of a
request. JSON has the form of the wire format already; only bytes are base64 there (`table/items` reads both).
botocore emits the event `before-parse` for such readers, and merges what they leave in
`customized_response_dict` into the answer. Refusals are left to botocore.
"""

import json
from typing import Any

# Those whose answers have items. Not BatchWriteItem: what it leaves unprocessed is sent again.
_OPERATIONS = ("BatchGetItem", "GetItem", "Query", "Scan", "UpdateItem")


def install(client: Any) -> None:  # noqa: ANN401 - boto3 ships no types
    """Let a client of DynamoDB read its answers here."""
    for operation in _OPERATIONS:
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _read)


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    if response_dict["status_code"] == 200:
        customized_response_dict |= json.loads(response_dict["body"])
        response_dict["body"] = b"{}"
