"""Mutants of ACC-9: a photo is shown as an avatar, without the metadata in its file."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="metadata_is_written_again",
        promise="ACC-9",
        place="chalicelib.core.images:_decoded",
        find="            return flat\n",
        replace='            return clear.convert("RGB")\n',
        harm="The place at which a user took a photo is sent to everybody who sees their avatar.",
    ),
    Mutant(
        name="picture_of_a_restricted_account_is_shown",
        promise="ACC-9",
        place="chalicelib.accounts.avatars.service:show",
        find="if account and account.is_active and avatar",
        replace="if account and avatar",
        harm="A picture is shown although its owner had all use of their data restricted.",
    ),
    Mutant(
        name="replaced_picture_stays_at_its_address",
        promise="ACC-9",
        place="chalicelib.accounts.avatars.service:show",
        find="avatar.picture == avatar_id:",
        replace="avatar.picture:",
        harm="The address of a picture that a user replaced still leads to the file, as long as it exists.",
    ),
    Mutant(
        name="late_upload_replaces_a_removed_picture",
        promise="ACC-9",
        place="chalicelib.accounts.avatars.store:_of_worker",
        find='newest = Attr("upload").eq(avatar.upload) & Attr',
        replace="newest = Attr",
        harm="A picture that a user replaced before it was processed is shown nevertheless.",
    ),
    Mutant(
        name="removal_leaves_the_picture_at_stream",
        promise="ACC-9",
        place="chalicelib.accounts.avatars.store:removal",
        find="put=unsent.new_mark(place), ",
        replace="",
        harm="Chats show the address of a picture that its owner removed.",
    ),
)
