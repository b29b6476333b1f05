"""Tests settings: what is missing or unsafe refuses the start, and none is shown."""

import pytest

from chalicelib.core.settings import ErasureExtent, SettingsError, read, settings
from tests.support.clouds import environment


@pytest.mark.promise("STR-7")
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2", "eu-central-2", "", "eu-central-1 "])
def test_region_outside_the_eu_refuses_the_start(region: str) -> None:
    with pytest.raises(SettingsError, match="AWS_REGION"):
        read({**environment.variables(), "AWS_REGION": region})


@pytest.mark.parametrize("variable", ["RU4M_STAGE", "RU4M_ISSUER", "RU4M_CONTACT_EMAIL",
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


@pytest.mark.promise("RGT-11")
def test_idle_time_longer_than_devices_are_known_refuses_the_start() -> None:
    with pytest.raises(SettingsError, match="RU4M_ERASURE_IDLE_DAYS"):
        read({**environment.variables(), "RU4M_PERIODS": "known_device=P7D"})


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
