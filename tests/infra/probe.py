"""Runs one handler of an unpacked zip, with only the zip on its path, and reports the result.

    python -S -I probe.py FOLDER HANDLER EVENT

Prints, after whatever the handler logged, one JSON line: `{result | error, loaded, outside}`.
"""

import importlib
import json
import sys
import sysconfig

folder, handler, event = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
sys.path.insert(0, folder)


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
