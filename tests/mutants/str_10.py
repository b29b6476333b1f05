"""Mutants of STR-10: users can hide that they are online."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="status_is_sent_the_wrong_way_round",
        promise="STR-10",
        place="chalicelib.stream.users.sync:chat_profile",
        find="not profile.online_visible if",
        replace="profile.online_visible if",
        harm="A user who hides their status is shown online to all who share a conversation with them.",
    ),
    Mutant(
        name="profile_is_sent_without_the_status",
        promise="STR-10",
        place="chalicelib.stream.gateway:_fields",
        find=', "invisible": profile.invisible}',
        replace="}",
        harm="A hidden user changes their name, and the write that replaces the user shows them online.",
    ),
    Mutant(
        name="status_that_no_user_chose_stays_visible",
        promise="STR-10",
        place="chalicelib.accounts.profiles.model:_hiding_status",
        find='if name != "online_visible"',
        replace='if name != ""',
        harm="Each user of before is shown online, although the switch did nothing when it was stored.",
    ),
    Mutant(
        name="event_of_a_client_that_shows_its_user_is_dropped",
        promise="STR-10",
        place="chalicelib.stream.webhook.events:_user_with_other_fields",
        find="and not answers.shows_hidden(user)",
        replace="and answers.shows_hidden(user)",
        harm="An app shows a hidden user online, and that stays so until the pass comes, days later.",
    ),
    Mutant(
        name="pass_ignores_the_status",
        promise="STR-10",
        place="chalicelib.stream.model:ChatProfile",
        find="return self.invisible is not None and self.invisible != found.invisible",
        replace="return False",
        harm="A user who existed before the policy names the status is shown online forever.",
    ),
    Mutant(
        name="status_is_stored_without_effect",
        promise="STR-10",
        place="chalicelib.consents.profile_changes.service:change",
        find="raise NotOffered",
        replace="changes.model_dump()",
        harm="A user switches their status off, gets 200, and contacts still see when they are online.",
    ),
)
