"""A device as the app describes it, and the known devices of an account."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose

ShortText = Annotated[str, Field(min_length=1, max_length=64)]


_UUID_4 = WithJsonSchema(
    {
        "type": "string",
        "description": "A random UUID (version 4) that the app generated when it was installed",
        "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
        "examples": ["5bd33f0a-6a86-4f0a-9d43-1f0c6b8f2c11"],
    }
)


def _random(value: UUID) -> UUID:
    if value.version != 4:
        raise ValueError("not a random UUID")
    return value


DeviceId = Annotated[UUID, _UUID_4, AfterValidator(_random)]


class Platform(StrEnum):
    """The platform on which the app runs."""

    IOS = "ios"
    ANDROID = "android"
    WEB = "web"


class Device(BaseModel, frozen=True, extra="forbid"):
    """The device to which a session is bound (ACC-5).

    `id` is a random UUID that the app generated when it was installed. Only version 4 is accepted, because
    other versions encode a hardware address or a name.
    """

    id: DeviceId
    platform: Platform
    model: ShortText | None = None
    os_version: ShortText | None = None
    app_version: ShortText | None = None


class KnownDevice(
    Record,
    table=Table.ACCOUNTS,
    kind="known_device",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.KNOWN_DEVICE, since="seen_at"),
):
    """A device that had a session of the account, so it may use the reserve of codes (ADR 25).

    The key identifies the device by a keyed hash of its id. `seen_at` is the time at
    which its session was opened, or the first refresh on the last day that had one.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    seen_at: Annotated[Instant, NOT_PERSONAL]
