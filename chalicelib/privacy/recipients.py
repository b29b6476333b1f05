"""Who receives personal data besides us. A recipient that is not here can't be declared by a record."""

from enum import Enum


class Recipient(Enum):
    """Name, country of processing, and what for, in the words of the controller page."""

    AWS = ("Amazon Web Services EMEA SARL", "EU", "runs our servers and databases")
    STREAM = (
        "Stream.io, Inc.",
        "EU",
        "carries chat messages; gets an id, a display name and a picture",
    )
    SMS_CARRIERS = (
        "Mobile carriers of the number's country",
        "the number's country",
        "deliver codes",
    )

    def __init__(self, label: str, country: str, role: str) -> None:
        self.label = label
        self.country = country
        self.role = role
