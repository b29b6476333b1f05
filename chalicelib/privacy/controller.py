"""The controller (Art. 13(1)(a) GDPR, NOT-4) and its authority (Art. 82 ZZPL, RGT-9).

The contact address is not a constant but a required setting of the stage.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SupervisoryAuthority:
    """An authority that handles complaints."""

    name: str
    address: str
    phone: str
    url: str


@dataclass(frozen=True)
class Identity:
    """The controller's name and address."""

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
