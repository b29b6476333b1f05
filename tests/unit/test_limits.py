"""Limits and the breaker: what they count, and what they do in an outage (ADR 12)."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.challenges.model import Limit
from chalicelib.accounts.challenges.numbers import prefix_of
from chalicelib.core import clock, figures, limiter, metrics, table
from chalicelib.core.clock import HOUR
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.http import ClientAddress
from chalicelib.core.limiter import SPREAD_SHARDS, Breaker, Limiter, WhenUnreachable, Window
from chalicelib.core.settings import SettingsError, read, settings
from chalicelib.core.table import Key
from chalicelib.privacy.periods import Period
from tests.support import patches
from tests.support.clouds import cloud, environment
from tests.support.faults.outages import OUTAGES, named
from tests.support.faults.races import just_before
from tests.support.world.limits import allow
from tests.support.world.world import World

FEW = 5
GROUP = "+381 600"


def a_limiter(when_unreachable: WhenUnreachable = WhenUnreachable.REFUSE) -> Limiter:
    return Limiter(LimitName.BLOCKS, (Window(lambda: HOUR, lambda: FEW),), TooMany, when_unreachable)


def a_breaker(when_unreachable: WhenUnreachable = WhenUnreachable.REFUSE) -> Breaker:
    """Return a breaker that admits `FEW` uses, then more while at most 80 percent are lost."""
    return Breaker(LimitName.BLOCKS, lambda: HOUR, lambda: FEW, lambda: 80, TooMany, when_unreachable)


_lots = itertools.count()


def use(one: Breaker, group: str = GROUP) -> Key | None:
    return one.hit(group, str(next(_lots)))


def count_success(one: Breaker) -> None:
    one.count_success(GROUP, str(next(_lots)))


def use_with_success(one: Breaker) -> Key | None:
    """Count a use and its success; returns the key of the counter."""
    lot = str(next(_lots))
    one.count_success(GROUP, lot)
    return one.hit(GROUP, lot)


def is_refused(one: Breaker) -> bool:
    """Return whether a use is refused now; an admitted use is uncounted again."""
    try:
        one.uncount(use(one))
    except TooMany:
        return True
    return False


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    limiter.forget_busy()
    settings.cache_clear()


# The breaker


def test_first_uses_of_a_group_are_admitted_without_any_success(world: World) -> None:
    one = a_breaker()
    for _ in range(FEW):
        use(one)
    with pytest.raises(TooMany):
        use(one)


@pytest.mark.parametrize("good", [1, 2, 3])
def test_group_is_refused_once_more_than_its_share_of_uses_is_lost(world: World, good: int) -> None:
    one = a_breaker()
    for _ in range(good):
        count_success(one)
    for _ in range(5 * good):  # four of five lost: exactly the share
        use(one)
    use(one)
    assert is_refused(one)


def test_refused_uses_are_not_counted_so_one_success_admits_the_group_again(world: World) -> None:
    one = a_breaker()
    for _ in range(FEW):
        use(one)
    for _ in range(20):
        with pytest.raises(TooMany):
            use(one)
    count_success(one)
    assert not is_refused(one)


def test_refused_group_is_admitted_again_at_the_stated_time(world: World) -> None:
    one = a_breaker()
    world.advance(timedelta(minutes=40))
    for _ in range(FEW):
        use(one)
    with pytest.raises(TooMany) as refused:
        use(one)
    assert refused.value.members == {"limit": "blocks", "retry_after": 20 * 60}
    world.advance(timedelta(minutes=20) - timedelta(seconds=1))
    assert is_refused(one)
    world.advance(timedelta(seconds=1))
    assert not is_refused(one)


def test_refused_group_does_not_affect_another_group(world: World) -> None:
    one = a_breaker()
    for _ in range(FEW):
        use(one)
    use(one, "+381 640")


def test_one_of_two_concurrent_uses_over_the_limit_is_refused(world: World) -> None:
    one = a_breaker()
    for _ in range(FEW - 1):
        use(one)
    just_before(table, "write", lambda: use(one))
    with pytest.raises(TooMany):
        use(one)


def test_uncounted_use_does_not_count(world: World) -> None:
    one = a_breaker()
    for _ in range(3 * FEW):
        one.uncount(use(one))
    for _ in range(FEW):
        use(one)
    assert is_refused(one)


def test_uncounted_use_adds_no_debt(world: World) -> None:
    one = a_breaker()
    for _ in range(FEW):
        one.uncount(use(one))
    use_with_success(one)
    for _ in range(FEW - 1):
        use(one)
    assert not is_refused(one)


def test_use_that_is_uncounted_repeatedly_is_subtracted_once(world: World) -> None:
    one = a_breaker()
    place = use(one)
    for _ in range(3):
        one.uncount(place)
    for _ in range(FEW):
        use(one)
    assert is_refused(one)


def test_success_is_ignored_while_the_counter_is_unreachable(world: World) -> None:
    with cloud.failing("dynamodb", "UpdateItem", OUTAGES[0]):
        count_success(a_breaker())


def test_busy_group_is_spread_over_32_more_items(world: World) -> None:
    busy_from(2 * FEW)
    one = a_breaker()
    places = [use_with_success(one) for _ in range(300)]
    assert len(set(places[: 2 * FEW])) == 1
    assert len({*places[2 * FEW :]} - {places[0]}) == len(SPREAD_SHARDS)


def test_busy_group_without_successes_is_refused_in_all_its_items(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy_from(2 * FEW)
    monkeypatch.setattr(limiter, "SPREAD_SHARDS", ("00", "01", "02", "03"))
    one = a_breaker()
    for _ in range(2 * FEW):
        use_with_success(one)
    taken = 0
    for _ in range(20 * 4 * FEW):
        try:
            use(one)
        except TooMany:
            continue
        taken += 1
    assert taken == 4 * FEW


def test_refused_container_spreads_its_counts_over_the_items_of_a_busy_group(world: World) -> None:
    busy_from(2 * FEW)
    one = a_breaker()
    for _ in range(2 * FEW):
        use_with_success(one)
    limiter.forget_busy()
    first = one.hit(GROUP, "1")
    with suppress(TooMany):
        while True:
            limiter.forget_busy()
            use(one)
    assert one.hit(GROUP, "1") != first


def test_group_is_busy_until_its_slot_ends(world: World) -> None:
    busy_from(FEW)
    one = a_breaker()
    for _ in range(FEW):
        use_with_success(one)
    world.advance(HOUR)
    assert len({use(one) for _ in range(FEW)}) == 1


def busy_from(uses: int) -> None:
    patches.current().setattr(limiter, "_BUSY", uses)


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("phone", "prefix"),
    [
        ("+381601234567", "+381 601"),
        ("+12025550123", "+1 202"),
        ("+393123456789", "+39 312"),
        ("+29051234", "+290 5"),  # five digits: a prefix of three would leave only a hundred numbers
    ],
)
def test_prefix_is_a_country_and_a_block_of_at_least_ten_thousand_numbers(phone: str, prefix: str) -> None:
    assert prefix_of(phone, 3) == prefix


@pytest.mark.promise("SEC-1")
def test_counter_does_not_reveal_its_subject(world: World) -> None:
    use(a_breaker(), "+381 601234567")
    (item,) = cloud.records("limit")
    assert "601234567" not in str(item)


@pytest.mark.promise("RET-1")
def test_every_counter_is_a_declared_record_that_ends_with_its_slot(world: World) -> None:
    world.a_user()
    busy_from(FEW)
    one = a_breaker()
    for _ in range(2 * FEW):
        use_with_success(one)
    counters = cloud.records(Limit.declaration.kind)
    assert len(counters) == len([i for i in cloud.all_items() if i["pk"]["S"].startswith("limit#")]) > 5
    for counter in counters:
        began = datetime.fromisoformat(counter["began_at"]["S"])
        ends = clock.from_epoch(int(counter["expires_at"]["N"]))
        assert began <= world.now < ends <= began + Period.LIMIT.length
        assert counter["delete_at"] == counter["expires_at"]


# Outages of the counters


@pytest.mark.parametrize("outage", OUTAGES, ids=named)
def test_limit_with_rule_refuse_refuses_while_its_counter_is_unreachable(
    world: World, outage: Exception
) -> None:
    with cloud.failing("dynamodb", "UpdateItem", outage):
        with pytest.raises(Unavailable):
            a_limiter().hit("x")
        with pytest.raises(Unavailable):
            a_limiter().check("x")
        with pytest.raises(Unavailable):
            use(a_breaker())


@pytest.mark.parametrize("outage", OUTAGES, ids=named)
def test_limit_with_rule_allow_counts_uncounted_uses_in_a_metric(
    world: World, outage: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with cloud.failing("dynamodb", "UpdateItem", outage):
        a_limiter(WhenUnreachable.ALLOW).hit("x")
        one = a_breaker(WhenUnreachable.ALLOW)
        one.uncount(use(one))
    metrics.flush()
    assert '"UseNotCounted":[1.0,1.0]' in capsys.readouterr().out.replace(" ", "")


@pytest.mark.parametrize("when", WhenUnreachable)
def test_limit_with_a_reachable_counter_refuses_under_either_rule(
    world: World, when: WhenUnreachable
) -> None:
    limiter = a_limiter(when)
    for _ in range(FEW):
        limiter.hit("x")
    with pytest.raises(TooMany):
        limiter.hit("x")


@pytest.mark.parametrize("error", [e for e in OUTAGES if isinstance(e, ClientError)][:4], ids=named)
def test_throttled_write_of_a_counter_is_sent_again(world: World, error: Exception) -> None:
    with cloud.failing("dynamodb", "UpdateItem", error, times=2):
        a_limiter().hit("x")


def test_check_refuses_as_a_hit_would_and_counts_nothing(world: World) -> None:
    limiter = a_limiter()
    for _ in range(2 * FEW):
        limiter.check("x")
    for _ in range(FEW):
        limiter.hit("x")
    with pytest.raises(TooMany) as refused:
        limiter.check("x")
    assert refused.value.members == {"limit": "blocks", "retry_after": 3600}


def test_part_of_a_subject_has_a_limit_within_the_limit_of_the_whole(world: World) -> None:
    def of_part(part: str) -> Limiter:
        windows = (Window(lambda: HOUR, lambda: FEW), Window(lambda: HOUR, lambda: 3, part=part))
        return Limiter(LimitName.BLOCKS, windows, TooMany, WhenUnreachable.REFUSE)

    def taken(part: str) -> int:
        count = 0
        with suppress(TooMany):
            while True:
                of_part(part).hit("x")
                count += 1
        return count

    assert [taken(part) for part in ("da1", "db2", "dc3")] == [3, FEW - 3, 0]
    of_part("db2").uncount("x")
    assert [taken(part) for part in ("da1", "dc3")] == [0, 1]
    assert len(cloud.records("limit")) == 1


# The figures

DEFAULTS = {
    "codes_per_number_short": 5, "codes_per_number_minutes": 30, "codes_per_number_day": 10,
    "codes_reserved_day": 3, "codes_reserved_for_account_day": 9,
    "codes_to_step_up_day": 5, "codes_mailed_for_account_day": 20, "codes_to_change_number_day": 5,
    "operator_calls_per_minute": 120, "subject_lookups_day": 100,
    "codes_to_let_in_day": 3, "codes_to_guest_day": 4, "codes_mailed_to_guests_hour": 500,
    "codes_per_address": 300, "codes_per_address_minutes": 5,
    "attempts_per_address": 60, "attempts_per_address_minutes": 10, "unknown_challenges_per_address": 60,
    "links_per_address": 60, "devices_linked_day": 20,
    "address_bits_v4": 24, "address_bits_v6": 64, "site_bits_v6": 48,
    "codes_per_prefix_least": 50, "codes_per_prefix_lost": 80, "codes_per_prefix_minutes": 60,
    "codes_unverified_country_hour": 100, "codes_unverified_country_day": 300,
    "codes_unverified_hour": 3_000, "codes_unverified_day": 20_000,
    "codes_history_hour_share": 20, "codes_history_day_share": 30, "codes_earned_share": 50,
    "codes_block_share": 10, "codes_block_least": 10, "codes_block_earned_share": 100,
    "codes_block_free_share": 60,
    "prefix_digits": 3, "usage_events_per_day": 5_000, "profile_changes_day": 200, "secret_changes_day": 10,
    "avatars_day": 20,
    "consents_given_day": 50, "notices_accepted_day": 50, "rights_requests_day": 20,
    "abuse_reports_day": 20, "anonymous_reports_day": 20,
    "contact_codes_day": 20, "contact_attempts_day": 50, "invitations_day": 20,
    "invitations_first_week_day": 5, "invitations_declined_week": 5, "blocks_day": 200,
    "matched_numbers_most": 1_400, "matched_numbers_first_week": 500, "matched_numbers_per_address": 10_000,
    "contacts_most": 1_000, "blocks_most": 500, "invitations_most": 100,
    "conversations_day": 100, "conversation_changes_day": 200, "group_names_day": 100,
    "message_deletions_day": 1_000, "conversation_members_most": 49,
    "notification_changes_day": 200, "missed_calls_day": 100, "missed_calls_most": 200,
    "push_registrations_day": 20,
    "logins_per_address": 60, "logins_per_address_minutes": 10, "logins_per_name_day": 10,
}  # fmt: skip
COUNTS = {
    "codes_per_number_short", "codes_per_number_day", "codes_per_address", "attempts_per_address",
    "codes_to_let_in_day", "codes_to_guest_day", "codes_mailed_to_guests_hour",
    "codes_per_prefix_least", "codes_to_step_up_day", "codes_mailed_for_account_day",
    "codes_to_change_number_day", "operator_calls_per_minute", "subject_lookups_day",
    "unknown_challenges_per_address", "links_per_address", "devices_linked_day",
    "profile_changes_day", "consents_given_day", "notices_accepted_day", "rights_requests_day",
    "secret_changes_day", "codes_reserved_day", "codes_reserved_for_account_day",
    "codes_unverified_country_hour", "codes_unverified_country_day",
    "codes_unverified_hour", "codes_unverified_day", "codes_block_least",
    "abuse_reports_day", "anonymous_reports_day", "contact_codes_day", "contact_attempts_day",
    "invitations_day",
    "invitations_first_week_day", "invitations_declined_week", "blocks_day",
    "conversations_day", "conversation_changes_day", "group_names_day", "message_deletions_day",
    "logins_per_address", "logins_per_name_day", "avatars_day", "notification_changes_day",
    "missed_calls_day", "push_registrations_day",
}  # fmt: skip


def test_figures_have_these_defaults_unless_the_environment_sets_them() -> None:
    assert vars(read(environment.variables()).limits) == DEFAULTS


def test_stage_local_has_the_same_limits_as_any_stage() -> None:
    assert vars(read({**environment.variables(), "RU4M_STAGE": "local"}).limits) == DEFAULTS


def test_widening_multiplies_counts_of_uses_and_no_other_figure() -> None:
    wide = vars(read({**environment.variables(), **figures.widened(1000)}).limits)
    assert wide == {name: min(n * 1000, 1_000_000) if name in COUNTS else n for name, n in DEFAULTS.items()}


def test_packed_figures_are_read_like_their_variables() -> None:
    given = {"RU4M_LIMIT_CODES_PER_NUMBER_DAY": "20", "RU4M_PUSH_WHOLE_SECONDS": "60"}
    text = figures.packed({**given, "RU4M_STAGE": "staging"})
    assert text == "limit_codes_per_number_day=20,push_whole_seconds=60"
    configured = read({**environment.variables(), "RU4M_FIGURES": text})
    assert (configured.limits.codes_per_number_day, configured.push.whole_seconds) == (20, 60)
    assert configured.limits.codes_per_number_short == DEFAULTS["codes_per_number_short"]


def test_default_figures_are_not_packed() -> None:
    assert figures.packed({"RU4M_STAGE": "staging"}) == figures.DEFAULTS


@pytest.mark.parametrize("name", ["RU4M_LIMIT_NO_SUCH_THING", "RU4M_PUSH_"])
def test_unknown_figure_is_refused_when_packed(name: str) -> None:
    with pytest.raises(figures.BadFigure, match=name):
        figures.packed({name: "1"})


def test_bad_figure_is_refused_when_packed() -> None:
    with pytest.raises(figures.BadFigure, match="RU4M_LIMIT_CODES_PER_NUMBER_DAY"):
        figures.packed({"RU4M_LIMIT_CODES_PER_NUMBER_DAY": "0"})


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("stage", ["local", "production"])
def test_each_figure_can_be_set(name: str, stage: str) -> None:
    unlike = {
        "address_bits_v6": "48",
        "site_bits_v6": "40",
        "prefix_digits": "2",
        "usage_events_per_day": "800",
        **{name: "800" for name in DEFAULTS if name.startswith("matched_numbers")},
    }
    variable, value = figures.variable(figures.Limits, name), unlike.get(name, "8")
    variables = {**environment.variables(), "RU4M_STAGE": stage, variable: value}
    assert getattr(read(variables).limits, name) == int(value)


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "s3cret", "99999999"])
def test_bad_figure_refuses_the_start_and_names_the_variable_without_its_value(name: str, value: str) -> None:
    variable = figures.variable(figures.Limits, name)
    with pytest.raises(SettingsError, match=variable) as refused:
        read({**environment.variables(), variable: value})
    assert "s3cret" not in str(refused.value)


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize(("name", "bits"), [("address_bits_v4", "25"), ("address_bits_v6", "65")])
def test_block_of_addresses_can_be_made_coarser_but_not_finer(name: str, bits: str) -> None:
    with pytest.raises(SettingsError, match=figures.variable(figures.Limits, name)):
        read({**environment.variables(), figures.variable(figures.Limits, name): bits})


@pytest.mark.parametrize(
    ("name", "bits", "address", "block"),
    [
        ("address_bits_v4", 16, "203.0.113.77", "203.0.0.0/16"),
        ("address_bits_v4", 16, "::ffff:203.0.113.77", "203.0.0.0/16"),
        ("address_bits_v6", 48, "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
    ],
)
def test_size_of_a_block_is_a_figure(name: str, bits: int, address: str, block: str) -> None:
    allow(**{name: bits})
    assert ClientAddress(address).block == block


@given(st.lists(st.sampled_from(["use", "good"]), max_size=30), st.integers(1, 99))
def test_debt_is_positive_exactly_while_more_uses_than_the_share_are_lost(
    events: list[str], lost: int
) -> None:
    uses, good = events.count("use"), events.count("good")
    debt = uses * (100 - lost) - good * 100
    assert (debt > 0) == ((uses - good) * 100 > lost * uses)
