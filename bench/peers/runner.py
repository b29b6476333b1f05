"""A process of one contestant: imports its function, then serves requests as the parent asks.

The arguments are the fixture's file and, as JSON, the place of the function. Lines of standard input:

    {"block": 20}           serve so many requests of the job; answers the seconds of CPU for one of them
    {"respond": request}    serve one request; answers the response and the calls to AWS
    {"count": "modules"}    answers the number of modules in memory

It runs under `python -I -S`, so a contestant finds only the standard library and its own folders.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.peers.stub import Stub

JSON = dict[str, Any]
Handler = Callable[[JSON, object], JSON]  # a function, or an app of Chalice


def main(fixture: JSON, where: JSON) -> None:
    """Serve until the input ends."""
    # What a function prints is discarded, and the answers go to the parent.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path[:0] = where["paths"]
    from bench.peers.stub import Stub

    stub = Stub(fixture)
    if where["aws"]:
        stub.install()
    handler, request = _handler(where), json.dumps(where["request"])
    for line in sys.stdin:
        match json.loads(line):
            case {"block": number}:
                answer = _serve(handler, request, number)
            case {"respond": other}:
                answer = _respond(handler, other, stub)
            case _:
                answer = {"modules": len(sys.modules)}
        print(json.dumps(answer), file=answers, flush=True)


def _handler(where: JSON) -> Handler:
    found: Handler = getattr(importlib.import_module(where["module"]), where["name"])
    return found


def _serve(handler: Handler, request: str, number: int) -> JSON:
    events = [json.loads(request) for _ in range(number)]  # Lambda parses the event, not the function
    began = time.process_time()
    responses = [handler(event, CONTEXT) for event in events]
    ended = time.process_time()
    refused = [status for one in responses if (status := one.get("statusCode", 200)) >= 300]
    return {"seconds": (ended - began) / number, "refused": refused}


def _respond(handler: Handler, request: JSON, stub: "Stub") -> JSON:
    with stub.recorded() as sent:
        return {"response": handler(request, CONTEXT), "sent": sent}


CONTEXT = SimpleNamespace(
    function_name="peer",
    function_version="1",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:peer",
    aws_request_id="0b6a5f7e-2a0e-4d7a-9c67-1e9a40c0a001",
    log_group_name="peer",
    log_stream_name="peer",
    get_remaining_time_in_millis=lambda: 10_000,
)

if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), json.loads(sys.argv[2]))
