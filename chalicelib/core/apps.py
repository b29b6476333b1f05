"""The apps that open our links, and read codes from our texts (ADR 82)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Apps:
    """The ids of our apps. Those that a stage or a function does not have are empty.

    Attributes:
        domain: the host for which iOS offers a code of a text; the last line of the text names it.
        android_hash: the hash by which Android gives a text to our app; a line of the text.
        apple_ids: of apps for iOS, each with the prefix of its team.
        android_package: the name of the app for Android.
        android_certificates: SHA-256 of the certificates that sign it.
    """

    domain: str = ""
    android_hash: str = ""
    apple_ids: tuple[str, ...] = ()
    android_package: str = ""
    android_certificates: tuple[str, ...] = ()

    def lines(self, code: str) -> tuple[str, ...]:
        """The lines that end a text with a code, so that phones fill it in. iOS reads only the last."""
        bound = f"@{self.domain} #{code}" if self.domain else ""
        return tuple(filter(None, (self.android_hash, bound)))


def of_stage(environment: Mapping[str, str]) -> Apps:
    """The apps of a stage, from the variables of a function; the deployment refused malformed ones."""
    given = {name: environment.get(f"RU4M_APP_{name.upper()}", "") for name in Apps.__annotations__}
    return Apps(
        domain=given["domain"],
        android_hash=given["android_hash"],
        apple_ids=_listed(given["apple_ids"]),
        android_package=given["android_package"],
        android_certificates=_listed(given["android_certificates"]),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
