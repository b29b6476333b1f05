"""SES's suppression list in this process; moto has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from chalicelib.core import aws


@contextmanager
def suppression_list(*addresses: str) -> Iterator[set[str]]:
    """Let SES have these addresses on its list in this block; returns the list."""
    listed = set(addresses)

    def delete(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        address = unquote(params["url_path"].rsplit("/addresses/", 1)[1])
        status = 200 if address in listed else 404
        listed.discard(address)
        error = {"Error": {"Code": "NotFoundException", "Message": f"{address} is not on the list"}}
        answer = {} if status == 200 else error
        return SimpleNamespace(status_code=status), {**answer, "ResponseMetadata": {"HTTPStatusCode": status}}

    events, name = aws.client("sesv2").meta.events, "before-call.sesv2.DeleteSuppressedDestination"
    events.register_last(name, delete)
    try:
        yield listed
    finally:
        events.unregister(name, delete)
