"""Tests the functions: one per group of routes, with its own role, log group and limits."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.consents import store as consents
from chalicelib.core import principals
from chalicelib.core.chain.checkpoint_run import SETTLE
from chalicelib.core.figures import FanOut
from chalicelib.core.ids import AccountId
from chalicelib.privacy import unsent
from chalicelib.privacy.leases import SHARD_LEASE
from chalicelib.push import changes, messages
from chalicelib.reconciliation.jobs import _OF_A_MINUTE, _OF_THE_STREAM
from chalicelib.retention import jobs
from chalicelib.rights.engine.queue import LONGEST_DELAY
from chalicelib.rights.engine.step import WHOLE_RUN
from chalicelib.rights.erasure import freeze
from infra.build import ROOT
from infra.packaging.groups import clean_environment
from infra.packaging.split import logical_id
from tests.infra.templates import Template, of_type, plain

FUNCTIONS = {
    "about",
    "access_token",
    "admin",
    "announce_notices",
    "announce_to_shard",
    "chat",
    "check_chat_settings",
    "checkpoint_ledger",
    "close_idle_accounts",
    "consents",
    "contacts",
    "conversations",
    "erase_accounts",
    "hooks",
    "keep_holds",
    "note_bounces",
    "notices",
    "notifications",
    "profiles",
    "purge_expired",
    "push_changes",
    "push_messages",
    "reconcile_chat",
    "record_verified_codes",
    "report_inbox",
    "reports",
    "rights",
    "roll_up_usage",
    "renew_consents",
    "renew_shard",
    "sessions",
    "signup",
    "site",
    "clean_avatars",
    "clean_images",
    "sweep_rights",
    "send_unsent",
    "sync_chat_profiles",
    "notify_of_breaches",
    "transfer_copies",
    "usage",
    "watch_breaches",
    "work_on_hooks",
    "work_on_reports",
    "work_rights",
}
JOBS = {
    "announce_notices",
    "announce_to_shard",
    "check_chat_settings",
    "checkpoint_ledger",
    "close_idle_accounts",
    "erase_accounts",
    "keep_holds",
    "note_bounces",
    "purge_expired",
    "push_changes",
    "push_messages",
    "reconcile_chat",
    "record_verified_codes",
    "renew_consents",
    "renew_shard",
    "report_inbox",
    "roll_up_usage",
    "clean_avatars",
    "clean_images",
    "sweep_rights",
    "send_unsent",
    "sync_chat_profiles",
    "notify_of_breaches",
    "transfer_copies",
    "watch_breaches",
    "work_on_hooks",
    "work_on_reports",
    "work_rights",
}

# Variables that only some functions have.
SELECTIVE = (
    "RU4M_TABLE_",
    "RU4M_AVATARS_",
    "RU4M_PAPERS_",
    "RU4M_REPORTED_",
    "RU4M_SECRET_",
    "RU4M_STAGE_KEYS",
    "RU4M_PUBLIC_KEYS",
    "RU4M_SIGNING_KID",
    "RU4M_LOOKUP",
    "RU4M_STAFF_",
    "RU4M_CHECKPOINT_",
    "RU4M_CERTIFICATE_",
    "RU4M_EXPORT_",
    "RU4M_RIGHTS_",
    "RU4M_ERASURES_",
    "RU4M_TRANSFERS_",
    "RU4M_ANNOUNCEMENTS_",
    "RU4M_BREACHES_",
    "RU4M_RENEWALS_",
    "RU4M_HOOKS_",
    "RU4M_PUSHES_",
    "RU4M_RESYNC_",
    "RU4M_MAIL_",
)

# Each route and the group of its view, read from the app, since infra/packaging is under test. The views of a
# group are in the modules that the app names for it.
_ROUTES = """
import json, sys, app
modules = {group: [sys.modules[name] for name in apis] for group, apis in app.GROUPS.items()}
print(json.dumps([
    [path, method, next(g for g in modules if any(hasattr(m, entry.view_name) for m in modules[g]))]
    for path, methods in app.app.routes.items() for method, entry in methods.items()
]))
"""


def test_template_has_one_function_for_each_group_authorizer_and_job(functions: dict[str, Template]) -> None:
    assert functions.keys() == FUNCTIONS


def test_every_function_is_configured_with_a_policy_file_of_its_own() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    listed = config["lambda_functions"]
    assert config["autogen_policy"] is False
    assert listed.keys() == FUNCTIONS | {"api_handler"}  # Chalice makes it and the packaging splits it
    assert all(own["iam_policy_file"] == f"policy-{name}.json" for name, own in listed.items())


def test_every_function_has_a_role_of_its_own(service: Template, functions: dict[str, Template]) -> None:
    roles = {name: properties["Role"]["Fn::GetAtt"][0] for name, properties in functions.items()}
    assert roles == {name: f"{logical_id(name)}Role" for name in FUNCTIONS}
    assert {*roles.values()} <= of_type(service, "AWS::IAM::Role").keys()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function_has_a_timeout_a_name_and_a_log_group(
    name: str, service: Template, functions: dict[str, Template]
) -> None:
    function, logs = functions[name], service["Resources"][f"{logical_id(name)}Logs"]
    # The gateway gives up after 29 s, Lambda after 15 minutes.
    assert function["Timeout"] <= (900 if name in JOBS else 29)
    assert plain(function["FunctionName"]) == f"ru4m-${{Stage}}-{name}"
    assert plain(function["LoggingConfig"]["LogGroup"]) == f"${{{logical_id(name)}Logs}}"
    assert plain(logs["Properties"]["LogGroupName"]) == f"/aws/lambda/ru4m-${{Stage}}-{name}"
    assert "RetentionInDays" in logs["Properties"]
    assert function["Tracing"] == "PassThrough"  # traces would contain paths


def test_no_function_samples_its_log_lines(functions: dict[str, Template]) -> None:
    for properties in functions.values():
        assert "POWERTOOLS_LOGGER_SAMPLE_RATE" not in properties["Environment"]["Variables"]
    sources = [path.read_text() for path in (ROOT / "chalicelib").rglob("*.py")]
    assert not [text for text in sources if "sampling_rate" in text or "SAMPLE_RATE" in text]


def test_each_path_of_the_app_points_to_the_function_of_its_group(service: Template) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", _ROUTES],
        cwd=ROOT,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        check=True,
        capture_output=True,
        text=True,
    )
    app = {(path, method.lower()): logical_id(group) for path, method, group in json.loads(printed.stdout)}
    paths = service["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    template = {
        (path, method): route["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        .split("functions/${")[1]
        .split(".Arn}")[0]
        for path, methods in paths.items()
        for method, route in methods.items()
    }
    assert template == app


def test_gateway_may_call_only_the_functions_of_the_api(service: Template) -> None:
    permissions = of_type(service, "AWS::Lambda::Permission").values()
    called = {plain(p["Properties"]["FunctionName"]).removesuffix(".Arn}").strip("${}") for p in permissions}
    assert called == {logical_id(name) for name in FUNCTIONS - JOBS}
    assert {p["Properties"]["Principal"] for p in permissions} == {"apigateway.amazonaws.com"}


def test_every_route_with_a_caller_has_the_authorizer(service: Template) -> None:
    paths = service["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    open_routes = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, route in methods.items()
        if not {"access_token", "sigv4"} & {name for scheme in route.get("security", []) for name in scheme}
    }
    assert open_routes == {
        "POST /v1/rights-requests/guest",
        "POST /v1/rights-requests/guest/{challenge_id}/verify",
        "POST /v1/support-messages",
        "POST /v1/support-messages/{challenge_id}/verify",
        "POST /v1/rights-receipts/{rights_request_id}/proofs",
        "POST /v1/rights-receipts/{rights_request_id}/proofs/{challenge_id}/verify",
        "POST /v1/rights-receipts/{rights_request_id}/papers",
        "GET /v1/rights-receipts/{rights_request_id}/export",
        "POST /v1/recoveries",
        "POST /v1/recoveries/{challenge_id}/proof",
        "POST /v1/recoveries/{challenge_id}/verify",
        "POST /v1/login",
        "GET /v1/users/{user_id}/avatars/{avatar_id}/{form}",  # a random id, not to be guessed
        "POST /v1/signup",
        "POST /v1/signup/{challenge_id}/resend",
        "POST /v1/signup/{challenge_id}/verify",
        "POST /v1/signup/{challenge_id}/objection",  # the code of the sign-up authenticates it
        "POST /v1/hooks/stream",  # Stream's signature authenticates it
        "POST /v1/sessions/links",  # it opens nothing before a session confirms it
        "POST /v1/sessions/links/{link_id}/session",  # the link's secret authenticates it
        "POST /v1/sessions/refresh",  # the refresh token authenticates it
        "GET /v1/notices",
        "GET /v1/notices/current",
        "GET /v1/signup/countries",
        "GET /privacy/unsubscribe/{token}",  # it shows the same page to everyone
        "POST /privacy/unsubscribe/{token}",  # the token authenticates it
        "GET /v1/rights-receipts/{rights_request_id}",  # the receipt authenticates it
        "POST /v1/rights-receipts/{rights_request_id}/cancel",  # the receipt again
        "GET /v1/rights-receipts/{rights_request_id}/certificate",
        "GET /privacy/certificate",
        "GET /privacy",  # the pages of the site are the same for everyone
        "GET /privacy/{name}",
        "GET /privacy/delete",
        "GET /privacy/request",
        "GET /privacy/rights/{right}",
        "GET /privacy/report",
        "GET /privacy/support",
        "GET /privacy/versions",
        "POST /privacy/rights/{right}",  # it sends a code, as the routes of guests
        "POST /privacy/report",  # likewise
        "POST /privacy/support",  # likewise
        "POST /privacy/request",  # the receipt authenticates it
        "GET /privacy/form",  # the sealed cookie authenticates what the form shows
        "POST /privacy/form",  # likewise, with the token of the form
        "GET /privacy/form/copy",
        "GET /privacy/form/paper",
        "GET /privacy/form/certificate",
        "GET /privacy/form/signed-certificate.json",
        "GET /c",  # the same for everyone
        "GET /privacy/policy",
        "GET /privacy/policy/{version}",
        "GET /terms",
        "GET /terms/{version}",
        "GET /v1/controller",
        "GET /v1/health",
        "GET /v1/openapi.json",
        "GET /reference",  # 404 in production
        "GET /v1/certificate-keys",
        "GET /.well-known/jwks.json",
        "GET /.well-known/gpc.json",
        "GET /.well-known/apple-app-site-association",  # Apple and Google read both
        "GET /.well-known/assetlinks.json",
    }


@pytest.mark.promise("SEC-1")
def test_only_operators_routes_require_an_iam_signature(service: Template) -> None:
    body = service["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    signed = {
        path
        for path, methods in body["paths"].items()
        for route in methods.values()
        if route.get("security") == [{"sigv4": []}]
    }
    assert signed == {path for path in body["paths"] if path.startswith("/admin/")} != set()
    assert body["securityDefinitions"]["sigv4"] == {
        "in": "header",
        "type": "apiKey",
        "name": "Authorization",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }


@pytest.mark.promise("SEC-1")
def test_operator_gets_only_the_internal_routes_and_the_address_of_the_api(service: Template) -> None:
    policy = of_type(service, "AWS::IAM::ManagedPolicy")["OperatorPolicy"]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    here = "${AWS::Region}:${AWS::AccountId}"
    assert {s["Action"]: plain(s["Resource"]) for s in statements} == {
        "execute-api:Invoke": f"arn:${{AWS::Partition}}:execute-api:{here}:${{RestAPI}}/api/*/admin/v1/*",
        "cloudformation:DescribeStacks": (
            f"arn:${{AWS::Partition}}:cloudformation:{here}:stack/ru4m-${{Stage}}-service/*"
        ),
    }


@pytest.mark.promise("SEC-1")
def test_reporter_reads_checkpoints_and_the_evidence_of_reports_only(service: Template) -> None:
    policy = of_type(service, "AWS::IAM::ManagedPolicy")["ReportPolicy"]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert {s["Action"]: plain(s["Resource"]) for s in statements} == {
        "lambda:GetFunctionConfiguration": "${CheckpointLedger.Arn}",
        "s3:ListBucketVersions": "${CheckpointBucketArn}",
        "s3:GetObjectVersion": "${CheckpointBucketArn}/checkpoints/*",
        "kms:GetPublicKey": "${CheckpointKeyArn}",
        "dynamodb:Query": "${LedgerTableArn}",
    }
    (limited,) = [s["Condition"] for s in statements if "Condition" in s]
    assert limited == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["purge#*", "report#*", "rights#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


@pytest.mark.promise("SEC-1")
def test_no_role_of_the_service_may_call_the_internal_routes(service: Template) -> None:
    roles = of_type(service, "AWS::IAM::Role").values()
    assert "execute-api" not in json.dumps([role["Properties"].get("Policies") for role in roles])


def test_gateway_caches_an_authorizers_response_for_a_minute(service: Template) -> None:
    body = service["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    authorizer = body["securityDefinitions"]["access_token"]["x-amazon-apigateway-authorizer"]
    assert authorizer["authorizerResultTtlInSeconds"] == 60


@pytest.mark.parametrize("sort_key", ["profile", "account", "blocks", "session#1", "purposes"])
def test_filter_of_the_chat_sync_admits_the_changes_that_mark_rows(
    functions: dict[str, Template], sort_key: str
) -> None:
    (event,) = functions["sync_chat_profiles"]["Events"].values()
    (pattern,) = event["Properties"]["FilterCriteria"]["Filters"]
    admitted = json.loads(pattern["Pattern"])["dynamodb"]["Keys"]["sk"]["S"]
    mila = AccountId.new()
    change = {"Keys": {"pk": {"S": f"A#{mila}"}, "sk": {"S": sort_key}}}
    assert unsent.subject_of_change(change) == (mila if sort_key in admitted else None)


def test_chat_sync_receives_every_change_of_what_stream_mirrors(
    service: Template, functions: dict[str, Template]
) -> None:
    (event,) = functions["sync_chat_profiles"]["Events"].values()
    source = event["Properties"]
    assert plain(source["Stream"]) == "${AccountsStreamArn}"
    assert source["StartingPosition"] == "TRIM_HORIZON"
    # What a failed run left is marked, and `send_unsent` sends it: no record has to come again.
    assert source["MaximumRetryAttempts"] == 2
    assert "DestinationConfig" not in source
    (pattern,) = source["FilterCriteria"]["Filters"]
    wanted = ["profile", "account", "avatar", "blocks", "conversation"]
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"Keys": {"sk": {"S": wanted}}}}


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_has_the_configured_periods(
    name: str, service: Template, functions: dict[str, Template]
) -> None:
    variables = service["Globals"]["Function"]["Environment"]["Variables"]
    given = variables | functions[name]["Environment"]["Variables"]
    assert given["RU4M_PERIODS"] == {"Ref": "Periods"}
    allowed = re.compile(service["Parameters"]["Periods"]["AllowedPattern"])
    assert allowed.match(service["Parameters"]["Periods"]["Default"])
    assert allowed.match("usage=P14D,challenge=PT36H")


def configured_with(functions: dict[str, Template], variable: str) -> dict[str, Any]:
    """Return the value of a variable by the name of each function that has it."""
    given = {name: function["Environment"]["Variables"] for name, function in functions.items()}
    return {name: variables[variable] for name, variables in given.items() if variable in variables}


@pytest.mark.promise("SEC-1")
def test_only_the_admin_function_is_configured_with_operators(
    service: Template, functions: dict[str, Template]
) -> None:
    configured = configured_with(functions, "RU4M_OPERATORS")
    assert configured == {"admin": {"Ref": "Operators"}}
    allowed = re.compile(service["Parameters"]["Operators"]["AllowedPattern"])
    assert allowed.match(principals.of_account("aws", "123456789012"))


def test_only_senders_of_codes_to_strangers_are_configured_with_the_mode_of_budgets(
    functions: dict[str, Template],
) -> None:
    configured = configured_with(functions, "RU4M_SMS_BUDGETS")
    mode = {"Ref": "SmsBudgets"}
    assert configured == {"profiles": mode, "rights": mode, "signup": mode}


def test_only_what_deletes_users_at_stream_and_the_site_know_the_extent(
    functions: dict[str, Template],
) -> None:
    configured = configured_with(functions, "RU4M_STREAM_ERASURE")
    extent = {"Ref": "StreamErasure"}
    assert configured == {"erase_accounts": extent, "reconcile_chat": extent, "site": extent}


@pytest.mark.promise("NOT-4")
@pytest.mark.parametrize("variable", ["RU4M_COMPANY_NUMBER", "RU4M_TAX_NUMBER"])
def test_only_the_site_knows_the_numbers_of_the_company(
    functions: dict[str, Template], variable: str
) -> None:
    assert [*configured_with(functions, variable)] == ["site"]


def test_only_functions_that_read_exports_or_delete_messages_know_the_hosts_of_files(
    functions: dict[str, Template],
) -> None:
    configured = [*configured_with(functions, "RU4M_STREAM_FILE_HOSTS")]
    assert configured == ["conversations", "work_on_hooks", "work_on_reports", "work_rights"]


def scheduled(functions: dict[str, Template], name: str, rate: str, retries: int) -> Template:
    """Return a function, which has to run at a rate, with so many retries of a failed run."""
    function = functions[name]
    (event,) = function["Events"].values()
    assert (event["Type"], event["Properties"]["Schedule"]) == ("Schedule", rate)
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == retries
    return function


@pytest.mark.promise("RET-4")
def test_usage_is_rolled_up_every_hour(functions: dict[str, Template]) -> None:
    # The next hour's run repeats a failed one.
    function = scheduled(functions, "roll_up_usage", "rate(1 hour)", retries=0)
    assert function["Timeout"] > 12 * 60  # a run ends after twelve minutes and the work it has begun


def test_verified_codes_are_recorded_every_hour(functions: dict[str, Template]) -> None:
    scheduled(functions, "record_verified_codes", "rate(1 hour)", retries=0)  # the next hour's run repeats it


def test_only_senders_of_codes_and_their_counter_are_configured_with_countries(
    functions: dict[str, Template],
) -> None:
    configured = configured_with(functions, "RU4M_SMS_COUNTRIES").keys()
    assert configured == {"profiles", "record_verified_codes", "rights", "signup"}


def test_only_sign_in_and_warnings_are_configured_with_routes_that_are_off(
    functions: dict[str, Template],
) -> None:
    configured = [*configured_with(functions, "RU4M_SMS_ROUTES_OFF")]
    assert sorted(configured) == ["signup", "work_rights"]


def test_only_functions_that_send_texts_are_configured_with_senders(functions: dict[str, Template]) -> None:
    configured = configured_with(functions, "RU4M_SMS_SENDERS").keys()
    publish = {path.stem.removeprefix("policy-") for path in (ROOT / ".chalice").glob("policy-*.json")
               if "sns:Publish" in path.read_text()}  # fmt: skip
    assert configured == publish


@pytest.mark.promise("SEC-1")
def test_ledger_is_signed_every_hour_and_a_failed_run_is_retried(
    functions: dict[str, Template],
) -> None:
    scheduled(functions, "checkpoint_ledger", "rate(1 hour)", retries=2)
    # An entry's time is taken before the commit: no function may run longer than a checkpoint waits (ADR 7).
    assert max(f["Timeout"] for f in functions.values()) < SETTLE.total_seconds()


@pytest.mark.promise("NOT-1", "RGT-7")
@pytest.mark.parametrize("name", ["announce_notices", "renew_consents", "watch_breaches"])
def test_shards_with_work_due_are_sent_to_workers_every_five_minutes(
    name: str, functions: dict[str, Template]
) -> None:
    function = functions[name]
    (event,) = function["Events"].values()
    assert (event["Type"], event["Properties"]["Schedule"]) == ("Schedule", "rate(5 minutes)")
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0  # the next run repeats it
    assert function["Timeout"] < 5 * 60  # so runs never overlap


@pytest.mark.promise("NOT-1", "RGT-7")
@pytest.mark.parametrize(
    ("name", "of", "at_once", "lease"),
    [
        ("announce_to_shard", "AnnouncementsQueue", "AnnouncingWorkers", SHARD_LEASE),
        ("notify_of_breaches", "BreachesQueue", "AnnouncingWorkers", SHARD_LEASE),
        ("renew_shard", "RenewalsQueue", "RenewalWorkers", SHARD_LEASE),
    ],
)
def test_message_about_a_shard_is_delivered_at_most_five_times(
    service: Template,
    functions: dict[str, Template],
    name: str,
    of: str,
    at_once: str,
    lease: timedelta,
) -> None:
    worker = functions[name]
    (event,) = worker["Events"].values()
    source = event["Properties"]
    assert (event["Type"], plain(source["Queue"])) == ("SQS", f"${{{of}.Arn}}")
    assert source["BatchSize"] == 1  # a shard may take the whole run
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] == {"Ref": at_once}
    queue = service["Resources"][of]["Properties"]
    assert queue["SqsManagedSseEnabled"] is True
    # The worker that gets a message again finds that the lease of a killed worker has ended.
    assert queue["VisibilityTimeout"] > lease.total_seconds() > worker["Timeout"]
    redrive = queue["RedrivePolicy"]
    assert (plain(redrive["deadLetterTargetArn"]), redrive["maxReceiveCount"]) == ("${ShardsDead.Arn}", 5)
    # Otherwise a message would expire before it reaches the dead-letter queue.
    assert 5 * queue["VisibilityTimeout"] < queue["MessageRetentionPeriod"] <= 3600


def test_numbers_of_workers_have_the_defaults_and_bounds_of_their_figures(service: Template) -> None:
    for parameter, name in (
        ("AnnouncingWorkers", "announcing_workers"),
        ("RenewalWorkers", "renewal_workers"),
        ("ErasingWorkers", "erasing_workers"),
    ):
        (figure,) = (one for one in dataclasses.fields(FanOut) if one.name == name)
        stated = service["Parameters"][parameter]
        rule = figure.metadata["rule"]
        bounds = (stated["Default"], stated["MinValue"], stated["MaxValue"])
        assert bounds == (rule.default, rule.minimum, rule.maximum)


def test_no_more_workers_may_run_than_there_are_shards() -> None:
    rules = {figure.name: figure.metadata["rule"] for figure in dataclasses.fields(FanOut)}
    assert rules["announcing_workers"].maximum == len(accounts.SHARDS)
    assert rules["renewal_workers"].maximum == len(consents.SHARDS)


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("name", "of", "at_once"),
    [
        ("work_rights", "RightsQueue", 5),
        ("transfer_copies", "TransfersQueue", 2),
        ("erase_accounts", "ErasuresQueue", {"Ref": "ErasingWorkers"}),
    ],
)
def test_message_about_a_request_is_delivered_at_most_five_times(
    service: Template, functions: dict[str, Template], name: str, of: str, at_once: object
) -> None:
    worker = functions[name]
    (event,) = worker["Events"].values()
    source = event["Properties"]
    assert (event["Type"], plain(source["Queue"])) == ("SQS", f"${{{of}.Arn}}")
    assert source["BatchSize"] == 1  # a step may take the whole run
    # Without it, SQS would delete a failed message.
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] == at_once
    queue = service["Resources"][of]["Properties"]
    assert queue["SqsManagedSseEnabled"] is True
    # A message is not delivered again while its first worker may still process the request.
    assert queue["VisibilityTimeout"] >= WHOLE_RUN.total_seconds() > worker["Timeout"]
    redrive = queue["RedrivePolicy"]
    assert (plain(redrive["deadLetterTargetArn"]), redrive["maxReceiveCount"]) == ("${RightsDead.Arn}", 5)
    kept = queue["MessageRetentionPeriod"]
    # Otherwise a message would expire before it reaches the dead-letter queue.
    assert LONGEST_DELAY.total_seconds() + 5 * queue["VisibilityTimeout"] < kept
    assert kept < 24 * 3600  # during an outage every sweep sends the messages again


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("RightsDead", ("RightsQueue", "TransfersQueue", "ErasuresQueue")),
        ("ShardsDead", ("AnnouncementsQueue", "RenewalsQueue", "BreachesQueue")),
        ("HooksDead", ("HooksQueue",)),
        ("PushesDead", ("PushesQueue",)),
    ],
)
def test_failed_messages_of_all_queues_are_kept_for_two_weeks(
    service: Template, name: str, of: tuple[str, ...]
) -> None:
    dead = service["Resources"][name]["Properties"]
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert dead["SqsManagedSseEnabled"] is True
    allowed = dead["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"
    sources = [plain(source).rpartition(":")[2] for source in allowed["sourceQueueArns"]]
    queues = (service["Resources"][one]["Properties"] for one in of)
    assert sources == [plain(queue["QueueName"]) for queue in queues]


@pytest.mark.promise("STR-12")
def test_event_of_stream_is_delivered_for_more_than_a_day(
    service: Template, functions: dict[str, Template]
) -> None:
    worker = functions["work_on_hooks"]
    (event,) = worker["Events"].values()
    source = event["Properties"]
    assert (event["Type"], plain(source["Queue"])) == ("SQS", "${HooksQueue.Arn}")
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = service["Resources"]["HooksQueue"]["Properties"]
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["VisibilityTimeout"] > worker["Timeout"] * source["BatchSize"]
    redrive = queue["RedrivePolicy"]
    assert plain(redrive["deadLetterTargetArn"]) == "${HooksDead.Arn}"
    tried = queue["VisibilityTimeout"] * redrive["maxReceiveCount"]
    # Stream does not send an event again. One may wait for the end of an hour before.
    assert 24 * 3600 < tried < queue["MessageRetentionPeriod"] - 3600


@pytest.mark.promise("CALL-2")
def test_push_about_a_message_is_tried_each_minute_and_then_dropped(
    service: Template, functions: dict[str, Template]
) -> None:
    worker = functions["push_messages"]
    (event,) = worker["Events"].values()
    source = event["Properties"]
    assert (event["Type"], plain(source["Queue"])) == ("SQS", "${PushesQueue.Arn}")
    assert (source["BatchSize"], source["ScalingConfig"]) == (1, {"MaximumConcurrency": 50})
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = service["Resources"]["PushesQueue"]["Properties"]
    assert queue["SqsManagedSseEnabled"] is True
    assert worker["Timeout"] < queue["VisibilityTimeout"] == 60
    kept = queue["MessageRetentionPeriod"]
    redrive = queue["RedrivePolicy"]
    assert plain(redrive["deadLetterTargetArn"]) == "${PushesDead.Arn}"
    # It expires before its deliveries are used up.
    assert messages.OLDEST.total_seconds() < kept < queue["VisibilityTimeout"] * redrive["maxReceiveCount"]


@pytest.mark.promise("CALL-2")
def test_changes_that_concern_a_person_reach_the_worker_of_pushes(functions: dict[str, Template]) -> None:
    (event,) = functions["push_changes"]["Events"].values()
    source = event["Properties"]
    assert (event["Type"], source["Stream"]) == ("DynamoDB", {"Ref": "AccountsStreamArn"})
    assert (source["BatchSize"], source["StartingPosition"]) == (100, "LATEST")
    assert (source["MaximumRetryAttempts"], source["MaximumRecordAgeInSeconds"]) == (2, 600)
    patterns = [json.loads(one["Pattern"]) for one in source["FilterCriteria"]["Filters"]]
    admitted = {
        (event_name, key["prefix"].removesuffix("#"))
        for pattern in patterns
        for event_name in pattern["eventName"]
        for key in pattern["dynamodb"]["Keys"]["sk"]["S"]
    }
    assert admitted == changes._READERS.keys()


@pytest.mark.promise("STR-3")
def test_what_stream_did_not_take_is_sent_each_minute(functions: dict[str, Template]) -> None:
    job = functions["send_unsent"]
    (event,) = job["Events"].values()
    assert event["Properties"] == {"Schedule": "rate(1 minute)"}
    assert _OF_A_MINUTE.total_seconds() + 12 < job["Timeout"] < 60  # a run ends before the next one
    assert job["Timeout"] < freeze._SYNC_LASTS.total_seconds()  # a late deactivation is undone after it
    assert _OF_THE_STREAM.total_seconds() + 12 < functions["sync_chat_profiles"]["Timeout"]


@pytest.mark.promise("RGT-10")
def test_lambda_does_not_stop_functions_that_send_to_their_own_queue(
    service: Template, functions: dict[str, Template]
) -> None:
    own = {
        name
        for name, properties in functions.items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "SQS" and _may_send(service, name)
    }
    assert own == {"work_rights", "transfer_copies", "erase_accounts", "work_on_hooks"}
    assert {name for name, function in functions.items() if function.get("RecursiveLoop") == "Allow"} == own


def _may_send(service: Template, name: str) -> bool:
    """Return whether a function may send to the queue that it receives from."""
    (policy,) = service["Resources"][f"{logical_id(name)}Role"]["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    return any({"sqs:SendMessage", "sqs:ReceiveMessage"} <= {*one["Action"]} for one in statements)


@pytest.mark.promise("RGT-10")
def test_due_requests_are_swept_every_five_minutes(functions: dict[str, Template]) -> None:
    function = scheduled(functions, "sweep_rights", "rate(5 minutes)", retries=0)  # the next run repeats it
    assert function["Timeout"] < 5 * 60  # so runs never overlap


@pytest.mark.promise("RET-3")
def test_records_under_a_hold_are_pinned_every_five_minutes(functions: dict[str, Template]) -> None:
    function = scheduled(functions, "keep_holds", "rate(5 minutes)", retries=0)  # the next run repeats it
    # A run ends two minutes before the function does, and after the hold it has begun.
    assert function["Timeout"] > jobs.LONGEST.total_seconds() + 60


@pytest.mark.promise("RET-2")
def test_what_has_ended_is_purged_every_fifteen_minutes(functions: dict[str, Template]) -> None:
    function = scheduled(functions, "purge_expired", "rate(15 minutes)", retries=0)  # the next run repeats it
    # The lease of a lane ends a minute after the deadline of its run, and before the next run begins.
    assert function["Timeout"] > jobs.LONGEST.total_seconds() + 60
    assert jobs.LONGEST.total_seconds() + 60 < 15 * 60


def test_functions_name_secrets_as_the_vault_does(functions: dict[str, Template], vault: Template) -> None:
    given = {
        variable: plain(value)
        for properties in functions.values()
        for variable, value in properties["Environment"]["Variables"].items()
        if variable.startswith("RU4M_SECRET_")
    }
    secrets = of_type(vault, "AWS::SecretsManager::Secret")
    assert given == {
        f"RU4M_SECRET_{logical.removesuffix('Secret').upper()}": plain(secret["Properties"]["Name"])
        for logical, secret in secrets.items()
        if logical != "SealingSecret"  # no function reads it: functions get the wrapped keys
    }


@pytest.mark.promise("SEC-1")
def test_function_is_configured_with_only_the_tables_and_secrets_it_may_use(
    functions: dict[str, Template],
) -> None:
    configured = {
        name: {
            v.removeprefix("RU4M_").lower()
            for v in properties["Environment"]["Variables"]
            if v.startswith(SELECTIVE)
        }
        for name, properties in functions.items()
    }
    accounts, claims, challenges = "table_accounts", "table_claims", "table_challenges"
    sealing, lookup = {"table_keys", "stage_keys"}, {"secret_lookup", "lookup_versions"}
    providers = {"secret_apple", "secret_google"}
    usage, rights, billing, held = "table_usage", "table_rights", "table_billing", "table_held"
    assert configured == {
        "about": {"certificate_keys", "public_keys"},
        "site": set(),
        "access_token": {"public_keys"},
        "admin": {
            accounts, billing, claims, challenges, rights, "table_ledger", "secret_receipts",
            "secret_staff", "staff_versions", "papers_bucket", "reported_bucket", "rights_queue", *lookup,
            *sealing,
        },
        "announce_notices": {challenges, "announcements_queue"},  # it opens no record of an account
        "announce_to_shard": {
            accounts, challenges, "announcements_queue", "mail_from", "mail_configuration", *sealing,
        },
        "chat": {accounts, "secret_stream"},
        "check_chat_settings": {"table_ledger", "secret_stream"},
        "checkpoint_ledger": {"table_ledger", "checkpoint_bucket", "checkpoint_key"},
        "close_idle_accounts": {
            accounts, billing, challenges, rights, "table_ledger", "rights_queue", "mail_from",
            "mail_configuration", *sealing,
        },
        "consents": {accounts, claims, challenges, "table_ledger", *lookup, *sealing},
        "contacts": {accounts, claims, challenges, "secret_codes", "secret_pairs", *lookup, *sealing},
        "conversations": {
            accounts, challenges, "secret_codes", "secret_pairs", "secret_stream", *lookup, *sealing,
        },
        "erase_accounts": {
            accounts, billing, claims, challenges, held, rights, usage, "table_ledger", "secret_receipts",
            "secret_stream", "export_bucket", "checkpoint_bucket", "certificate_key", "rights_queue",
            "erasures_queue", "mail_from", "mail_configuration", *lookup, *sealing,
        },
        "hooks": {challenges, "secret_stream", "hooks_queue", "pushes_queue"},
        "keep_holds": {accounts, billing, rights, usage},  # it opens no record
        "note_bounces": {accounts, challenges, "table_ledger"},
        "notices": {accounts, challenges, rights},
        "notifications": {accounts, claims, challenges, "secret_pairs", "pushes_queue", *lookup, *sealing},
        "notify_of_breaches": {
            accounts, challenges, rights, "table_ledger", "breaches_queue", "mail_from", "mail_configuration",
            *sealing,
        },
        "watch_breaches": {rights, "breaches_queue"},  # it opens no record
        "profiles": {
            accounts, claims, challenges, usage, "table_ledger", "secret_codes", "avatars_bucket",
            "mail_from", "mail_configuration", *lookup, *sealing,
        },
        # It reads indexes by end, and opens no record.
        "purge_expired": {
            accounts, billing, challenges, claims, held, rights, usage, "table_ledger", "export_bucket",
            "papers_bucket", "reported_bucket",
        },
        "push_changes": {accounts, "pushes_queue"},
        "push_messages": {
            accounts, challenges, claims, usage, "secret_pairs", "pushes_queue",
            *lookup, *sealing, *providers,
        },
        "rights": {
            accounts, challenges, claims, rights, usage, "table_ledger", "secret_codes", "secret_receipts",
            "export_bucket", "papers_bucket", "rights_queue", "mail_from", "mail_configuration", *lookup,
            *sealing,
        },
        "reports": {
            accounts, claims, challenges, rights, "table_ledger", "secret_codes", "secret_stream", *lookup,
            *sealing,
        },
        "work_on_reports": {
            accounts, claims, challenges, rights, "table_ledger", "secret_stream", "avatars_bucket",
            "reported_bucket", "pushes_queue", "mail_from", "mail_configuration", *sealing,
        },
        "roll_up_usage": {accounts, usage, *sealing},
        "reconcile_chat": {accounts, claims, rights, "table_ledger", "secret_stream", *lookup, *sealing},
        "record_verified_codes": {challenges},
        "renew_consents": {accounts, challenges, "renewals_queue"},  # it opens no record of an account
        "renew_shard": {
            accounts, challenges, rights, usage, "table_ledger", "renewals_queue", *sealing,
        },
        # It opens cases, and no record of an account's data.
        "report_inbox": {accounts, rights, "table_ledger", "mail_from", "mail_configuration", "stage_keys"},
        "sessions": {
            accounts, challenges, claims, "secret_codes", "secret_refresh", "secret_signing", "signing_kid",
            "mail_from", "mail_configuration", *lookup, *sealing,
        },
        "signup": {
            accounts, claims, challenges, usage, "table_ledger", "secret_codes", "secret_refresh",
            "secret_peppers", "secret_signing", "signing_kid", "mail_from", "mail_configuration", *lookup,
            *sealing,
        },
        "clean_avatars": {accounts, "avatars_bucket", "avatars_queue"},
        "clean_images": {rights, "papers_bucket", "papers_queue"},
        "sweep_rights": {rights, "rights_queue"},
        "send_unsent": {accounts, "secret_stream", *sealing},
        "sync_chat_profiles": {accounts, "secret_stream", *sealing},
        "usage": {accounts, usage, *sealing},
        "transfer_copies": {
            rights, "table_ledger", "export_bucket", "rights_queue", "transfers_queue", "stage_keys",
        },
        "work_on_hooks": {
            accounts, claims, challenges, "table_ledger", "secret_stream", "hooks_queue", *lookup, *sealing,
        },
        "work_rights": {
            accounts, billing, claims, challenges, rights, usage, "table_ledger", "secret_stream",
            "export_bucket", "rights_queue", "transfers_queue", "erasures_queue", "mail_from",
            "mail_configuration", "secret_receipts", *lookup, *sealing,
        },
    }  # fmt: skip
