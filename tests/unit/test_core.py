"""Tests the core modules: time, ids, settings, hashes, clients and problems."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chalicelib.core import aws, clock, errors, keyring, observe, table
from chalicelib.core.clock import Instant
from chalicelib.core.errors import PreconditionRequired, Problem
from chalicelib.core.http import ClientAddress, IfMatch
from chalicelib.core.ids import AccountId, ChallengeId, UserId
from chalicelib.core.keyring import MacKeys
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import ErasureExtent, Secret, SettingsError, read, settings
from tests.support.clouds import cloud, environment
from tests.support.world.builders import a_phone
from tests.support.world.world import World

FUNCTIONS = json.loads((Path(__file__).parents[2] / ".chalice" / "config.json").read_text())[
    "lambda_functions"
]

SECONDS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(microsecond=0)
)


@given(SECONDS)
def test_instant_is_unchanged_after_formatting_and_parsing(instant: datetime) -> None:
    adapter = TypeAdapter(Instant)
    assert clock.from_epoch(clock.to_epoch(instant)) == instant
    assert adapter.validate_json(adapter.dump_json(instant)) == instant


@given(SECONDS, SECONDS)
def test_texts_of_instants_sort_like_the_instants(one: datetime, other: datetime) -> None:
    assert (clock.to_text(one) < clock.to_text(other)) == (one < other)


def test_instant_is_shown_in_utc_with_z() -> None:
    belgrade = timezone(timedelta(hours=1))
    assert clock.to_text(datetime(2026, 1, 1, 0, 30, tzinfo=belgrade)) == "2025-12-31T23:30:00Z"


def test_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python("2026-01-01T00:00:00")


def test_id_is_random_and_has_its_kind_as_a_prefix() -> None:
    ids = {UserId.new() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(UserId.parse(user_id) == user_id and AccountId.parse(user_id) is None for user_id in ids)


@pytest.mark.promise("STR-1")
def test_id_is_valid_as_a_user_id_of_stream() -> None:
    assert {letter for _ in range(100) for letter in UserId.new()} <= set(
        "abcdefghijklmnopqrstuvwxyz0123456789@_-"
    )


@given(st.binary(min_size=17, max_size=40))
def test_id_made_from_a_digest_is_valid(digest: bytes) -> None:
    assert ChallengeId.parse(ChallengeId.from_digest(digest))


@pytest.mark.promise("STR-7")
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2", "eu-central-2", "", "eu-central-1 "])
def test_region_outside_the_eu_refuses_the_start(region: str) -> None:
    with pytest.raises(SettingsError, match="AWS_REGION"):
        read({**environment.variables(), "AWS_REGION": region})


@pytest.mark.parametrize("variable", ["RU4M_STAGE", "RU4M_ISSUER", "RU4M_PUBLIC_KEYS", "RU4M_CONTACT_EMAIL",
                                      "RU4M_STREAM_API_KEY", "RU4M_STREAM_URL"])  # fmt: skip
def test_missing_variable_is_named(variable: str) -> None:
    variables = environment.variables()
    del variables[variable]
    with pytest.raises(SettingsError, match=variable):
        read(variables)


def test_erasure_at_stream_keeps_conversations_unless_configured() -> None:
    variables = environment.variables()
    assert read(variables).stream_erasure is ErasureExtent.KEEP_CONVERSATIONS
    everything = {**variables, "RU4M_STREAM_ERASURE": "everything"}
    assert read(everything).stream_erasure is ErasureExtent.EVERYTHING


def test_unknown_extent_of_an_erasure_refuses_the_start() -> None:
    with pytest.raises(SettingsError, match="RU4M_STREAM_ERASURE"):
        read({**environment.variables(), "RU4M_STREAM_ERASURE": "most"})


@pytest.mark.promise("SEC-1")
def test_operators_with_chosen_names_refuse_the_start() -> None:
    chosen = "arn:aws:sts::123456789012:assumed-role/Operators/*"
    with pytest.raises(SettingsError, match="RU4M_OPERATORS") as refused:
        read({**environment.variables(), "RU4M_OPERATORS": chosen})
    assert chosen not in str(refused.value)


def test_no_operator_is_accepted_if_none_is_configured() -> None:
    variables = environment.variables()
    arn = variables.pop("RU4M_OPERATORS").split(",")[0].replace("*", "alice")
    assert not read(variables).operators.accepts(arn)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "url", ["http://chat.stream-io-api.com", "http://127.0.0.1.example.org", "ftp://x", ""]
)
def test_unencrypted_address_of_stream_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="RU4M_STREAM_URL"):
        read({**environment.variables(), "RU4M_STREAM_URL": url})


@pytest.mark.parametrize(
    ("stage", "url"),
    [
        ("production", "https://chat.stream-io-api.com"),
        ("staging", "http://127.0.0.1:9"),
        ("local", "http://stream:80"),
    ],
)
def test_unencrypted_emulator_is_accepted_on_this_machine_or_stage_local(stage: str, url: str) -> None:
    assert read({**environment.variables(), "RU4M_STAGE": stage, "RU4M_STREAM_URL": url}).stream_url == url


@pytest.mark.promise("SEC-1")
def test_settings_do_not_show_the_environment() -> None:
    """The environment contains the function's own credentials."""
    assert environment.variables()["AWS_SECRET_ACCESS_KEY"] not in repr(settings())


