"""Files of reports: sent at Stream, kept sealed, opened by operators (ADR 122)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chalicelib.core import aws
from chalicelib.core.settings import settings
from chalicelib.safety.reports.reported_files import opened as unsealed
from chalicelib.stream import gateway
from tests.support.cases.abuse import calls, says
from tests.support.roles.judge import calls_of
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User


@calls_of(None)
def sends_file(author: User, talk: str, content: bytes, folder: Path, message_id: str = "m-1") -> str:
    """Send a message with a file at Stream; return the link of the file."""
    (file := folder / f"{message_id}.bin").write_bytes(content)
    channel = gateway._client().channel("messaging", talk)
    url = str(channel.send_file(file.as_uri(), file.name, {"id": author.user_id})["file"])
    says(author, talk, message_id, attachments=[{"type": "image", "image_url": url, "thumb_url": url}])
    return url


@calls_of(None)
def stored_objects() -> dict[str, bytes]:
    """Return the sealed bytes of each file."""
    place = {"Bucket": settings().reported_bucket()}
    found = aws.client("s3").list_objects_v2(**place).get("Contents", [])
    keys = [str(one["Key"]) for one in found]
    return {key: aws.client("s3").get_object(**place, Key=key)["Body"].read() for key in keys}


def looks_at(operator: Operator, report: str, number: int = 1) -> Reply:
    return calls(operator, "GET", f"/abuse-reports/{report}/files/{number}")


def hands_over(operator: Operator, report: str, disclosure: str, number: int = 1) -> Reply:
    path = f"/abuse-reports/{report}/files/{number}/handover"
    return calls(operator, "POST", path, {"disclosure_id": disclosure})


def content_of(opened: dict[str, Any]) -> bytes:
    """Return the plain bytes of a file, as the command and the desk open it."""
    return unsealed(stored_objects()[opened["place"]], opened["place"], opened["key"])
