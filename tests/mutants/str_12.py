"""Mutants of STR-12: a message that its author deletes is gone within a day."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="preview_of_an_attachment_stays",
        promise="STR-12",
        place="chalicelib.stream.channels:_FILES",
        find=', "thumb_url": "image"',
        replace="",
        harm="The preview of a picture or video stays at Stream after its author deleted the message.",
    ),
    Mutant(
        name="file_that_stream_keeps_counts_as_gone",
        promise="STR-12",
        place="chalicelib.stream.channels:_delete_file",
        find="return not files.may_be_at_stream(url)",
        replace="return True",
        harm="The message that names the file is deleted, so operators can never find the file.",
    ),
    Mutant(
        name="message_with_a_kept_file_is_dropped",
        promise="STR-12",
        place="chalicelib.reconciliation.events:delete_for_good",
        find="raise SetAside(Flaw.FILE_REFUSED) from None",
        replace="return",
        harm="A message that its author deleted stays hidden at Stream with its file, in silence.",
    ),
    Mutant(
        name="refused_deletion_counts_as_done",
        promise="STR-12",
        place="chalicelib.stream.channels:delete_message",
        find="if find_message(message.id) is not None:",
        replace="if find_message(message.id) is None:",
        harm=(
            "If Stream refuses to delete a message, its author reads that it is gone, and the others can "
            "still read it."
        ),
    ),
    Mutant(
        name="event_is_known_before_it_is_queued",
        promise="STR-12",
        place="chalicelib.stream.webhook.intake:_take",
        find="events.send_hook(hook)\n",
        replace="store.put(digest)\n    events.send_hook(hook)\n",
        harm=(
            "If the queue fails once, Stream's repeated event is dropped, and a message that its author "
            "deleted is only hidden."
        ),
    ),
)
