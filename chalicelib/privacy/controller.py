"""Who is responsible (Art. 13(1)(a) GDPR, NOT-4), and whom to complain to (Art. 82 ZZPL, RGT-9).

The contact is no constant: it is a setting of the stage, without which nothing starts.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SupervisoryAuthority:
    """Where to complain."""

    name: str
    address: str
    phone: str
    url: str


@dataclass(frozen=True)
class Identity:
    """The controller as it signs."""

    name: str
    address: str
    country: str  # ISO 3166-1 alpha-2
    authorities: tuple[SupervisoryAuthority, ...]


CONTROLLER = Identity(
    name="RU4M Ltd",
    address="Tosin bunar 272B, 11070 Belgrade",
    country="RS",
    authorities=(
        SupervisoryAuthority(
            name="Commissioner for Information of Public Importance and Personal Data Protection",
            address="Bulevar kralja Aleksandra 15, 11000 Belgrade, Serbia",
            phone="+381 11 3408 900",
            url="https://www.poverenik.rs",
        ),
    ),
)
