"""Optional parameters of the query."""

import re

from chalicelib.core.ids import PathText


class QueryOption(PathText):
    """An optional parameter of the query."""

    __slots__ = ()


class ShownLanguage(QueryOption):
    """The language of the page: `en`, `sr-Latn` or `sr-Cyrl`. Without it, that of `Accept-Language`."""

    __slots__ = ()
    pattern = re.compile("(en|sr-Latn|sr-Cyrl)")


class Confirmation(QueryOption):
    """Whether a consequence of the change, which was asked back, is confirmed."""

    __slots__ = ()
    pattern = re.compile("(true|false)")

    @property
    def is_given(self) -> bool:
        """Whether the consequence is confirmed."""
        return self == "true"
