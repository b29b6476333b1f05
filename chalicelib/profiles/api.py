"""Routes of profiles."""

from chalice.app import Blueprint

from chalicelib.core.errors import ChangedMeanwhile, NotFound
from chalicelib.core.http import IfMatch, Tagged, route
from chalicelib.core.ids import UserId
from chalicelib.profiles import service
from chalicelib.profiles.model import OwnProfile, ProfileChanges, PublicProfile
from chalicelib.profiles.service import PROFILE
from chalicelib.sessions.caller import Caller

profiles = Blueprint(__name__)


@route(profiles, "GET", "/v1/profile", needs=(PROFILE,), problems=(NotFound,))
def read_profile(caller: Caller) -> Tagged[OwnProfile]:
    """The caller's own profile, with the ETag that editing it needs."""
    profile = service.own(caller[PROFILE])
    return Tagged(OwnProfile.of(caller.account, profile), etag=profile.etag)


@route(profiles, "PATCH", "/v1/profile", needs=(PROFILE,), problems=(NotFound, ChangedMeanwhile))
def change_profile(caller: Caller, changes: ProfileChanges, expected: IfMatch) -> Tagged[OwnProfile]:
    """Change the profile by a merge patch (RFC 7396); null removes."""
    profile = service.change(service.own(caller[PROFILE]), changes, expected)
    return Tagged(OwnProfile.of(caller.account, profile), etag=profile.etag)


@route(profiles, "GET", "/v1/users/{user_id}")
def read_user(caller: Caller, user_id: UserId) -> PublicProfile:  # noqa: ARG001 - only a live caller may look
    """What a user shows to others."""
    return service.seen_by_others(user_id)
