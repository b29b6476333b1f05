"""The errors that API Gateway responds with itself, in the format of the API's own errors."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import (
    Forbidden,
    InternalError,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    Problem,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from infra.template import Template

_THROTTLED = TooMany(limit=LimitName.REQUESTS, retry_after=1)  # seconds; the throttle refills within one

ANSWERS: dict[str, Problem] = {
    "UNAUTHORIZED": Unauthenticated(),
    "ACCESS_DENIED": Forbidden(),
    "EXPIRED_TOKEN": Forbidden(),
    "INVALID_API_KEY": Forbidden(),
    "INVALID_SIGNATURE": Forbidden(),
    "WAF_FILTERED": Forbidden(),
    # By default a REST API responds with 403 to an unknown path or method.
    "MISSING_AUTHENTICATION_TOKEN": NotFound(),
    "RESOURCE_NOT_FOUND": NotFound(),
    "BAD_REQUEST_BODY": InvalidRequest(),
    "BAD_REQUEST_PARAMETERS": InvalidRequest(),
    "REQUEST_TOO_LARGE": PayloadTooLarge(),
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMedia(),
    "THROTTLED": _THROTTLED,
    "QUOTA_EXCEEDED": _THROTTLED,
    "API_CONFIGURATION_ERROR": InternalError(),
    "AUTHORIZER_CONFIGURATION_ERROR": InternalError(),
    "AUTHORIZER_FAILURE": InternalError(),
    "INTEGRATION_FAILURE": Unavailable(),
    "INTEGRATION_TIMEOUT": Unavailable(),
    # All other types are named above, so only one case gets this: a bearer token sent to an unknown path,
    # which the gateway takes for a malformed AWS signature.
    "DEFAULT_4XX": NotFound(),
    "DEFAULT_5XX": InternalError(),
}


def gateway_responses() -> dict[str, dict[str, Any]]:
    """`x-amazon-apigateway-gateway-responses` of the API's body."""
    return {kind: _response(problem) for kind, problem in ANSWERS.items()}


def gateway_response_resources() -> Template:
    """The same as resources. Only emulators use these; on AWS the API's body defines them."""
    return {
        "Gateway" + "".join(word.title() for word in kind.split("_")): {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Condition": "Emulated",
            "Properties": {
                "RestApiId": {"Ref": "RestAPI"},
                "ResponseType": kind,
                "StatusCode": str(response["statusCode"]),
                "ResponseParameters": response["responseParameters"],
                "ResponseTemplates": response["responseTemplates"],
            },
        }
        for kind, response in gateway_responses().items()
    }


def _response(problem: Problem) -> dict[str, Any]:
    headers = {"Content-Type": "application/problem+json"}
    if problem.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, 11.6.1
    if "retry_after" in problem.members:
        headers["Retry-After"] = str(problem.members["retry_after"])
    body = json.dumps(problem.document("$context.requestId"), separators=(",", ":"))
    return {
        "statusCode": problem.status,
        "responseParameters": {f"gatewayresponse.header.{k}": f"'{v}'" for k, v in headers.items()},
        "responseTemplates": {"application/json": body},
    }
