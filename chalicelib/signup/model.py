"""Request and response bodies of signup."""

from collections.abc import Collection, Iterable
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from chalicelib.accounts.challenges.body import Code
from chalicelib.accounts.challenges.model import CodeChannel
from chalicelib.accounts.challenges.numbers import Locale, PhoneText, Region, check_one_contact, mobile_number
from chalicelib.accounts.model import Device
from chalicelib.accounts.passwords.model import TriedName, TriedPassword
from chalicelib.accounts.profiles.model import ChosenName
from chalicelib.accounts.secrets.model import EnteredPin, WrongSecret
from chalicelib.accounts.sessions.model import SessionView
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import countries
from chalicelib.core.errors import TooMany, Unauthenticated
from chalicelib.core.http import Body, View
from chalicelib.core.ids import UserId
from chalicelib.messages.model import LONGEST_ADDRESS, mailbox


class NewSignup(Body):
    """A mobile number in E.164, or a national number with its region; and the device.

    `email` in place of the number signs in to an account that lost its number.
    """

    phone: PhoneText | None = None
    region: Region | None = None
    email: Annotated[str, Field(max_length=LONGEST_ADDRESS, examples=["mila@example.com"])] | None = None
    device: Device
    locale: Locale | None = None

    def destination(self) -> tuple[CodeChannel, str]:
        """Return the channel of the code, and the number in E.164 or the normalised mailbox.

        Raises:
            InvalidPhone: not a valid number, or of a kind that does not receive SMS.
            InvalidEmail: not an address to which mail can be sent.
            InvalidRequest: both are given, or neither.
        """
        check_one_contact(self.phone, self.email)
        if self.email is not None:
            return CodeChannel.EMAIL, mailbox(self.email)
        return CodeChannel.SMS, mobile_number(self.phone or "", self.region)


def _shown(kind: str) -> Any:  # noqa: ANN401 - as pydantic types it
    source = f"The version shown to the user: `version` of kind `{kind}` in GET /v1/notices/current"
    return Field(description=source, examples=[f"{kind}-2024-05-08"])


_OWN = Field(
    description="The number's account is another person's: open a new one with the number, once this device "
    "has waited for seven days; until then, wait"
)
_FORGOTTEN = Field(
    description="The user forgot the PIN: open a waiting session, which a code to the mailbox or another "
    "device of the account lets in"
)


class Verification(Body):
    """The code, the notice versions shown to the user, and optionally a display name.

    If given, `device_id` must be the device that requested the code; any other counts as a wrong code.
    """

    code: Code
    terms_version: Annotated[NoticeVersion, _shown("terms")]
    privacy_version: Annotated[NoticeVersion, _shown("privacy")]
    display_name: ChosenName | None = None
    device_id: UUID | None = None
    own_account: Annotated[bool, _OWN] = False
    pin: EnteredPin | None = None
    pin_forgotten: Annotated[bool, _FORGOTTEN] = False


class Verified(View):
    """The account and its new session. There is no `user_id` while the session is of scope `waiting`."""

    new_account: bool
    user_id: UserId | None = None
    session: SessionView


class Login(Body):
    """Username, password, and the device."""

    username: TriedName
    password: TriedPassword
    device: Device


class LoggedIn(View):
    """The account and its new session, on a device that the account knows."""

    user_id: UserId
    session: SessionView


class WrongCredentials(Unauthenticated):
    """The password is wrong. Only a device that the account knows learns this."""

    title = "Username or password is wrong"
    shows = WrongSecret.shows


class TooManyLogins(TooMany):
    """Too many logins by password, from this address or with this username."""

    title = "Too many logins with a password"


class CountryView(View):
    """A country to whose numbers codes are sent."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1; XK is Kosovo")]
    calling_code: Annotated[str, Field(examples=["+381"], description="Several countries can have the same")]
    channel: Annotated[CodeChannel, Field(description="How codes for a sign-in are sent there at present")]


class CountryList(View):
    """The served countries, by their codes."""

    items: tuple[CountryView, ...]

    @classmethod
    def of(cls, served: Iterable[str], routes_off: Collection[str]) -> Self:
        """List countries, and those among them to which no sign-in code is texted (ADR 78)."""
        return cls(
            items=tuple(
                CountryView(
                    country=country,
                    calling_code=countries.calling_code(country),
                    channel=CodeChannel.EMAIL if country in routes_off else CodeChannel.SMS,
                )
                for country in sorted(served)
            )
        )
