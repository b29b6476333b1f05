"""The closed lists of words in refusals, so that an app can show each of them in its user's language.

From 0.1.0 a list may get new words; no word is removed or gets another meaning. infra/contract_words.toml has
the meanings. `word_of` gives each of pydantic's kinds of errors one of our words, so an update of pydantic
changes no answer.
"""

import re
from enum import StrEnum
from itertools import chain


class ErrorCode(StrEnum):
    """The rule that a place in the request breaks."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    REPEATED = "repeated"
    WRONG_TYPE = "wrong_type"
    MALFORMED = "malformed"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_CHOICE = "not_a_choice"
    DOES_NOT_APPLY = "does_not_apply"
    ONE_CONTACT = "one_contact"
    INVALID_PHONE = "invalid_phone"
    COUNTRY_NOT_SERVED = "country_not_served"
    INVALID_EMAIL = "invalid_email"
    INVALID_URL = "invalid_url"
    ANOTHER_WAY = "another_way"
    SEPARATE_REQUEST = "separate_request"
    OTHER_RIGHT = "other_right"
    OTHER_BASIS = "other_basis"
    NOT_RESTRICTABLE = "not_restrictable"
    NOT_SEPARABLE = "not_separable"
    RESERVED = "reserved"
    TOO_COMMON = "too_common"
    CONTAINS_USERNAME = "contains_username"
    INSULTING = "insulting"


class LimitName(StrEnum):
    """The limit that was reached."""

    CODES_PER_NUMBER = "codes_per_number"
    CODES_PER_MAILBOX = "codes_per_mailbox"
    CODES_PER_ADDRESS = "codes_per_address"
    CODES_PER_PREFIX = "codes_per_prefix"
    CODES_PER_COUNTRY = "codes_per_country"
    CODES_IN_ALL = "codes_in_all"
    CODES_TO_STEP_UP = "codes_to_step_up"
    CODES_TO_LET_IN = "codes_to_let_in"
    CODES_TO_CHANGE_NUMBER = "codes_to_change_number"
    CODES_TO_GUEST = "codes_to_guest"
    CODES_MAILED_FOR_ACCOUNT = "codes_mailed_for_account"
    CODES_MAILED_TO_GUESTS = "codes_mailed_to_guests"
    RESEND = "resend"
    ATTEMPTS_PER_ADDRESS = "attempts_per_address"
    UNKNOWN_CHALLENGES_PER_ADDRESS = "unknown_challenges_per_address"
    LINKS_PER_ADDRESS = "links_per_address"
    DEVICES_LINKED = "devices_linked"
    SECRET_TRIES = "secret_tries"  # noqa: S105 - the name of a limit
    LOGINS_PER_ADDRESS = "logins_per_address"
    LOGINS_PER_NAME = "logins_per_name"
    SECRET_CHANGES = "secret_changes"  # noqa: S105 - the name of a limit
    PROFILE_CHANGES = "profile_changes"
    AVATARS = "avatars"
    CONSENTS_GIVEN = "consents_given"
    NOTICES_ACCEPTED = "notices_accepted"
    RIGHTS_REQUESTS = "rights_requests"
    CONTACT_CODES = "contact_codes"
    CONTACT_ATTEMPTS = "contact_attempts"
    INVITATIONS = "invitations"
    MATCHED_NUMBERS = "matched_numbers"
    MATCHED_NUMBERS_PER_ADDRESS = "matched_numbers_per_address"
    BLOCKS = "blocks"
    CONVERSATIONS = "conversations"
    CONVERSATION_CHANGES = "conversation_changes"
    GROUP_NAMES = "group_names"
    MESSAGE_DELETIONS = "message_deletions"
    NOTIFICATION_CHANGES = "notification_changes"
    MISSED_CALLS = "missed_calls"
    PUSH_REGISTRATIONS = "push_registrations"
    ABUSE_REPORTS = "abuse_reports"
    REQUESTS = "requests"


class InnerLimit(StrEnum):
    """Limits that no answer of the public contract names: those of operators and workers.

    The reserve of a device answers with the limit that it stands in for.
    """

    OPERATOR_CALLS = "operator_calls"
    SUBJECT_LOOKUPS = "subject_lookups"
    CODES_RESERVED = "codes_reserved"
    ANONYMOUS_REPORTS = "anonymous_reports"
    HOOK_STRIP = "hook_strip"
    HOOK_STRIP_IN_ALL = "hook_strip_in_all"
    HOOK_STRIP_WAITING = "hook_strip_waiting"


# Patterns of pydantic's kinds of errors. Any other one is malformed; a test lists those of this pydantic.
PYDANTIC_KINDS = {
    ErrorCode.MISSING: r"missing|missing_(\w+_)?argument|union_tag_not_found",
    ErrorCode.UNEXPECTED: r"extra_forbidden|unexpected_\w+_argument|multiple_argument_values",
    ErrorCode.WRONG_TYPE: r"\w+_type|is_\w+_of|int_from_float|none_required|needs_python_object",
    ErrorCode.TOO_SHORT: r"(string_|bytes_)?too_short",
    ErrorCode.TOO_LONG: r"(string_|bytes_|url_)?too_long",
    ErrorCode.OUT_OF_RANGE: (
        r"(greater|less)_than(_equal)?|multiple_of|finite_number|int_parsing_size|date(time)?_(past|future)"
        r"|decimal_(max_digits|max_places|whole_digits)"
    ),
    ErrorCode.NOT_A_CHOICE: r"enum|literal_error|union_tag_invalid",
}


def word_of(kind: str) -> ErrorCode:
    """Return our word for a kind of error: of pydantic's, or our word itself, of a validator of ours."""
    matching = (word for word, pattern in PYDANTIC_KINDS.items() if re.fullmatch(pattern, kind))
    return next(chain((word for word in ErrorCode if word == kind), matching), ErrorCode.MALFORMED)
