"""The header by which an app states its version, and the refusal of one that is too old (ADR 84)."""

from collections.abc import Mapping
from typing import ClassVar, Self

from chalicelib.core import apps
from chalicelib.core.errors import Problem, Schemas
from chalicelib.core.http.parameters import Header
from chalicelib.core.settings import settings


class AppOutdated(Problem):
    """The app is older than the stage's minimum for its platform, which `minimum` shows."""

    status = 426
    title = "This version of the app is too old; update it"
    shows: ClassVar[Schemas] = {
        "minimum": {
            "type": "string",
            "pattern": f"^{apps.VERSION}$",
            "description": "The oldest version for this platform that is served",
            "examples": ["1.4.0"],
        }
    }


class AppVersion(Header):
    """The app that sends a request. Its version is compared, and neither stored nor logged."""

    name = "App-Version"
    description = (
        "The app: `ios/` or `android/`, and its version of one to three numbers. What follows after `-` or "
        "`+` is not compared. An app below the minimum gets 426. A value of another form is ignored."
    )
    schema: ClassVar[Mapping[str, object]] = {**Header.schema, "examples": ["ios/1.4.2"]}
    problems = (AppOutdated,)

    @classmethod
    def parse(cls, value: str) -> Self:
        """Compare the version with the minimum.

        Raises:
            AppOutdated: it is lower.
        """
        if minimum := apps.of_stage(settings().environment).minimum_above(value):
            raise AppOutdated(minimum=minimum)
        return cls()
