"""Mutants of STR-9: the members of a conversation at Stream are those whom our record names."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="block_during_the_opening_is_missed",
        promise="STR-9",
        place="chalicelib.people.conversations.service:_open_pair",
        find="            contacts.still_contact(wish.me.account_id, other),\n",
        replace="",
        harm=(
            "A user whom another one blocks at that moment opens a conversation with them and writes to them."
        ),
    ),
    Mutant(
        name="member_who_left_stays_after_an_outage",
        promise="STR-9",
        place="chalicelib.people.conversations.channel_sync:send",
        find="return False",
        replace="return True",
        harm=(
            "Stream is down when a user leaves a group, and the others still see the user as a member there."
        ),
    ),
    Mutant(
        name="leave_is_not_marked",
        promise="STR-9",
        place="chalicelib.people.conversations.store:_write",
        find="_item(after) | unsent.new_mark(place, _token(after))",
        replace="_item(after)",
        harm="Stream is down when a user leaves a conversation, and the user reads it from then on.",
    ),
    Mutant(
        name="channel_of_the_ended_stays_after_a_late_call",
        promise="STR-9",
        place="chalicelib.reconciliation.unsent:_ConversationRow.follow",
        find="if self.found.conversation.members:",
        replace="if False:",
        harm="Both users have left, and a slow worker makes their channel again: they still meet there.",
    ),
    Mutant(
        name="new_member_meets_a_user_who_blocks_them",
        promise="STR-9",
        place="chalicelib.people.conversations.service:change_members",
        find="_admissible(me.account_id, new, before.account_ids)",
        replace="_admissible(me.account_id, new, ())",
        harm="A user finds themselves in a group with a person whom they block.",
    ),
    Mutant(
        name="former_member_reads_and_renames",
        promise="STR-9",
        place="chalicelib.people.conversations.service:own_conversation",
        find=" or not found.has(me.account_id)",
        replace="",
        harm="A user who was removed from a group still sees who joins it, and gives it a name.",
    ),
    Mutant(
        name="new_name_is_not_sent_after_an_outage",
        promise="STR-9",
        place="chalicelib.people.conversations.channel_sync:_match",
        find="if named.name is not None and found.name != named.name:",
        replace="if False:",
        harm="Stream is down when a member renames a group, and the others see the old name for good.",
    ),
)
