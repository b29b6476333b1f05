"""HTTP for every concept: one decorator that parses, reads, calls, responds and documents."""

from chalicelib.core.http.answers import (
    Accepted,
    Created,
    HtmlPage,
    NoContent,
    Ok,
    PublicPage,
    RefusedPage,
    SeeOther,
    Shared,
    ShortRedirect,
    Tagged,
)
from chalicelib.core.http.contract import DailyLimit, Deprecation, Requirement, Unlimited
from chalicelib.core.http.operators import Operator
from chalicelib.core.http.options import Confirmation, ShownLanguage
from chalicelib.core.http.paging import Cursor, PageSize, invalid_cursor
from chalicelib.core.http.parameters import (
    Authenticated,
    Body,
    ClientAddress,
    FetchSite,
    FormBody,
    GlobalPrivacyControl,
    Header,
    IfMatch,
    ReaderLanguage,
    SignedBody,
    View,
)
from chalicelib.core.http.route import route
