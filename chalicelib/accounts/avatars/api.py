"""Routes of avatars."""

from chalice.app import Blueprint

from chalicelib.accounts.avatars import service
from chalicelib.accounts.avatars.model import AvatarForm, AvatarUploadView, NewAvatar
from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.sessions.caller import Caller
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import Created, DailyLimit, NoContent, ShortRedirect, Unlimited, route
from chalicelib.core.ids import AvatarId, UserId
from chalicelib.core.settings import settings

avatars = Blueprint(__name__)

_UPLOADS = DailyLimit(LimitName.AVATARS, lambda: settings().limits.avatars_day)


@route(avatars, "POST", "/v1/profile/avatar", limit=_UPLOADS, problems=(NotFound, Unavailable))
def offer_avatar(caller: Caller, body: NewAvatar) -> Created[AvatarUploadView]:
    """Get a form that uploads one image as the caller's avatar.

    The form works for five minutes, for exactly the stated type and size. The centre square of the image is
    encoded anew, without its metadata. `avatar` of the profile has the state; until it is `ready`, the
    picture before stays. Another call supersedes an upload in progress.
    """
    return Created(service.offer(caller.account.account_id, body), location="/v1/profile")


@route(
    avatars,
    "DELETE",
    "/v1/profile/avatar",
    needs=(AVATAR,),
    limit=Unlimited("It only deletes, and uploads are limited"),
    problems=(Unavailable,),
)
def remove_avatar(caller: Caller) -> NoContent:
    """Remove the caller's avatar, and an upload in progress.

    Its address answers 404 within a minute. Phones and chat apps may show a copy for a day.
    """
    service.remove(caller.account.account_id, caller[AVATAR])
    return NoContent()


@route(avatars, "GET", "/v1/users/{user_id}/avatars/{avatar_id}/{form}", problems=(NotFound,))
def show_avatar(user_id: UserId, avatar_id: AvatarId, form: AvatarForm) -> ShortRedirect:
    """Get the picture of a user, by the address in their profile.

    `form` is `512.webp`, `512.jpg`, `128.webp` or `128.jpg`: the longest side in pixels, and the format. Only
    the current picture of an active account is shown.
    """
    return ShortRedirect(location=service.show(user_id, avatar_id, form))
