"""The pages that are the same for everyone, by the last part of their address.

A page is a module of this folder with its `TITLE`, an English phrase, and a function `parts` that builds its
content for a reader. It is loaded when it is first asked for: a cold start loads one page.
"""

import importlib
import re
from collections.abc import Iterable
from typing import Protocol, cast

from chalicelib.core.http import PublicPage
from chalicelib.core.ids import PathText
from chalicelib.core.markup import Html
from chalicelib.site import layout
from chalicelib.site.layout import SITE_POLICY, Reader

START = "start"
NAMES = ("accessibility", "children", "cookies", "imprint", "recipients", "verify", "year")


class PageName(PathText):
    """The name of a page."""

    __slots__ = ()
    pattern = re.compile(f"({'|'.join(NAMES)})")


class SitePage(Protocol):
    """A module with a page. `POLICY`: its content security policy."""

    TITLE: str

    def parts(self, reader: Reader) -> Iterable[Html]:
        """Build the content of the page."""


def page(name: str, reader: Reader) -> PublicPage:
    """Build a page for a reader."""
    found = cast(SitePage, importlib.import_module(f"{__package__}.{name}"))
    policy = getattr(found, "POLICY", SITE_POLICY)
    markup = layout.page(reader, reader.say(found.TITLE), *found.parts(reader), policy=policy)
    return PublicPage(markup=markup, policy=policy)
