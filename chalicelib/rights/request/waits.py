"""Why a step waits: a closed list, with what ends each wait (ADR 92).

Only operators see a reason: that of a hold would disclose a secret one to the subject.
"""

from chalicelib.privacy.purposes import ExplainedEnum


class WaitReason(ExplainedEnum):
    """What a step waits for, and what ends the wait, in words for operators."""

    # Services that do not respond, and failures
    STREAM_SILENT = ("stream_silent", "Stream does not respond", "Stream responds; it is asked again")
    PROVIDER_SILENT = (
        "provider_silent",
        "no provider takes the mail or the text message now",
        "a provider takes it; it is sent again",
    )
    AWS_SILENT = (
        "aws_silent",
        "a service of AWS does not respond, or other writes come first",
        "the service responds; the step runs again",
    )
    CONTROLLER_SILENT = (
        "controller_silent",
        "the controller that the subject named does not respond",
        "it takes the copy, or the last attempt has failed: the subject then gets the copy",
    )
    FAILED = ("failed", "the step failed", "it runs again; after 12 failures it stops for an operator")

    # Stream
    STREAM_TASK = (
        "stream_task",
        "Stream has not finished its task",
        "Stream reports its end; it is asked again",
    )
    STREAM_PROFILE = (
        "stream_profile",
        "Stream does not have the corrected profile",
        "the job that sends profiles has sent it; after some days the step stops",
    )
    STREAM_CALLS = (
        "stream_calls",
        "an earlier call may still suspend the user at Stream",
        "a minute is over; the user is resumed again",
    )

    # The subject and the subject's other requests
    OTHER_REQUESTS = (
        "other_requests",
        "other requests of the subject are open",
        "they are answered, or the erasure would be late",
    )
    COPY_TO_FETCH = ("copy_to_fetch", "the subject can fetch a copy", "it is fetched, or it expires")
    NUMBER_CHANGED = (
        "number_changed",
        "the number of the account was changed, or is about to be",
        "the days in which its owner can object are over, or the owner's number is proven",
    )
    NUMBER_CODE = (
        "number_code",
        "the owner has not proven the new number",
        "the owner types in the code that was sent to it",
    )
    WARNING_REPORT = (
        "warning_report",
        "it is unknown whether the warning arrived",
        "SES reports its delivery, or two operators have to check the identity",
    )
    TIME_TO_OBJECT = ("time_to_object", "the owner of the account may object", "the time to object is over")
    TIME_TO_CANCEL = ("time_to_cancel", "the subject may cancel the erasure", "the time to cancel is over")
    USED_AGAIN = ("used_again", "the account was used again", "the erasure is cancelled")

    # Operators
    HOLD_UNCONFIRMED = (
        "hold_unconfirmed",
        "a hold has no second signature",
        "another operator confirms it, its 72 hours are over, or the erasure would be late",
    )
    WEIGHING = (
        "weighing",
        "the objection has not been weighed",
        "two operators decide it, or its day has come",
    )
    LIFTING_NOTICE = (
        "lifting_notice",
        "the subject was notified of the end of the restriction",
        "the time of that notice is over",
    )

    # Time and amount
    MORE_RECORDS = (
        "more_records",
        "there are more records than one run handles",
        "the next run has done the rest",
    )
    CHANGED_MEANWHILE = (
        "changed_meanwhile",
        "a request or a hold was added at the same time",
        "the step reads both again",
    )
    LATE_WRITES = (
        "late_writes",
        "writes that began before the deletion may still arrive",
        "their time is over; everything is searched again",
    )
    IN_FORCE = ("in_force", "the restriction or objection is in force", "the subject or two operators end it")
    KEPT_RECORDS = ("kept_records", "a hold or an order keeps records", "the last of them ends")

    def __init__(self, _word: str, _plainly: str, ends: str) -> None:
        self.ends = ends
