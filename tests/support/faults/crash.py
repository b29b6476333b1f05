"""Records every side effect of a process, and injects a fault at one of them.

    watch = Watch(Point(3, How.KILLED))
    with watch.on(), suppress(Killed):
        watch.process(lambda: world.verifies(challenge, code))

A side effect is a call that returned and may have changed something: any call not known to be a read, made
through botocore, through requests or to an address that a subject named. `Watch` finds side effects itself,
so a new one in the code is a new point. A call by any other path is an error of the test, since the watch
would not see it.

Between two side effects a process only reads and computes. A process killed before one effect therefore
leaves the same state as one killed after the effect before it. The points are: before the first, after each.
"""

from __future__ import annotations

import http.client
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar
from unittest import mock
from urllib.parse import urlsplit

import requests
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError

from chalicelib.core.ids import Id
from chalicelib.core.observe import EntryFailed
from chalicelib.core.outbound import NotTakenReason, Parcel, Target, Unreachable, post
from chalicelib.core.settings import settings

T = TypeVar("T")

_READS = re.compile(r"Get|BatchGet|TransactGet|Query|Scan|Describe|List|Head|Decrypt|Verify|Receive")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Killed(BaseException):
    """The process is killed. Not an Exception, so no code under test can handle it."""


def kill(**_: Any) -> None:
    """Kill the process, as a hook of a call to AWS."""
    raise Killed


class How(Enum):
    """The fault at a point."""

    NOT_STARTED = "before"  # the process is killed before the effect
    KILLED = "after"  # the effect happens; the process is killed before it gets the response
    KILLED_TWICE = "twice"  # the same; the next process is killed after its first side effect
    UNANSWERED = "unanswered"  # the effect happens; the process continues without the response
    OVERTAKEN = "overtaken"  # just before the effect, another process makes all the same calls


@dataclass(frozen=True)
class Point:
    """A side effect by its number in the undisturbed run, and its fault."""

    number: int
    how: How


@dataclass(frozen=True)
class Call:
    """A call to another service: its name in terms of AWS or HTTP, and its arguments."""

    name: str
    asked: dict[str, Any] = field(repr=False)
    only_reads: bool
    lost: Exception  # the error that the caller sees without a response


