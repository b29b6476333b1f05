"""Mutants of USE-4: what is not necessary requires a choice, and refusing is as easy as accepting."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="signal_leaves_personalised_ads_open",
        promise="USE-4",
        place="chalicelib.consents.model:GPC_REFUSES",
        find="(Purpose.MARKETING, Purpose.PERSONALISED_ADS)",
        replace="(Purpose.MARKETING,)",
        harm=(
            "A person whose browser sends Global Privacy Control has not refused personalised advertisements."
        ),
    ),
    Mutant(
        name="joined_signal_is_ignored",
        promise="USE-4",
        place="chalicelib.core.http.parameters:GlobalPrivacyControl.parse",
        find='on="1" in (part.strip() for part in value.split(","))',
        replace='on=value.strip() == "1"',
        harm=(
            "A browser's Global Privacy Control has no effect if a proxy joins the header with another one."
        ),
    ),
    Mutant(
        name="refusals_count_for_the_daily_limit",
        promise="USE-4",
        place="chalicelib.consents.choices:is_limited",
        find="return asked.state is ConsentState.GIVEN",
        replace="return True",
        harm=(
            "A person who changed their mind often on one day cannot withdraw a consent before the next day."
        ),
    ),
)
