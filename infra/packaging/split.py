"""Splitting the one API function that Chalice makes into a function per group of routes.

Chalice gives the API a single `APIHandler` with a single role. Here it is replaced by a clone per
group with a role, a permission, a memory size and a timeout of its own, and each route's integration
is pointed at its group. Then every function gets settings that Chalice does not support: an explicit name,
its log group, and the location of its code.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from infra.packaging.groups import Route
from infra.packaging.problems import gateway_response_resources, gateway_responses
from infra.template import Template

_INTEGRATION = "x-amazon-apigateway-integration"


def split(
    template: Template,
    routes: dict[str, list[Route]],
    functions: dict[str, dict[str, Any]],
    policies: dict[str, Template],
) -> Template:
    """Return the service template.

    Args:
        template: the output of `chalice package`.
        routes: the routes of each group.
        functions: `lambda_functions` of .chalice/config.json.
        policies: the parsed policy file of each function.
    """
    out = copy.deepcopy(template)
    resources: Template = out["Resources"]
    handler, role = resources.pop("APIHandler"), resources.pop("ApiHandlerRole")
    permission = resources.pop("APIHandlerInvokePermission")
    for name in ("RestAPIId", "APIHandlerName", "APIHandlerArn"):
        out["Outputs"].pop(name)
    for group in routes:
        own, logical = functions[group], logical_id(group)
        resources[logical] = _with(
            handler,
            MemorySize=own["lambda_memory_size"],
            Timeout=own["lambda_timeout"],
            Role={"Fn::GetAtt": [f"{logical}Role", "Arn"]},
        )
        policy = {"PolicyName": f"{logical}RolePolicy", "PolicyDocument": policies[group]}
        resources[f"{logical}Role"] = _with(role, Policies=[policy])
        resources[f"{logical}InvokePermission"] = _with(permission, FunctionName={"Ref": logical})
    _point_routes_at_groups(resources["RestAPI"]["Properties"]["DefinitionBody"], routes)
    _add_gateway_responses(resources)
    _throttle_public_routes(resources["RestAPI"]["Properties"])
    for name, logical, function in list(_functions(resources, functions)):
        _finish(function["Properties"], name, logical)
        function["Properties"]["Environment"]["Variables"] |= _granted_names(policies[name])
        function["Properties"]["Environment"]["Variables"] |= _OWN_VARIABLES.get(name, {})
        resources[f"{logical}Logs"] = _log_group(name)
        _add_reserved_concurrency(out, logical, function["Properties"])
    return out


def logical_id(name: str) -> str:
    """`sync_chat_profiles` -> `SyncChatProfiles`, as Chalice does it."""
    return "".join(word.title() for word in name.split("_"))


def _with(resource: Template, **properties: Any) -> Template:  # noqa: ANN401 - a value of JSON
    """Return a copy of a resource with other properties."""
    clone = copy.deepcopy(resource)
    clone["Properties"] |= properties
    return clone


def _point_routes_at_groups(body: Template, routes: dict[str, list[Route]]) -> None:
    for group, owned in routes.items():
        for path, method in owned:
            integration = body["paths"][path][method.lower()][_INTEGRATION]
            uri = integration["uri"]["Fn::Sub"]
            integration["uri"]["Fn::Sub"] = uri.replace("APIHandler", logical_id(group))


def _add_gateway_responses(resources: Template) -> None:
    body = resources["RestAPI"]["Properties"]["DefinitionBody"]
    body["x-amazon-apigateway-gateway-responses"] = gateway_responses()
    resources |= gateway_response_resources()


_WEBHOOK = "/v1/hooks/stream"  # its load is that of all users, and it has few senders


def _throttle_public_routes(api: Template) -> None:
    """Throttle each public route on its own, so that the cost of a flood is bounded.

    All clients share the ceiling, so it is far above the load: with a tight one, an attacker could block
    sign-in for all users. The application enforces limits per number, account and address.
    """
    for path, methods in api["DefinitionBody"]["paths"].items():
        for method, route in methods.items():
            if not route.get("security"):
                figures = "WebhookThrottling" if path == _WEBHOOK else "PublicThrottling"
                api["MethodSettings"].append(
                    {
                        "HttpMethod": method.upper(),
                        "ResourcePath": "/" + path.replace("/", "~1"),
                        "ThrottlingRateLimit": {"Ref": f"{figures}Rate"},
                        "ThrottlingBurstLimit": {"Ref": f"{figures}Burst"},
                        **_UNRECORDED,
                    }
                )


# Execution logs and data traces would contain paths, headers and bodies. Each route needs its own settings.
_UNRECORDED = {"LoggingLevel": "OFF", "DataTraceEnabled": False, "MetricsEnabled": False}


def _functions(
    resources: Template, functions: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, str, Template]]:
    """Name, logical id and resource of each function.

    Raises:
        KeyError: .chalice/config.json does not list a function, which would then share a role.
    """
    names = {logical_id(name): name for name in functions}
    for logical, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield names[logical], logical, resource


def _finish(properties: Template, name: str, logical: str) -> None:
    variables = properties.setdefault("Environment", {}).setdefault("Variables", {})
    variables["RU4M_FUNCTION"] = name
    properties |= {
        "FunctionName": {"Fn::Sub": f"ru4m-${{Stage}}-{name}"},
        "CodeUri": {"Bucket": {"Ref": "CodeBucket"}, "Key": _OWN_CODE.get(name, {"Ref": "CodeKey"})},
        "LoggingConfig": {"LogGroup": {"Ref": f"{logical}Logs"}, "LogFormat": "JSON"},
        "Tags": {"service": "ru4m", "stage": {"Ref": "Stage"}, "function": name},
    }


def _add_reserved_concurrency(template: Template, logical: str, properties: Template) -> None:
    """Add a parameter that reserves concurrency for a function."""
    parameter, condition = reserved_parameter(logical), f"Reserves{logical}"
    template["Parameters"][parameter] = {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "^([1-9][0-9]*)?$",
        "Description": "Concurrency reserved for this function, which is also its limit; empty for none",
    }
    template["Conditions"][condition] = {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
    properties["ReservedConcurrentExecutions"] = {
        "Fn::If": [condition, {"Ref": parameter}, {"Ref": "AWS::NoValue"}]
    }


def reserved_parameter(logical: str) -> str:
    """The template parameter with a function's reserved concurrency."""
    return f"Reserved{logical}"


