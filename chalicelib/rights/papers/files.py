"""The bytes of identity papers in S3: forms that upload them, links that download them.

incoming/<request>/<paper>   as uploaded, until the worker has seen it
clean/<request>/<paper>      as kept
"""

import re
from typing import Any

from chalicelib.core import aws
from chalicelib.core.ids import PaperId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.rights.papers.model import FORM_LIFE, LINK_LIFE, MAX_BYTES, IdentityPaper, PaperType

# Where S3 sends the browser after an upload; it adds the bucket, the key and a hash of the bytes.
UPLOADED_PATH = "/privacy/form/paper"

_INCOMING = re.compile(f"incoming/({RightsRequestId.pattern.pattern})/({PaperId.pattern.pattern})")


def upload_form(request_id: RightsRequestId, paper_id: PaperId) -> dict[str, Any]:
    """A form that uploads one file within ten minutes: its `url` and hidden `fields`. It needs no login."""
    back = f"{settings().issuer}{UPLOADED_PATH}"
    form: dict[str, Any] = aws.client("s3").generate_presigned_post(
        **_at(f"incoming/{request_id}/{paper_id}"),
        Fields={"success_action_redirect": back},
        Conditions=[["content-length-range", 1, MAX_BYTES], {"success_action_redirect": back}],
        ExpiresIn=int(FORM_LIFE.total_seconds()),
    )
    return form


def incoming(key: str) -> tuple[RightsRequestId, PaperId] | None:
    """The request and the paper of an uploaded object; None for a key that we do not give."""
    found = _INCOMING.fullmatch(key)
    return (RightsRequestId(found[1]), PaperId(found[2])) if found else None


def read(key: str) -> bytes | None:
    """The bytes of an uploaded object; None if there is none.

    Raises:
        Unavailable: S3 does not answer.
    """
    return aws.object_or_none(settings().papers_bucket(), key, MAX_BYTES + 1)


def keep(request_id: RightsRequestId, paper_id: PaperId, content: bytes, kind: PaperType) -> None:
    """Store the bytes that are kept of a paper; repeating it stores the same."""
    place = _at(f"clean/{request_id}/{paper_id}")
    aws.ask("s3", "put_object", **place, Body=content, ContentType=kind.value)


def discard(key: str) -> None:
    """Delete an object, if there is one.

    Raises:
        Unavailable: S3 does not answer; the call may be repeated.
    """
    aws.ask("s3", "delete_object", **_at(key))


def link_to(request_id: RightsRequestId, paper: IdentityPaper) -> str | None:
    """A link that downloads a paper for two minutes, never inside a page; None unless it is ready."""
    if not paper.kept_as:
        return None
    name = f'attachment; filename="{paper.paper_id}.{paper.kept_as.name.lower()}"'
    answer = {"ResponseContentDisposition": name, "ResponseCacheControl": "no-store"}
    params, life = _at(f"clean/{request_id}/{paper.paper_id}") | answer, int(LINK_LIFE.total_seconds())
    url: str = aws.client("s3").generate_presigned_url("get_object", Params=params, ExpiresIn=life)
    return url


def _at(key: str) -> dict[str, str]:
    return {"Bucket": settings().papers_bucket(), "Key": key}
