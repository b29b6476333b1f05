"""Routes of profiles."""

from chalice.app import Blueprint

from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core.errors import ChangedMeanwhile, NotFound
from chalicelib.core.http import IfMatch, Tagged, route
from chalicelib.core.ids import UserId
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles import service
from chalicelib.profiles.model import OwnProfile, ProfileChanges, PublicProfile
from chalicelib.profiles.service import PROFILE
from chalicelib.sessions.caller import Caller

profiles = Blueprint(__name__)


_OWN = (DATA_KEY, OPEN_ACCOUNT, PROFILE)


@route(profiles, "GET", "/v1/profile", needs=_OWN, problems=(NotFound,))
def read_profile(caller: Caller) -> Tagged[OwnProfile]:
    """The caller's own profile, with the ETag that editing it needs."""
    account, profile = service.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    return Tagged(OwnProfile.of(account, profile), etag=profile.etag)


@route(profiles, "PATCH", "/v1/profile", needs=_OWN, problems=(NotFound, ChangedMeanwhile))
def change_profile(caller: Caller, changes: ProfileChanges, expected: IfMatch) -> Tagged[OwnProfile]:
    """Change the profile by a merge patch (RFC 7396); null removes."""
    account, profile = service.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    profile = service.change(profile, changes, expected, caller[DATA_KEY])
    return Tagged(OwnProfile.of(account, profile), etag=profile.etag)


@route(profiles, "GET", "/v1/users/{user_id}")
def read_user(caller: Caller, user_id: UserId) -> PublicProfile:  # noqa: ARG001 - only a live caller may look
    """What a user shows to others."""
    return service.seen_by_others(user_id)