# The functions with a package of their own, which is beside the shared one (`rollout`).
_IMAGES = {"Fn::Sub": "${Stage}/${Version}/images.zip"}
_OWN_CODE = {"clean_avatars": _IMAGES, "clean_images": _IMAGES}

# Variables that only some functions get.
_COUNTRIES = {"RU4M_SMS_COUNTRIES": {"Ref": "SmsCountries"}}
# Functions that send codes to numbers that may belong to strangers.
_STRANGERS = {**_COUNTRIES, "RU4M_SMS_BUDGETS": {"Ref": "SmsBudgets"}}
# Functions that text codes, which phones fill in (ADR 82).
_CODE_LINES = {
    "RU4M_APP_ANDROID_HASH": {"Ref": "AppAndroidHash"},
    "RU4M_APP_DOMAIN": {"Ref": "AppDomain"},
}
_APPS = {
    "RU4M_APP_ANDROID_CERTIFICATES": {"Ref": "AppAndroidCertificates"},
    "RU4M_APP_ANDROID_PACKAGE": {"Ref": "AppAndroidPackage"},
    "RU4M_APP_APPLE_IDS": {"Ref": "AppAppleIds"},
}
# Functions with routes that refuse an app below the minimum (ADR 84).
_MINIMUMS = {
    "RU4M_APP_MINIMUM_ANDROID": {"Ref": "AppMinimumAndroid"},
    "RU4M_APP_MINIMUM_IOS": {"Ref": "AppMinimumIos"},
}
_ERASING = {"RU4M_STREAM_ERASURE": {"Ref": "StreamErasure"}}
# By the controller; the public page and the record of processing name them.
_APPOINTED = {
    "RU4M_DATA_PROTECTION_OFFICER": {"Ref": "DataProtectionOfficer"},
    "RU4M_REPRESENTATIVES": {"Ref": "Representatives"},
}
# By the controller, if it takes part in one; letters about decisions name it.
_DISPUTES = {"RU4M_DISPUTE_BODY": {"Ref": "DisputeBody"}}
# By the controller; its imprint shows them.
_IMPRINT = {
    "RU4M_COMPANY_NUMBER": {"Ref": "CompanyNumber"},
    "RU4M_TAX_NUMBER": {"Ref": "TaxNumber"},
}
_FILE_HOSTS = {"RU4M_STREAM_FILE_HOSTS": {"Ref": "StreamFileHosts"}}
_ROUTES_OFF = {"RU4M_SMS_ROUTES_OFF": {"Ref": "SmsRoutesOff"}}
_TOKENS = {"RU4M_PUBLIC_KEYS": {"Ref": "PublicKeys"}}
_OWN_VARIABLES: dict[str, dict[str, Any]] = {
    "about": {"RU4M_CERTIFICATE_KEYS": {"Ref": "CertificateKeys"}, **_TOKENS, **_APPOINTED, **_APPS},
    "access_token": _TOKENS,
    "admin": {
        "RU4M_IMPACT_ASSESSMENT": {"Ref": "ImpactAssessment"},
        "RU4M_OPERATORS": {"Ref": "Operators"},
        "RU4M_SERBIAN_CLAUSES": {"Ref": "SerbianClauses"},
        **_APPOINTED,
    },
    "chat": _MINIMUMS,
    "contacts": _MINIMUMS,
    "notices": _MINIMUMS,
    "profiles": {**_STRANGERS, **_CODE_LINES, **_MINIMUMS},
    "notifications": _MINIMUMS,
    "record_verified_codes": _COUNTRIES,
    "rights": {**_STRANGERS, **_CODE_LINES},
    "sessions": {**_CODE_LINES, **_MINIMUMS},
    "site": {**_IMPRINT, **_APPOINTED, **_ERASING},
    "signup": {**_STRANGERS, **_CODE_LINES, **_ROUTES_OFF, **_MINIMUMS},
    "erase_accounts": _ERASING,
    "conversations": {**_FILE_HOSTS, **_MINIMUMS},
    "work_on_hooks": _FILE_HOSTS,
    "reports": _DISPUTES,
    "work_on_reports": {**_FILE_HOSTS, **_DISPUTES},
    "work_rights": {**_FILE_HOSTS, **_ROUTES_OFF},
    "reconcile_chat": _ERASING,
    "usage": _MINIMUMS,
}

