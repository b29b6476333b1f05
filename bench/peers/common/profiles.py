"""Profiles, for all peers: the own profile, and its change under the version that the client read."""

import hashlib
import os
import secrets
from datetime import UTC, datetime
from typing import Any

from bench.peers.common import sealed
from bench.peers.common.accounts import ACCOUNTS, Caller, Refused, authorize, count, dynamodb

JSON = dict[str, Any]

CHALLENGES = os.environ["RU4M_TABLE_CHALLENGES"]
CHANGES_A_DAY = 200
PIN = "secret#pin"
DEFAULTS: JSON = {"discoverable": False, "online_visible": False}


def read(account_id: str, session_id: str) -> tuple[JSON, str]:
    """The caller's own profile and its ETag.

    Raises:
        Refused: by the state of the account.
    """
    caller, _, key = _caller(account_id, session_id)
    profile = caller.items["profile"]
    return _view(caller, sealed.opened(profile, key), key), f'"{profile["version"]["N"]}"'


def change(account_id: str, session_id: str, changes: JSON, etag: str) -> tuple[JSON, str]:
    """Apply a merge patch, counted towards the daily limit, to the version that the client read.

    Raises:
        Refused: by the state of the account, over the limit, or if the profile was changed meanwhile.
    """
    caller, key_version, key = _caller(account_id, session_id)
    _count(account_id)
    item = caller.items["profile"]
    version = int(item["version"]["N"])
    if etag.strip() != f'"{version}"':
        raise Refused(412, "changed_meanwhile")
    fields = sealed.opened(item, key)
    for name, value in changes.items():
        fields[name] = value if value is not None else DEFAULTS.get(name)
    fields["display_name"] = fields["display_name"] or f"Guest {secrets.randbelow(9_000) + 1_000}"
    pk = item["pk"]["S"]
    stored = {name: value for name, value in fields.items() if value is not None}
    blob = sealed.seal(stored, key, key_version, "profile", pk, "profile")
    try:
        dynamodb.put_item(
            TableName=ACCOUNTS,
            Item={**item, "version": {"N": str(version + 1)}, "sealed": {"B": blob}, **_mark(item)},
            ConditionExpression="attribute_exists(pk) AND version = :version",
            ExpressionAttributeValues={":version": {"N": str(version)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        raise Refused(412, "changed_meanwhile") from None
    return _view(caller, stored, key), f'"{version + 1}"'


def _caller(account_id: str, session_id: str) -> tuple[Caller, int, bytes]:
    caller = authorize(account_id, session_id, "profile", PIN, "avatar", sealed=True)
    if "profile" not in caller.items or caller.data_key is None:
        raise Refused(404, "not_found")
    return caller, *sealed.data_key(caller.data_key)


def _view(caller: Caller, profile: JSON, key: bytes) -> JSON:
    account = caller.account
    return {
        "user_id": account["user_id"]["S"],
        "phone": sealed.opened(account, key)["phone"],
        "created_at": account["created_at"]["S"],
        "pin_set": PIN in caller.items,
        "email_verified": profile.get("email") is not None,
        **DEFAULTS,
        **profile,
    }


def _count(account_id: str) -> None:
    """Count a change of today; one conditional update.

    Raises:
        Refused: the account has no changes left.
    """
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    subject = hashlib.sha256(f"limit#profile_changes#{account_id}".encode()).hexdigest()
    key = {"pk": {"S": f"limit#profile_changes#{subject}#86400_{int(today.timestamp()) // 86_400}"}}
    values = {":kind": {"S": "limit"}, ":one": {"N": "1"}, ":most": {"N": str(CHANGES_A_DAY)}}
    try:
        count(CHALLENGES, key, today, values, " ADD n :one", "attribute_not_exists(n) OR n < :most")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        raise Refused(429, "too_many") from None


def _mark(item: dict[str, Any]) -> dict[str, Any]:
    """What marks the row for the worker that sends it to Stream; the fixture's row has a list already."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    unsent = {"token": {"S": secrets.token_hex(8)}, "since": {"S": now}, "tries": {"N": "0"}}
    return {"due": item["due"], "due_at": {"S": now}, "unsent": {"M": unsent}}
