"""HTTP for every concept: one decorator that parses, reads, calls, responds and documents."""

from chalicelib.core.http.answers import (
    Accepted,
    Created,
    HtmlPage,
    NoContent,
    Ok,
    PublicPage,
    Tagged,
)
from chalicelib.core.http.contract import DailyLimit, Unlimited
from chalicelib.core.http.operators import Operator
from chalicelib.core.http.parameters import (
    Authenticated,
    Body,
    ClientAddress,
    Cursor,
    FormBody,
    GlobalPrivacyControl,
    Header,
    IfMatch,
    OneOf,
    PageSize,
    SignedBody,
    View,
    invalid_cursor,
)
from chalicelib.core.http.route import route
