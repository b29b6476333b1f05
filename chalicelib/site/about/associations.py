"""The documents by which phones learn which of our links our apps open (ADR 82).

The link to unsubscribe is in neither: it has to work in one click, without the app. A stage without apps has
documents that associate none.
"""

from typing import Literal, Self

from pydantic import Field, RootModel

from chalicelib.core.apps import Apps
from chalicelib.core.http import View

# The pages behind links that a person also opens without the app: of a contact code, and of a receipt.
_OPENED = ("/c", "/privacy/request")
_AllUrls = Literal["delegate_permission/common.handle_all_urls"]
_ALL_URLS: _AllUrls = "delegate_permission/common.handle_all_urls"


class OpenedPath(View):
    """A path that the app opens, whatever follows `#`. Apple and Google have the same form for it."""

    path: str = Field(serialization_alias="/", examples=[*_OPENED])


class AppleDetails(View):
    """Apps, and the paths that they open."""

    app_ids: tuple[str, ...] = Field(serialization_alias="appIDs", examples=[["ABCDE12345.com.ru4m.app"]])
    components: tuple[OpenedPath, ...]


class AppleLinks(View):
    """Which apps open links; no path that is missing here opens an app."""

    details: tuple[AppleDetails, ...]


class AppleCredentials(View):
    """The apps to which iOS offers codes for this host."""

    apps: tuple[str, ...] = Field(examples=[["ABCDE12345.com.ru4m.app"]])


class AppleAssociation(View):
    """The document that iOS reads (Apple, Supporting associated domains)."""

    applinks: AppleLinks
    webcredentials: AppleCredentials

    @classmethod
    def of(cls, apps: Apps) -> Self:
        """Build the document."""
        details = AppleDetails(app_ids=apps.apple_ids, components=_opened()) if apps.apple_ids else None
        return cls(
            applinks=AppleLinks(details=(details,) if details else ()),
            webcredentials=AppleCredentials(apps=apps.apple_ids),
        )


class AndroidTarget(View):
    """An app for Android, and the certificates that sign it."""

    namespace: Literal["android_app"] = "android_app"
    package_name: str = Field(examples=["com.ru4m.app"])
    sha256_cert_fingerprints: tuple[str, ...] = Field(examples=[[":".join(["5F"] * 32)]])


class AndroidRules(View):
    """Which paths open the app, from Android 15 on; no path that is missing here opens it."""

    dynamic_app_link_components: tuple[OpenedPath, ...]


class AndroidExtensions(View):
    """Rules by relation."""

    handle_all_urls: AndroidRules = Field(serialization_alias=_ALL_URLS)


class AndroidStatement(View):
    """An app that opens links of this host. Before Android 15 its manifest alone says which ones."""

    relation: tuple[_AllUrls, ...] = (_ALL_URLS,)
    target: AndroidTarget
    relation_extensions: AndroidExtensions


class AndroidStatements(RootModel[tuple[AndroidStatement, ...]], View):
    """The document that Android reads (Google, Digital Asset Links): a list without a name."""

    @classmethod
    def of(cls, apps: Apps) -> Self:
        """Build the document."""
        if not apps.android_package:
            return cls(())
        target = AndroidTarget(
            package_name=apps.android_package, sha256_cert_fingerprints=apps.android_certificates
        )
        rules = AndroidExtensions(handle_all_urls=AndroidRules(dynamic_app_link_components=_opened()))
        return cls((AndroidStatement(target=target, relation_extensions=rules),))


def _opened() -> tuple[OpenedPath, ...]:
    return tuple(OpenedPath(path=path) for path in _OPENED)
