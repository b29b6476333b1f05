"""Avatars: their upload, their worker, and how others see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from chalicelib.accounts.avatars.jobs import clean_avatars
from chalicelib.core import aws
from chalicelib.core.settings import settings
from tests.support.cases.images import a_jpeg
from tests.support.cases.papers import event_of
from tests.support.jobs.events import Context, messages
from tests.support.world.world import Reply, User


def asks_to_upload(user: User, size: int = 1_000, content_type: str = "image/jpeg") -> Reply:
    """Ask for a form that uploads an avatar."""
    return user.calls("POST", "/v1/profile/avatar", body={"content_type": content_type, "size": size})


def uploads(user: User, content: bytes) -> str:
    """Upload a file as the form does, without its event; return its key."""
    key: str = asks_to_upload(user, max(len(content), 1)).json["fields"]["key"]
    put(key, content)
    return key


def put(key: str, content: bytes) -> None:
    aws.client("s3").put_object(Bucket=settings().avatars_bucket(), Key=key, Body=content)


def clean(*keys: str) -> dict[str, Any]:
    """Let the worker clean uploads; return what it asks to be delivered again."""
    failed: dict[str, Any] = clean_avatars(messages(*map(event_of, keys)), Context(30))
    return failed


def shows(user: User, content: bytes | None = None) -> str:
    """Upload an avatar and let the worker clean it; return its public address."""
    assert clean(uploads(user, content or a_jpeg())) == {"batchItemFailures": []}
    return str(user.profile()["avatar_url"])


def state_of(user: User) -> tuple[str, str | None]:
    """Return state and reason of the newest upload, as its owner sees them."""
    avatar = user.profile()["avatar"]
    return avatar["state"], avatar.get("reason")


def looks_at(user: User, address: str) -> Reply:
    """Open the address of an avatar, without a session."""
    return user.world.call("GET", urlsplit(address).path)


def removes(user: User) -> Reply:
    return user.calls("DELETE", "/v1/profile/avatar")


def stored_keys() -> list[str]:
    found = aws.client("s3").list_objects_v2(Bucket=settings().avatars_bucket()).get("Contents", [])
    return [one["Key"] for one in found]


def forms_of(user: User, avatar_id: str) -> list[str]:
    """Return the keys under which a picture is stored, its mark last."""
    forms: Iterable[str] = ("128.jpg", "128.webp", "512.jpg", "512.webp")
    return [*(f"kept/{avatar_id}/{form}" for form in forms), f"owners/{user.account_id}/{avatar_id}"]


def content_of(key: str) -> bytes:
    body: bytes = aws.client("s3").get_object(Bucket=settings().avatars_bucket(), Key=key)["Body"].read()
    return body
