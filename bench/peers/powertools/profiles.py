"""The own profile."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Body, Header

from bench.peers.common import profiles
from bench.peers.common.models import OwnProfile, ProfileChanges
from bench.peers.powertools.app import app, claims, handler

__all__ = ["handler"]


@app.get("/v1/profile")
def read_profile() -> Response[OwnProfile]:
    """Get the own profile."""
    return _tagged(*profiles.read(*claims()))


@app.patch("/v1/profile")
def change_profile(
    changes: Annotated[ProfileChanges, Body()], if_match: Annotated[str, Header(alias="If-Match")]
) -> Response[OwnProfile]:
    """Change the own profile."""
    return _tagged(*profiles.change(*claims(), changes.changes(), if_match))


def _tagged(profile: dict[str, Any], etag: str) -> Response[OwnProfile]:
    return Response(200, content_types.APPLICATION_JSON, OwnProfile(**profile), headers={"ETag": etag})
