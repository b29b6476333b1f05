"""Tests the gateway: its own responses, its logs without personal data, and throttling."""

from __future__ import annotations

import json
import re

import pytest

from infra.packaging.problems import ANSWERS
from tests.infra.templates import Template, of_type

# All types of gateway responses of REST APIs.
TYPES = {
    "ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "THROTTLED",
    "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(service: Template) -> Template:
    properties: Template = service["Resources"]["RestAPI"]["Properties"]
    return properties


@pytest.fixture(scope="module")
def responses(api: Template) -> Template:
    found: Template = api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    return found


def test_every_error_of_the_gateway_has_a_problem_document(responses: Template) -> None:
    assert responses.keys() == TYPES


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_errors_of_the_gateway_have_the_same_text_as_those_of_the_app(kind: str, responses: Template) -> None:
    response = responses[kind]
    body = json.loads(response["responseTemplates"]["application/json"])
    assert body == ANSWERS[kind].document("$context.requestId")
    assert response["statusCode"] == body["status"]
    headers = response["responseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"


def test_custom_domain_exists_only_with_a_name_and_has_tls_1_2(service: Template) -> None:
    (domain,) = of_type(service, "AWS::ApiGateway::DomainName").values()
    (mapping,) = of_type(service, "AWS::ApiGateway::BasePathMapping").values()
    assert domain["Condition"] == mapping["Condition"] == "WithDomain"
    assert service["Conditions"]["WithDomain"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}
    assert domain["Properties"]["SecurityPolicy"] == "TLS_1_2"
    assert domain["Properties"]["RegionalCertificateArn"] == {"Ref": "CertificateArn"}
    assert mapping["Properties"]["RestApiId"] == {"Ref": "RestAPI"}
    assert "BasePath" not in mapping["Properties"]  # the issuer has no path


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("UNAUTHORIZED", 401, "unauthenticated"),
        ("ACCESS_DENIED", 403, "forbidden"),
        ("MISSING_AUTHENTICATION_TOKEN", 404, "not_found"),
        ("REQUEST_TOO_LARGE", 413, "payload_too_large"),
        ("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported_media_type"),
        ("THROTTLED", 429, "too_many_requests"),
        ("AUTHORIZER_FAILURE", 500, "internal_error"),
        ("INTEGRATION_TIMEOUT", 503, "unavailable"),
    ],
)
def test_error_has_the_status_and_code_of_the_contract(kind: str, status: int, code: str) -> None:
    assert (ANSWERS[kind].status, ANSWERS[kind].code) == (status, code)


@pytest.mark.parametrize("kind", ["THROTTLED", "QUOTA_EXCEEDED"])
def test_throttled_caller_gets_the_header_retry_after(kind: str, responses: Template) -> None:
    assert responses[kind]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"
    body = json.loads(responses[kind]["responseTemplates"]["application/json"])
    assert (body["limit"], body["retry_after"]) == ("requests", 1)


def test_only_a_401_of_the_gateway_names_the_scheme_that_it_wants(responses: Template) -> None:
    name = "gatewayresponse.header.WWW-Authenticate"
    named = {kind: one["responseParameters"].get(name) for kind, one in responses.items()}
    assert {kind: scheme for kind, scheme in named.items() if scheme} == {"UNAUTHORIZED": "'Bearer'"}


def test_error_of_the_gateway_does_not_quote_the_request(responses: Template) -> None:
    used = set(re.findall(r"\$[\w.]+", json.dumps(responses)))
    assert used == {"$context.requestId"}


def test_responses_are_also_resources_because_emulators_need_them(
    service: Template, responses: Template
) -> None:
    resources = of_type(service, "AWS::ApiGateway::GatewayResponse").values()
    assert {r["Condition"] for r in resources} == {"Emulated"}
    assert service["Conditions"]["Emulated"] == {"Fn::Equals": [{"Ref": "OnEmulator"}, "yes"]}
    assert service["Parameters"]["OnEmulator"]["Default"] == "no"
    same = {
        p["ResponseType"]: (int(p["StatusCode"]), p["ResponseParameters"], p["ResponseTemplates"])
        for p in (r["Properties"] for r in resources)
    }
    assert same == {
        kind: (r["statusCode"], r["responseParameters"], r["responseTemplates"])
        for kind, r in responses.items()
    }


@pytest.mark.promise("SEC-1")
def test_access_logs_contain_no_path_address_agent_or_caller(api: Template) -> None:
    written = api["AccessLogSetting"]["Format"]
    assert set(re.findall(r"\$context\.([\w.]+)", written)) == {
        "requestId", "requestTimeEpoch", "httpMethod", "resourcePath", "status", "error.responseType",
        "responseLatency", "integrationLatency", "responseLength",
    }  # fmt: skip
    assert json.loads(written)["resource"] == "$context.resourcePath"


