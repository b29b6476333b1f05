"""Links to copies, as made in each region."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import EU_REGIONS, settings
from chalicelib.rights.request import files
from chalicelib.rights.request.model import ExportFile


@pytest.fixture(params=sorted(EU_REGIONS))
def region(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Set the region in which the service runs."""
    monkeypatch.setenv("AWS_REGION", request.param)
    for cached in (settings, aws.client):
        cached.cache_clear()
    yield request.param
    monkeypatch.undo()
    for cached in (settings, aws.client):
        cached.cache_clear()


def a_link() -> str:
    request_id = RightsRequestId.new()
    key, now = files.key_of(request_id), clock.now()
    copy = ExportFile(request_id=request_id, key=key, sha256="0" * 64, size=1, made_at=now)
    return files.link_to(copy).url


@pytest.mark.promise("STR-7", "RGT-1")
def test_link_uses_the_regional_bucket_and_a_signature_valid_in_every_region(
    region: str,
) -> None:
    link = urlsplit(a_link())
    host = link.hostname or ""
    assert (link.scheme, host) == ("https", f"ru4m-test-exports.s3.{region}.amazonaws.com")
    shown = parse_qs(link.query)
    assert shown["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert shown["X-Amz-Expires"] == ["900"]
    assert shown["X-Amz-SignedHeaders"] == ["host"]  # the only header that a browser is sure to send
    assert shown["response-cache-control"] == ["no-store"]
