"""The dimensions of metrics: closed lists of values, so that the number and the cost of metrics are bounded.

CloudWatch charges for each value of a dimension as for a metric of its own. A value that is not listed is
counted as `other`, so nothing that a client sends can create a metric. No value is personal data (SEC-1).
Tests compare each list with the code that it repeats: core imports no concept.
"""

from enum import Enum

OTHER = "other"


class Dimension(Enum):
    """Name of a dimension as CloudWatch shows it, and its values beside `other`."""

    # The countries with most users; the others that are served are counted together.
    COUNTRY = ("country", "RS BA ME MK XK AL HR SI AT DE CH")
    CODE = ("code", "signup step_up email number guest")
    BUDGET = ("budget", "codes_per_country codes_in_all")
    LIMIT = (
        "limit",
        """codes_per_number codes_per_mailbox codes_per_address codes_per_prefix codes_per_country
        codes_in_all codes_to_step_up codes_mailed_for_account codes_to_change_number codes_to_guest
        codes_mailed_to_guests resend attempts_per_address
        unknown_challenges_per_address profile_changes consents_given notices_accepted rights_requests
        contact_codes contact_attempts invitations blocks conversations conversation_changes
        message_deletions operator_calls subject_lookups""",
    )
    REASON = ("reason", "no_token malformed unknown_key bad_signature expired wrong_claims")
    RIGHT = (
        "right",
        """access portability rectification erasure restriction objection marketing_objection
        consent_withdrawal""",
    )
    AGE = ("age", "day week two_weeks month")
    PURPOSE = (
        "purpose",
        """analytics marketing personalised_ads location_sharing contact_matching social_verification
        message_backup""",
    )
    RECIPIENT = ("recipient", "AWS STREAM BELGRADE_OFFICE")
    FUNCTION = (
        "function",
        """about access_token admin announce_notices announce_to_shard chat check_chat_settings
        checkpoint_ledger close_idle_accounts consents contacts conversations erase_accounts hooks
        keep_holds note_bounces notices notify_of_breaches profiles purge_expired reconcile_chat
        record_verified_codes renew_consents renew_shard resync_chat_profiles rights roll_up_usage sessions
        signup sweep_rights sync_chat_profiles transfer_copies usage watch_breaches work_on_hooks
        work_rights""",
    )

    def __init__(self, label: str, values: str) -> None:
        self.label = label
        self.values = (*values.split(), OTHER)

    def listed(self, value: str) -> str:
        """Return the value, or `other` if it is not on the list."""
        return value if value in self.values else OTHER