def test_table_or_secret_outside_the_functions_settings_is_named() -> None:
    variables = environment.variables()
    del variables["RU4M_TABLE_CLAIMS"]
    with pytest.raises(SettingsError, match="RU4M_TABLE_CLAIMS"):
        read(variables).table("claims")


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
    ],
)
def test_address_is_stored_as_a_block_only(address: str, block: str) -> None:
    caller = ClientAddress(address)
    assert caller.block == block
    assert vars(caller) == {"block": block}


@pytest.mark.parametrize("value", ["*", '"1", "2"', '"1", *', ""])
def test_if_match_without_a_single_version_is_no_precondition(value: str) -> None:
    with pytest.raises(PreconditionRequired):
        IfMatch.parse(value)


def test_weak_etag_permits_no_edit() -> None:
    assert IfMatch.parse('"1"').allows('"1"')
    assert not IfMatch.parse('W/"1"').allows('"1"')


PARTS = st.lists(st.text(alphabet="ab\x1f\x00", max_size=3), max_size=3)


@given(PARTS, PARTS)
@example(["a\x1fb", "c"], ["a", "b\x1fc"])
def test_keyed_hash_differs_if_the_same_text_is_divided_differently(
    some: list[str], others: list[str]
) -> None:
    keys = MacKeys("1", {"1": b"k" * 32})
    assert (keys.digest(*some) == keys.digest(*others)) == (some == others)


@pytest.mark.promise("SEC-1")
@given(st.text())
def test_keyed_hash_differs_under_another_key(value: str) -> None:
    """Without the key, the hashes of all phone numbers cannot be computed."""
    one, other = MacKeys("1", {"1": b"a" * 32}), MacKeys("1", {"1": b"b" * 32})
    assert one.digest(value) != other.digest(value)
    assert list(one.lookup_keys("phone", value)) != list(other.lookup_keys("phone", value))


def test_label_names_the_key_version_and_old_labels_stay_findable() -> None:
    old = MacKeys("1", {"1": b"a" * 32})
    new = MacKeys("2", {"1": b"a" * 32, "2": b"b" * 32})
    assert [*old.lookup_keys("phone", "x")] == [*new.lookup_keys("phone", "x")][1:]
    assert next(new.lookup_keys("phone", "x")).startswith("phone#2#")


def test_key_material_is_not_in_a_representation() -> None:
    assert "aaaa" not in repr(MacKeys("1", {"1": b"a" * 32}))


VAULT = ("secretsmanager", "GetSecretValue")


