"""The apps that open our links and read codes from our texts (ADR 82), and their minimums (ADR 84)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

VERSION = r"[0-9]{1,9}([.][0-9]{1,9}){0,2}"
_SENT = re.compile(f"(?P<platform>ios|android)/(?P<version>{VERSION})([-+].*)?")


@dataclass(frozen=True)
class Apps:
    """The ids of our apps. Those that a stage or a function does not have are empty.

    Attributes:
        domain: the host for which iOS offers a code of a text; the last line of the text names it.
        android_hash: the hash by which Android gives a text to our app; a line of the text.
        apple_ids: of apps for iOS, each with the prefix of its team.
        android_package: the name of the app for Android.
        android_certificates: SHA-256 of the certificates that sign it.
        minimum_ios, minimum_android: the oldest version that is served; empty: each.
    """

    domain: str = ""
    android_hash: str = ""
    apple_ids: tuple[str, ...] = ()
    android_package: str = ""
    android_certificates: tuple[str, ...] = ()
    minimum_ios: str = ""
    minimum_android: str = ""

    def lines(self, code: str) -> tuple[str, ...]:
        """The lines that end a text with a code, so that phones fill it in. iOS reads only the last."""
        bound = f"@{self.domain} #{code}" if self.domain else ""
        return tuple(filter(None, (self.android_hash, bound)))

    def minimum_above(self, sent: str) -> str:
        """The minimum version for an app that is older than it; empty for any other.

        Args:
            sent: platform, slash and version. What follows after `-` or `+` is not compared. A text of
                another form is not older.
        """
        app = _SENT.fullmatch(sent)
        minimum: str = getattr(self, f"minimum_{app['platform']}") if app else ""
        return minimum if app and minimum and _numbers(app["version"]) < _numbers(minimum) else ""


def of_stage(environment: Mapping[str, str]) -> Apps:
    """The apps of a stage, from the variables of a function; the deployment refused malformed ones."""
    given = {name: environment.get(f"RU4M_APP_{name.upper()}", "") for name in Apps.__annotations__}
    return Apps(
        domain=given["domain"],
        android_hash=given["android_hash"],
        apple_ids=_listed(given["apple_ids"]),
        android_package=given["android_package"],
        android_certificates=_listed(given["android_certificates"]),
        minimum_ios=given["minimum_ios"],
        minimum_android=given["minimum_android"],
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, f"{version}.0.0".split(".")[:3]))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