@dataclass
class Watch:
    """Records the side effects of a process, and injects a fault into one of them."""

    point: Point | None = None  # the next point, if there is one
    effects: list[Call] = field(default_factory=list)  # of the processes under test
    unseen: list[str] = field(default_factory=list)  # calls that no watched library made
    after_kill: list[str] = field(default_factory=list)  # calls of a process that caught its own kill
    intruder: Callable[[], object] | None = None  # what OVERTAKEN runs; None for the same work
    # Kills a process after each side effect for which it returns true.
    kill_after: Callable[[Call], bool] | None = None
    reached: bool = False
    faults: int = 0  # number of times that a process was killed or got no response
    everything: list[Call] = field(default_factory=list)  # also those of OVERTAKEN
    _work: Callable[[], object] = bool
    _alive: bool = False
    _killed: bool = False
    _inside: bool = False
    _began: int = 0

    @property
    def own_effects(self) -> int:
        """Return the number of side effects of the running process so far."""
        return len(self.effects) - self._began

    @contextmanager
    def on(self) -> Iterator[None]:
        """Patch the libraries that make calls."""
        aws, web, push, wire = (
            BaseClient._make_api_call,
            requests.Session.send,
            post._connect_and_send,
            http.client.HTTPConnection.endheaders,
        )

        def call_aws(client: Any, operation: str, asked: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            only_reads = _READS.match(operation) is not None
            lost = ReadTimeoutError(endpoint_url=f"https://{service}")
            call = Call(_aws_name(service, operation, asked), asked, only_reads, lost)
            return self._through(call, lambda: aws(client, operation, asked))

        def call_web(session: Any, request: Any, **more: Any) -> Any:
            asked = {"url": request.url, "body": request.body}
            only_reads = request.method in _SAFE_METHODS
            call = Call(_web_name(request), asked, only_reads, requests.ReadTimeout())
            return self._through(call, lambda: web(session, request, **more))

        def connect_and_send(parcel: Parcel, target: Target) -> Any:
            call = Call(
                "outbound.POST",
                {"key": parcel.key},
                only_reads=False,
                lost=Unreachable(NotTakenReason.TOO_SLOW),
            )
            return self._through(call, lambda: push(parcel, target))

        def leave(connection: Any, *args: Any, **more: Any) -> Any:
            if self._alive and not self._inside:
                self.unseen.append(connection.host)
            return wire(connection, *args, **more)

        with (
            mock.patch.object(BaseClient, "_make_api_call", call_aws),
            mock.patch.object(requests.Session, "send", call_web),
            mock.patch.object(post, "_connect_and_send", connect_and_send),
            mock.patch.object(http.client.HTTPConnection, "endheaders", leave),
        ):
            yield

    def process(self, work: Callable[[], T]) -> T:
        """Run a function as a process of its own.

        Raises:
            Killed: the process was killed at the point.
        """
        self._work, self._alive, self._killed, self._began = work, True, False, len(self.effects)
        try:
            return work()
        finally:
            self._alive = False

    def _through(self, call: Call, do: Callable[[], T]) -> T:
        """Make a call, with the fault of its point."""
        if self._inside:
            return do()
        if self._alive:
            self._before(call)
        self._inside = True
        try:
            answer = do()
        finally:
            self._inside = False
        # A response that is a refusal: nothing was done.
        refused = getattr(answer, "status_code", 0) >= 400
        if not call.only_reads and not refused:
            self.everything.append(call)
            if self._alive:
                self._after(call)
        return answer

    def _before(self, call: Call) -> None:
        if self._killed:
            # A killed process would run no `finally` and no `__exit__`, but here the stack is unwound.
            if not isinstance(sys.exception(), Killed):
                self.after_kill.append(call.name)
            raise Killed
        if call.only_reads:
            return
        if self._is_at(How.NOT_STARTED):
            self._kill(then=None)
        if self._is_at(How.OVERTAKEN):
            self.point, self.reached = None, True
            with suppress(EntryFailed):  # it logs its own failure
                (self.intruder or self._work)()

    def _after(self, call: Call) -> None:
        how = next((how for how in How if self._is_at(how)), None)
        self.effects.append(call)
        if self._is_kill_point(call):
            self._kill(then=self.point)
        match how:
            case How.KILLED:
                self._kill(then=None)
            case How.KILLED_TWICE:
                self._kill(then=Point(len(self.effects), How.KILLED))
            case How.UNANSWERED:
                self._count_fault(then=None)
                raise call.lost

    def _is_at(self, how: How) -> bool:
        return self.point == Point(len(self.effects), how)

    def _is_kill_point(self, call: Call) -> bool:
        """Return whether `kill_after` kills the process here. Its own calls are not recorded."""
        self._inside = True
        try:
            return self.kill_after is not None and self.kill_after(call)
        finally:
            self._inside = False

    def _kill(self, then: Point | None) -> None:
        self._count_fault(then)
        self._killed = True
        raise Killed

    def _count_fault(self, then: Point | None) -> None:
        self.point, self.reached, self.faults = then, True, self.faults + 1


_ID = re.compile("|".join(kind.pattern.pattern for kind in Id.__subclasses__()))
_NO_WORD = re.compile(rf"{_ID.pattern}|[0-9a-f-]{{32,}}|[\d:TZ_-]+|A|")


def _aws_name(service: str, operation: str, asked: dict[str, Any]) -> str:
    """Return a name: `dynamodb.TransactWriteItems(account, claim)`, `s3.PutObject(*.zip)`."""
    writes = [
        asked,
        *(write for either in asked.get("TransactItems", ()) for write in either.values()),
        *(
            {"TableName": name, **write}
            for name, some in asked.get("RequestItems", {}).items()
            if isinstance(some, list)  # a read names its keys in another form
            for either in some
            for write in either.values()
        ),
    ]
    about: list[str] = []
    if service == "dynamodb":
        about = sorted({_what(write) for write in writes if "Item" in write or "Key" in write})
    if service == "s3":
        about = [_ID.sub("*", str(asked.get("Key", "")))]
    if "QueueUrl" in asked:
        about = [str(asked["QueueUrl"]).rsplit("/", 1)[-1]]
    return f"{service}.{operation}" + (f"({', '.join(about)})" if about else "")


def _what(write: dict[str, Any]) -> str:
    """Return the kind of an item, or the words of its key, or its table."""
    item = write.get("Item") or write["Key"]
    if "kind" in item:
        return str(item["kind"]["S"])
    parts = [part for name in ("sk", "pk") if name in item for part in item[name]["S"].split("#")]
    words = [part for part in parts if not _NO_WORD.fullmatch(part)]
    return " ".join(words) or str(write["TableName"]).rsplit("-", 1)[-1]


def _web_name(request: requests.PreparedRequest) -> str:
    """Return a name such as `stream.POST /users`."""
    url = urlsplit(str(request.url))
    where = "stream" if str(request.url).startswith(settings().stream_url) else str(url.hostname)
    return f"{where}.{request.method} {_ID.sub('*', url.path)}"
