"""HTTP for every concept: one decorator that parses, reads, calls, responds and documents.

route       the decorator; a view is a typed function of at most ten lines. What it `needs` is read before, in
            one batch (core/needs), and found at `caller[NEED]`
limits      how often an account may call a route, or why the route has no limit
parameters  what a view may take, by type: caller, body, ids in the path, headers, address
forms       FormBody, a body that browsers and mail programs send
answers     Created, Accepted, NoContent, Tagged; pages; problem documents
operators   Operator, a caller authenticated by an IAM signature instead of a token
contract    the routes as data, from which the OpenAPI document is generated
"""

from chalicelib.core.http.answers import (
    Accepted,
    Answer,
    Created,
    HtmlPage,
    NoContent,
    Ok,
    PublicPage,
    Tagged,
)
from chalicelib.core.http.forms import FormBody
from chalicelib.core.http.limits import DailyLimit, Unlimited
from chalicelib.core.http.operators import Operator
from chalicelib.core.http.parameters import (
    Authenticated,
    Body,
    ClientAddress,
    Cursor,
    GlobalPrivacyControl,
    Header,
    IfMatch,
    SignedBody,
    View,
    invalid_cursor,
)
from chalicelib.core.http.route import route

__all__ = [
    "Accepted",
    "Answer",
    "Authenticated",
    "Body",
    "ClientAddress",
    "Created",
    "Cursor",
    "DailyLimit",
    "FormBody",
    "GlobalPrivacyControl",
    "Header",
    "HtmlPage",
    "IfMatch",
    "NoContent",
    "Ok",
    "Operator",
    "PublicPage",
    "SignedBody",
    "Tagged",
    "Unlimited",
    "View",
    "invalid_cursor",
    "route",
]
