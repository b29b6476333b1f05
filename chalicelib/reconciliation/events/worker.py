"""Works on one message of the queue of events."""

from chalicelib.core import clock, observe
from chalicelib.core.errors import Unavailable
from chalicelib.reconciliation.events import losses, softly_deleted, strip
from chalicelib.stream.model import MessageId
from chalicelib.stream.our_app import HookType
from chalicelib.stream.refusals import StreamRefused, StreamUnavailable
from chalicelib.stream.webhook import events


def work(body: str) -> None:
    """Do what an event asks for, by the current state; an invalid message is dropped.

    Raises:
        Unavailable: SQS has to deliver the message again.
    """
    parsed = events.read_message(body)
    if parsed is None:
        return
    hook, not_before = parsed
    if not_before and not_before > clock.now():
        events.send_hook(hook, not_before)
        return
    try:
        match hook.type:
            case HookType.USER_UPDATED:
                strip.strip(hook, has_waited=not_before is not None)
            case HookType.MESSAGE_DELETED:
                softly_deleted.delete_for_good(MessageId(hook.subject))
            case HookType.USER_DELETED | HookType.USER_DEACTIVATED:
                losses.judge(hook, has_waited=not_before is not None)
    except StreamUnavailable:
        raise Unavailable from None
    except StreamRefused as refused:  # after 30 hours it is in the queue of failures
        observe.log_failure("hook_refused", refused, reason=hook.type)
        raise Unavailable from None