# Variables that a function gets if its policy contains a text.
_VARIABLES_BY_GRANT: dict[str, dict[str, str]] = {
    "${AppleSecretArn}": {"RU4M_PUSH_URLS": "PushUrls"},
    "${LookupSecretArn}": {"RU4M_LOOKUP_VERSIONS": "LookupVersions"},
    "${StaffSecretArn}": {"RU4M_STAFF_VERSIONS": "StaffVersions"},
    "${SigningSecretArn}": {"RU4M_SIGNING_KID": "SigningKid"},
    "${SealingKeyArn}": {"RU4M_STAGE_KEYS": "StageKeys"},
    "${CheckpointKeyArn}": {"RU4M_CHECKPOINT_KEY": "CheckpointKeyArn"},
    "${CertificateKeyArn}": {"RU4M_CERTIFICATE_KEY": "CertificateKeyArn"},
    "${AvatarsDead.Arn}": {"RU4M_DEAD_QUEUE": "AvatarsDead"},
    "${HooksDead.Arn}": {"RU4M_DEAD_QUEUE": "HooksDead"},
    "${PapersDead.Arn}": {"RU4M_DEAD_QUEUE": "PapersDead"},
    "${PushesDead.Arn}": {"RU4M_DEAD_QUEUE": "PushesDead"},
    "${RightsDead.Arn}": {"RU4M_DEAD_QUEUE": "RightsDead"},
    "${ShardsDead.Arn}": {"RU4M_DEAD_QUEUE": "ShardsDead"},
    "sns:Publish": {"RU4M_SMS_SENDERS": "SmsSenders"},
    "ses:SendEmail": {"RU4M_MAIL_FROM": "MailFrom", "RU4M_MAIL_CONFIGURATION": "MailConfiguration"},
}


def _granted_names(policy: Template) -> dict[str, Any]:
    """Return the variables for the resources that a policy grants, such as tables and queues."""
    text = json.dumps(policy)
    tables = {f"RU4M_TABLE_{n.upper()}": f"{n}TableName" for n in _names(text, "TableArn")}
    # By name, which is 60 bytes shorter than the ARN: Lambda limits the environment to 4 KB.
    secrets = {
        f"RU4M_SECRET_{n.upper()}": {"Fn::Sub": f"ru4m/${{Stage}}/{n.lower()}"}
        for n in _names(text, "SecretArn")
    }
    queues = {f"RU4M_{n.upper()}_QUEUE": f"{n}Queue" for n in _names(text, "Queue.Arn")}
    if "RU4M_RIGHTS_QUEUE" in queues:
        queues.pop("RU4M_PUSHES_QUEUE", None)  # its name follows from the other (core/settings)
    named = _names(text, "BucketArn")
    buckets = {f"RU4M_{n.upper()}_BUCKET": f"{n}BucketName" for n in named}
    if "Export" in named:
        buckets.pop("RU4M_AVATARS_BUCKET", None)  # its name follows from the other (core/settings)
    others = {
        v: name for grant, more in _VARIABLES_BY_GRANT.items() if grant in text for v, name in more.items()
    }
    found = tables | queues | buckets | others
    return secrets | {variable: {"Ref": name} for variable, name in found.items()}


def _names(policy: str, suffix: str) -> set[str]:
    return set(re.findall(rf"\${{(\w+?){re.escape(suffix)}}}", policy))


def _log_group(name: str) -> Template:
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {
            # By name, since a reference to the function would be a cycle.
            "LogGroupName": {"Fn::Sub": f"/aws/lambda/ru4m-${{Stage}}-{name}"},
            "RetentionInDays": {"Ref": "LogRetentionDays"},
        },
    }
