"""Mutants of STR-11: messages are kept at Stream for a limited time."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="longer_period_prevails",
        promise="STR-11",
        place="chalicelib.stream.settings.service:messages_kept",
        find="return min(",
        replace="return max(",
        harm=(
            "The daily check accepts that Stream keeps a person's messages for thirty days, where seven "
            "were chosen."
        ),
    ),
    Mutant(
        name="missing_policy_is_no_drift",
        promise="STR-11",
        place="chalicelib.stream.settings.baseline:settings_for",
        find='{"policy": OLD_MESSAGES, "max_age_hours": hours})',
        replace='{"policy": OLD_MESSAGES, "max_age_hours": hours}, must_be_stated=False)',
        harm=(
            "While Stream has no period for messages, releases pass and no drift is reported, so messages "
            "stay without an end."
        ),
    ),
    Mutant(
        name="deployment_ignores_the_policy",
        promise="STR-11",
        place="infra.deployment.chat_settings:choices",
        find='min(periods.read(configured)["chat_messages"], policy.messages_kept)',
        replace='periods.read(configured)["chat_messages"]',
        harm=(
            "After a policy promises people fourteen days, a deployed stage still lets Stream keep "
            "messages for thirty."
        ),
    ),
)
