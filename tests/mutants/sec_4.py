"""Mutants of SEC-4: breaches are reported within the legal deadline."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="deadline_counts_from_the_entry",
        promise="SEC-4",
        place="chalicelib.operations.breaches.record:open_breach",
        find="rule_of(new, one), new.discovered_at)",
        replace="rule_of(new, one), now)",
        harm=(
            "The authority learns of a breach too late, because its deadline starts when an "
            "operator enters the breach."
        ),
    ),
    Mutant(
        name="alarm_watches_the_last_deadline",
        promise="SEC-4",
        place="chalicelib.operations.breaches.notices:BreachFigures.of",
        find="min(deadlines, default=None)",
        replace="max(deadlines, default=None)",
        harm=(
            "Operators get no warning of the nearest deadline, so an authority learns of a breach too late."
        ),
    ),
    Mutant(
        name="unreadable_account_counts_as_of_another_country",
        promise="SEC-4",
        place="chalicelib.operations.breaches.notices:_read_affected",
        find="found[account_id] = NoticeRecipient(account_id)",
        replace="found[account_id] = None",
        harm=(
            "A person whose account cannot be read gets no notice of a breach that concerns their country."
        ),
    ),
    Mutant(
        name="letter_that_fails_counts_as_sent",
        promise="SEC-4",
        place="chalicelib.messages.campaigns.campaign:_send",
        find="return NoticeOutcome.WAITING",
        replace="return NoticeOutcome.MAILED",
        harm=(
            "A person whose letter could not be composed once never learns of the breach, and "
            "counts as notified."
        ),
    ),
    Mutant(
        name="outage_leaves_the_notice_of_a_breach_to_the_app",
        promise="SEC-4",
        place="chalicelib.operations.breaches.notices:campaign_of",
        find="owes_mail=True",
        replace="owes_mail=False",
        harm="A person who does not open the app never learns of a breach that was announced in an outage.",
    ),
    Mutant(
        name="notice_in_other_words_is_sent",
        promise="SEC-4",
        place="chalicelib.operations.breaches.decide:_check_rendering",
        find="if seen and seen",
        replace="if not seen and seen",
        harm="People get a notice of a breach in words that no operator has seen.",
    ),
)