@pytest.mark.promise("SEC-1")
def test_gateway_logs_and_traces_no_requests(api: Template) -> None:
    assert (api["MethodSettings"][0]["HttpMethod"], api["MethodSettings"][0]["ResourcePath"]) == ("*", "/*")
    for methods in api["MethodSettings"]:
        assert (methods["LoggingLevel"], methods["DataTraceEnabled"]) == ("OFF", False)
    assert api["TracingEnabled"] is False


def test_api_is_throttled_and_stays_in_its_region(api: Template) -> None:
    methods, *_ = api["MethodSettings"]
    assert methods["ThrottlingRateLimit"] == {"Ref": "ThrottlingRate"}
    assert methods["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurst"}
    assert api["EndpointConfiguration"] == {"Type": "REGIONAL"}


def test_every_route_without_authentication_has_a_throttle_of_its_own(api: Template) -> None:
    _, *own = api["MethodSettings"]
    public = {
        (method.upper(), "/" + path.replace("/", "~1"))  # as CloudFormation escapes a path here
        for path, methods in api["DefinitionBody"]["paths"].items()
        for method, route in methods.items()
        if not route.get("security")
    }
    assert {(setting["HttpMethod"], setting["ResourcePath"]) for setting in own} == public
    assert ("POST", "/~1v1~1signup") in public
    for setting in own:
        kind = "Webhook" if setting["ResourcePath"] == "/~1v1~1hooks~1stream" else "Public"
        assert setting["ThrottlingRateLimit"] == {"Ref": f"{kind}ThrottlingRate"}
        assert setting["ThrottlingBurstLimit"] == {"Ref": f"{kind}ThrottlingBurst"}


@pytest.mark.promise("SEC-1")
def test_waf_is_off_unless_requested_and_stores_no_address(service: Template) -> None:
    assert service["Parameters"]["WafRequestsPerAddress"]["Default"] == 0
    assert service["Conditions"]["WithAddressLimit"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "WafRequestsPerAddress"}, 0]}]
    }
    assert service["Conditions"]["WithWaf"] == {
        "Fn::Or": [{"Condition": "WithAddressLimit"}, {"Condition": "WithStreamAddresses"}]
    }
    waf = service["Resources"]["AddressWaf"]
    strangers, rule = waf_rules(service)
    assert (waf["Condition"], rule["Statement"]["RateBasedStatement"]["AggregateKeyType"]) == (
        "WithWaf",
        "IP",
    )
    # Stream sends the events of all users from three addresses.
    left_out = rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["NotStatement"]["Statement"]
    assert left_out["ByteMatchStatement"]["SearchString"] == "/v1/hooks/stream"
    for part in (waf["Properties"], rule, strangers):
        assert part["VisibilityConfig"]["SampledRequestsEnabled"] is False
    assert of_type(service, "AWS::WAFv2::LoggingConfiguration") == {}


def waf_rules(service: Template) -> list[Template]:
    """Return the rules of the WAF, each of which has a condition of its own."""
    rules = service["Resources"]["AddressWaf"]["Properties"]["Rules"]
    conditions = [one["Fn::If"][0] for one in rules]
    assert conditions == ["WithStreamAddresses", "WithAddressLimit"]
    assert all(one["Fn::If"][2] == {"Ref": "AWS::NoValue"} for one in rules)
    return [one["Fn::If"][1] for one in rules]


@pytest.mark.promise("STR-12")
def test_waf_keeps_all_but_streams_addresses_from_the_webhook(service: Template) -> None:
    assert service["Parameters"]["StreamAddresses"]["Default"] == ""
    addresses = service["Resources"]["StreamAddressSet"]
    assert (addresses["Condition"], addresses["Properties"]["Addresses"]) == (
        "WithStreamAddresses",
        {"Fn::Split": [",", {"Ref": "StreamAddresses"}]},
    )
    rule, _ = waf_rules(service)
    assert rule["Action"] == {"Block": {}}
    path, address = rule["Statement"]["AndStatement"]["Statements"]
    assert path["ByteMatchStatement"]["SearchString"] == "/v1/hooks/stream"
    decoded = [one["Type"] for one in path["ByteMatchStatement"]["TextTransformations"]]
    assert decoded == ["URL_DECODE", "NORMALIZE_PATH"]
    known = address["NotStatement"]["Statement"]["IPSetReferenceStatement"]["Arn"]
    assert known == {"Fn::GetAtt": ["StreamAddressSet", "Arn"]}
    alarm = service["Resources"]["WebhookBlockedAlarm"]["Properties"]
    named = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    assert named["Rule"] == rule["VisibilityConfig"]["MetricName"]
    assert (
        named["WebACL"] == service["Resources"]["AddressWaf"]["Properties"]["VisibilityConfig"]["MetricName"]
    )
