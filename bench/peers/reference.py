"""The least function of this stack that reads DynamoDB: Chalice, a boto3 client and one read."""

import os

import boto3
from chalice.app import Chalice

app = Chalice(app_name="reference")
dynamodb = boto3.client("dynamodb")


@app.route("/v1/chat/token", methods=["POST"])
def read_account() -> dict[str, str]:
    """Read the caller's account."""
    assert app.current_request  # noqa: S101 - Chalice sets it before it calls a view
    account_id = app.current_request.context["authorizer"]["account_id"]
    key = {"pk": {"S": f"A#{account_id}"}, "sk": {"S": "account"}}
    found = dynamodb.get_item(TableName=os.environ["RU4M_TABLE_ACCOUNTS"], Key=key, ConsistentRead=True)
    return {"user_id": found["Item"]["user_id"]["S"]}
