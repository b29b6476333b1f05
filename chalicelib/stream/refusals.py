"""Why a call to Stream had no result. The texts of Stream's errors are dropped: they contain ids and URLs."""


class StreamRefused(Exception):
    """Stream refuses the request permanently, as invalid."""


class InputRefused(StreamRefused):
    """Stream accepted the credentials, but refuses the input as invalid or too large."""


class UserBurned(StreamRefused):
    """The user was deleted at Stream or never existed there. User IDs are never reused."""


class UserDeletedBefore(UserBurned):
    """Stream says that the user was deleted."""


class TaskNotFound(StreamRefused):
    """Stream does not know the task, or no longer; how long it keeps one is not documented."""


class StreamUnavailable(Exception):
    """Stream gave no answer, limited the call, or failed; the same call may be sent again."""


class CallLimited(StreamUnavailable):
    """Stream limits the call; it may be sent again once the limit is reset, within a minute."""


class CredentialsRefused(StreamUnavailable):
    """Stream does not accept our key or secret; the same call may be sent again once it does."""