def vault_error(code: str, status: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": "arn:of:a:secret"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "GetSecretValue")


@pytest.mark.parametrize(
    "error",
    [
        vault_error("ThrottlingException"),
        vault_error("InternalServiceError", 500),
        vault_error("SomethingNew", 503),
        ReadTimeoutError(endpoint_url="https://secretsmanager"),
    ],
    ids=str,
)
def test_throttling_vault_makes_a_request_unavailable(world: World, error: Exception) -> None:
    keyring.mac_keys.cache_clear()
    with cloud.failing(*VAULT, error):
        assert world.asks_for_a_code(a_phone()).problem == "sms_unavailable"


@pytest.mark.promise("SEC-1")
def test_refusal_of_the_vault_raises_an_error_without_its_message(world: World) -> None:
    keyring.mac_keys.cache_clear()
    with cloud.failing(*VAULT, vault_error("AccessDeniedException")), pytest.raises(aws.AwsBug) as bug:
        keyring.mac_keys(Secret.CODES)
    assert str(bug.value) == "AccessDeniedException"
    assert bug.value.__cause__ is None


def test_message_is_sent_to_the_carrier_at_most_once(world: World) -> None:
    """Publish is not idempotent: a retry could send a second SMS."""
    assert aws.client("sns").meta.config.retries["total_max_attempts"] == 1


def test_only_the_table_client_retries_calls_to_dynamodb(world: World) -> None:
    assert aws.client("dynamodb").meta.config.retries["total_max_attempts"] == 1


@pytest.mark.parametrize("service", ["dynamodb", "sns", "sesv2"])
def test_client_with_one_attempt_has_no_handlers_of_retries(world: World, service: str) -> None:
    """botocore ignores the removal of a handler that it does not know, so a new release could keep one."""
    events = aws.client(service).meta.events
    assert events.emit(f"needs-retry.{service}.Any") == []
    retries = {"attempt": 1, "invocation-id": "any"}
    request = AWSRequest("POST", "https://aws.test", data=b"{}")
    request.context["retries"] = dict(retries)
    events.emit(f"request-created.{service}.Any", request=request, operation_name="Any")
    assert request.context["retries"] == retries
    assert {"Authorization"} < set(request.headers)
    assert not {"amz-sdk-request", "amz-sdk-invocation-id"} & set(request.headers)


@pytest.mark.parametrize(("service", "tries"), [("dynamodb", table.call.TRIES), ("sns", 1), ("kms", 2)])
def test_call_without_a_response_times_out_before_the_function(
    world: World, service: str, tries: int
) -> None:
    config = aws.client(service).meta.config
    shortest = min(
        function.get("lambda_timeout", 10)
        for name, function in FUNCTIONS.items()
        if name not in {"about", "access_token"}  # these functions make no calls
    )
    assert (config.connect_timeout + config.read_timeout) * tries < shortest


def test_unlisted_field_cannot_be_logged() -> None:
    with pytest.raises(observe.NotLoggable, match="phone"):
        observe.log("event", phone="+381601234567")


def problems(kind: type[Problem] = Problem) -> set[type[Problem]]:
    return {kind}.union(*(problems(sub) for sub in kind.__subclasses__()))


def test_every_problem_has_a_stable_code_a_status_and_a_title() -> None:
    import app  # noqa: F401 - every concept's problems exist

    by_code: dict[str, set[int]] = {}
    for problem in problems() - {Problem}:
        by_code.setdefault(problem.code, set()).add(problem.status)
        assert problem.title
    assert all(len(statuses) == 1 for statuses in by_code.values())


def test_drawn_hierarchy_is_complete() -> None:
    import app  # noqa: F401 - every concept's problems exist

    drawing = str(errors.__doc__)
    missing = [p.__name__ for p in problems() if p.__name__ not in drawing and p.code not in drawing]
    assert missing == []


@pytest.mark.promise("SEC-1")
@given(st.text(min_size=3))
def test_exception_text_of_a_problem_is_its_code(secret: str) -> None:
    assert str(Problem(secret, limit=secret)) == "internal_error"


def test_problem_document_follows_rfc_9457() -> None:
    document = errors.TooMany(limit="codes", retry_after=3).document("r-1")
    assert document == {
        "type": "https://ru4m.com/problems/too_many_requests",
        "title": "Too many requests",
        "status": 429,
        "code": "too_many_requests",
        "detail": "Too many requests",
        "request_id": "r-1",
        "limit": "codes",
        "retry_after": 3,
    }
    json.dumps(document)


def test_members_of_problems_do_not_replace_common_members() -> None:
    import app  # noqa: F401 - every concept's problems exist

    common = Problem().document("a-request").keys()
    assert [p.code for p in problems() if common & {*p.shows, *p.may_show}] == []


def test_member_of_a_problem_does_not_replace_the_request_id() -> None:
    assert Problem(request_id="r_1").document("a-request")["request_id"] == "a-request"


def test_metric_names_are_unique() -> None:
    labels = [metric.label for metric in Metric]
    assert len(labels) == len(set(labels))
