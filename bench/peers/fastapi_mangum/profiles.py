"""The own profile."""

from typing import Annotated

from fastapi import Header, Response

from bench.peers.common import profiles
from bench.peers.common.models import OwnProfile, ProfileChanges
from bench.peers.fastapi_mangum.app import Claims, app, handler

__all__ = ["handler"]


@app.get("/v1/profile", response_model_exclude_none=True)
async def read_profile(claims: Claims, response: Response) -> OwnProfile:
    """Get the own profile."""
    profile, response.headers["ETag"] = profiles.read(*claims)
    return OwnProfile(**profile)


@app.patch("/v1/profile", response_model_exclude_none=True)
async def change_profile(
    claims: Claims, changes: ProfileChanges, if_match: Annotated[str, Header()], response: Response
) -> OwnProfile:
    """Change the own profile."""
    profile, response.headers["ETag"] = profiles.change(*claims, changes.changes(), if_match)
    return OwnProfile(**profile)
