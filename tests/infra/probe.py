"""Runs handlers of an unpacked zip, with only the zip on its path, and reports the results.

    python -S -I probe.py FOLDER MODULES EVENTS

EVENTS maps the names of functions to their handlers and events, in JSON. A process of its own runs each, and
begins with the common MODULES. Prints a JSON line per function: its exit code, stdout and stderr. The last
line of that stdout, after whatever the handler logged, is `{result | error, loaded, outside}`.
"""

import importlib
import json
import os
import sys
import sysconfig
import tempfile

folder, modules, events = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
sys.path.insert(0, folder)
for common in modules:
    importlib.import_module(common)


class Context:
    """The context that Lambda passes to a handler with the event."""

    function_name = "probe"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:probe"
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    log_stream_name = "probe"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 10_000


def report(handler: str, event: object) -> None:
    """Run a handler in this process, and print its result."""
    module, _, name = handler.rpartition(".")
    entry = getattr(importlib.import_module(module), name)
    answer: dict[str, object] = {}
    try:
        answer["result"] = entry(event, Context)
    except Exception as error:  # noqa: BLE001 - every error is reported
        answer["error"] = f"{type(error).__name__}: {error}"
    ours = {"__main__", "__mp_main__"}
    places = (folder, sysconfig.get_paths()["stdlib"])
    files = {n: getattr(m, "__file__", None) for n, m in sys.modules.items() if n not in ours}
    answer["loaded"] = sorted(sys.modules)
    answer["outside"] = sorted(n for n, f in files.items() if f and not f.startswith(places))
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


for function, (handler, event) in events.items():
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.environ["RU4M_FUNCTION"] = function
            report(handler, event)
            sys.exit()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        done = {"function": function, "code": code, "out": out.read().decode(), "err": err.read().decode()}
    sys.stdout.write(json.dumps(done) + "\n")
    sys.stdout.flush()
