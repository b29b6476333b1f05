"""A process of one contestant: imports its function, then serves blocks of requests as it is asked to.

The arguments are the fixture's file and, as JSON, where the function is. `python -I -S` runs this file, so
that a contestant finds no module but those of its own folders and the standard library.

On standard input each line is the number of requests of a block; each answer is the CPU time that they took.
The line `check` answers with one response and the calls to AWS that it made. An empty input ends the process;
its last answer then counts the modules in memory.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

JSON = dict[str, Any]


def main(fixture: JSON, contestant: JSON) -> None:
    """Serve until the input ends."""
    # What a function prints goes where Lambda's own pipe would be; the answers go to the parent.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path[:0] = contestant["paths"]
    from bench.peers.stub import Stub

    stub = Stub(fixture)
    if contestant["aws"]:
        stub.install()
    request = json.dumps(contestant["request"])
    handler = _handler(contestant)
    for line in sys.stdin:
        told = line.strip()
        answer = _check(handler, request, stub) if told == "check" else _block(handler, request, int(told))
        print(json.dumps(answer), file=answers, flush=True)
    print(json.dumps({"modules": len(sys.modules)}), file=answers, flush=True)


def _handler(contestant: JSON) -> Any:  # noqa: ANN401 - whatever a contestant exports
    found = importlib.import_module(contestant["module"])
    for name in contestant["name"].split("."):
        found = getattr(found, name)
    return found


def _block(handler: Any, request: str, number: int) -> JSON:  # noqa: ANN401 - as above
    """Serve some requests; return seconds of CPU for one of them."""
    events = [json.loads(request) for _ in range(number)]
    began = time.process_time()
    for event in events:
        response = handler(event, CONTEXT)
    ended = time.process_time()
    return {"seconds": (ended - began) / number, "status": response.get("statusCode")}


def _check(handler: Any, request: str, stub: Any) -> JSON:  # noqa: ANN401 - as above
    """Serve one request; return the response and its calls."""
    stub.recorded = True
    response = handler(json.loads(request), CONTEXT)
    stub.recorded = False
    sent, stub.sent = stub.sent, []
    return {"response": response, "sent": sent}


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
