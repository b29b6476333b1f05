"""Mutants of STR-3: Stream accepts only short-lived tokens of live sessions; members alone read a channel."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="token_outlives_the_session",
        promise="STR-3",
        place="chalicelib.stream.token:mint",
        find="min(read_at + settings().chat_token_life, session_ends)",
        replace="read_at + settings().chat_token_life",
        harm="A phone that its owner lost reads the chat for up to an hour after its session has lapsed.",
    ),
    Mutant(
        name="token_counts_as_issued_after_the_read",
        promise="STR-3",
        place="chalicelib.stream.token:mint",
        find="read_at - CLOCK_SKEW",
        replace="clock.now() - CLOCK_SKEW",
        harm=(
            "A stolen phone that asks for a token while its owner signs it out reads the chat for "
            "another hour."
        ),
    ),
    Mutant(
        name="revocation_is_dropped_after_a_quarter_hour",
        promise="STR-3",
        place="chalicelib.stream.users.sync:_revoke",
        find="settings().chat_token_life",
        replace="settings().access_token_life",
        harm=(
            "Stream is down for half an hour after a sign-out, and then the phone that was signed "
            "out reads the chat."
        ),
    ),
    Mutant(
        name="session_stays_if_a_later_revocation_exists",
        promise="STR-3",
        place="chalicelib.accounts.sessions.logout:_end",
        find="commit(*notes, *ended)",
        replace="return",
        harm=(
            "A user signs out two phones at the same moment, and one of them stays signed in and "
            "reads the chat."
        ),
    ),
    Mutant(
        name="restricted_account_gets_a_token",
        promise="STR-3",
        place="chalicelib.accounts.sessions.caller:_REFUSED_STATES",
        find=", AccountState.RESTRICTED: Restricted",
        replace="",
        harm=(
            "A user had the use of their data restricted, and a phone with a session still gets "
            "into the chat."
        ),
    ),
    Mutant(
        name="restriction_is_not_due_at_stream",
        promise="STR-3",
        place="chalicelib.accounts.store.states:_moving_to",
        find="put |= also | unsent.new_mark(place)",
        replace="put |= also",
        harm="Stream is down when a user is restricted, and the user's phone stays in the chat.",
    ),
    Mutant(
        name="mark_of_a_newer_change_is_removed",
        promise="STR-3",
        place="chalicelib.privacy.unsent:is_marked",
        find='Attr("unsent.token").eq(token)',
        replace='Attr("unsent").exists()',
        harm="A user changes the name or signs out while a job sends the state before, and it stays so.",
    ),
    Mutant(
        name="late_call_is_not_made_up_for",
        promise="STR-3",
        place="chalicelib.reconciliation.unsent:_follow",
        find="commit(unsent.replacement(mark.place))",
        replace="pass",
        harm="A slow worker sends a user who was suspended meanwhile, and the user stays active at Stream.",
    ),
    Mutant(
        name="postponed_row_is_dropped",
        promise="STR-3",
        place="chalicelib.reconciliation.unsent:_AccountRows.writes",
        find="unsent.postponement(mark)",
        replace="unsent.removal(mark)",
        harm="Stream does not answer once, and a signed-out phone or a suspended user stays in the chat.",
    ),
    Mutant(
        name="postponed_rows_come_first",
        promise="STR-3",
        place="chalicelib.reconciliation.unsent:_due",
        find="in_turn(new, unsent.due(UnsentList.AGAIN, now))",
        replace="(one for rows in (unsent.due(UnsentList.AGAIN, now), new) for one in rows)",
        harm="Stream fails on rows of some users, and the signed-out phones of all others stay in the chat.",
    ),
    Mutant(
        name="failing_profile_is_never_sent_alone",
        promise="STR-3",
        place="chalicelib.reconciliation.unsent:_send",
        find=">= _ALONE_AFTER]",
        replace="< 0]",
        harm="Stream fails on one profile, and users who are sent together with it keep revoked tokens.",
    ),
    Mutant(
        name="silence_does_not_end_a_run",
        promise="STR-3",
        place="chalicelib.stream.line:calling",
        find="line.closed, _silent_at = True, clock.now()",
        replace="pass",
        harm=(
            "Stream hangs, and each delivery waits for it until the table's stream drops the sign-outs that "
            "are behind."
        ),
    ),
    Mutant(
        name="other_channel_types_are_not_checked",
        promise="STR-3",
        place="chalicelib.stream.settings.baseline:settings_for",
        find="in sorted(found.channel_types | {OUR_CHANNEL_TYPE}):",
        replace="in (OUR_CHANNEL_TYPE,):",
        harm="Any user reads the channels of a type that Stream opens to all, and no alarm rings.",
    ),
)
