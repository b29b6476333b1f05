"""The route that changes a profile; it stands here because the change may end consents."""

from typing import Annotated

from chalice.app import Blueprint

from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.model import OwnProfile, ProfileChanges
from chalicelib.accounts.profiles.service import PIN, PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.accounts.sessions.caller import Caller, StepUpRequired
from chalicelib.consents.model import NotOffered, WouldEndConsents
from chalicelib.consents.profile_changes import service
from chalicelib.consents.service import PURPOSES
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import ChangedMeanwhile, NotFound, Unavailable
from chalicelib.core.http import Confirmation, DailyLimit, IfMatch, Requirement, Tagged, route
from chalicelib.core.settings import settings
from chalicelib.privacy.subject_keys import DATA_KEY

profile_changes = Blueprint(__name__)

_CHANGES = DailyLimit(LimitName.PROFILE_CHANGES, lambda: settings().limits.profile_changes_day)


def _check_step_up(caller: Caller, changes: ProfileChanges, **_: object) -> None:
    if changes.names_email:
        caller.require_step_up()


@route(
    profile_changes,
    "PATCH",
    "/v1/profile",
    needs=(DATA_KEY, OPEN_ACCOUNT, PROFILE, PIN, AVATAR, PURPOSES),
    limit=_CHANGES,
    problems=(NotFound, ChangedMeanwhile, Unavailable, NotOffered, WouldEndConsents),
)
def change_profile(
    caller: Annotated[Caller, Requirement(StepUpRequired, "a patch with `email`", _check_step_up)],
    changes: ProfileChanges,
    expected: IfMatch,
    end_consents: Confirmation | None,
) -> Tagged[OwnProfile]:
    """Change the caller's profile with a JSON merge patch (RFC 7396); null removes a field.

    Sent again after a lost response, the same patch gets 200 also with the ETag of before. A patch with
    `email` needs a stepped-up token. The number and the removed address are notified before. A date of birth
    or a country that shows that the user is too young to consent ends the consents that were given: ask the
    user, and send `end_consents=true`. A change of `online_visible` or `discoverable` gets 409 `not_offered`
    while the privacy policy in effect does not name it.
    """
    account, profile = profiles.own(caller[OPEN_ACCOUNT], caller[PROFILE])
    account, profile = service.change(
        account,
        profile,
        changes,
        expected,
        caller[DATA_KEY],
        purposes=caller[PURPOSES],
        confirmed=end_consents,
    )
    return Tagged(OwnProfile.of(account, profile, caller[PIN], caller[AVATAR]), etag=profile.etag)
