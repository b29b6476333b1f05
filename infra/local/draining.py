"""Starts ministack with changes to workers of functions, alarms, TTL and IAM, and with SES's suppressions.

Running invocations of a changed function finish. ministack kills all workers of a function whose
configuration changes, also busy ones, whose requests then get a 502. AWS starts new environments and lets the
old ones finish. Here a busy worker leaves the pool at once, so it gets no new invocation, and is killed when
its invocation has finished.

All workers of one package share its extracted code. ministack extracts the package for each worker: 1,900
files, and half of the time of a start. On AWS a function cannot write into its code, either.

The concurrency of an event source may be a parameter of a template. CloudFormation makes a number of it.
ministack keeps the text, and its poller then fails for every queue.

Alarms are judged as CloudWatch does it (infra/local/judging.py). TTL deletes within seconds,
and the stream of the table has its deletions (infra/local/expiring.py).
Lambda's metrics are recorded for every run. ministack records those of direct invocations only, not of
requests, queues, streams and schedules.

SES's suppression list of an account works: addresses can be put on it, listed, read and deleted. ministack
answers most of these calls with NotFoundException, the error by which SES says that an address is not on the
list. Our code takes that as success, so a deletion that fails would stay unnoticed.

Conditions on KMS's encryption context are judged: ministack supplies none. It supplies no keys of DynamoDB's
items either. A condition that such a key is there would deny everything, so it is left out here; which keys
a function uses is judged by the tests that run in process (ADR 67).

IAM finds the key of a ciphertext also if it is a multi-Region key. ministack does not know the form of its id
there, so it would deny each decryption that names no key.

Text messages have a time. ministack records it of mails only.

A REST API keeps its id when its definition changes, as on AWS. ministack makes a new one, so a release that
changes a route would have another address, and requests to the old one would get a 404.

Run by path with the emulator's own Python (infra/local/emulator.py), which has none of our packages. The
functions replaced below are no public interface of ministack, so its version is pinned; if one is missing,
the start fails with an error.
"""

import hashlib
import importlib.util
import json
import re
import sys
import tempfile
import threading
import time
import types
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.core.responses import AccountRegionScopedDict, json_response, request_scope
from ministack.services import apigateway_v1, cloudwatch, dynamodb, lambda_svc, ses_v2, sns, sqs


def drain() -> None:
    """Replace the functions that end workers, before other modules import them by name."""
    kill, release, pool = lambda_runtime.kill_workers, lambda_runtime.release_worker, lambda_runtime._lock
    leaving: set[Any] = set()  # busy workers that left their pool

    def kill_the_idle(workers: Iterable[Any]) -> None:
        given = [worker for worker in workers if worker is not None]
        with pool:  # workers are leased and released under this lock, so no change is missed
            busy = {worker for worker in given if worker.in_use}
            leaving.update(busy)
        kill([worker for worker in given if worker not in busy])

    def release_and_end(worker: Any) -> None:  # noqa: ANN401 - ministack's own class
        release(worker)
        with pool:
            done = worker in leaving
            leaving.discard(worker)
        if done:
            kill([worker])

    lambda_runtime.kill_workers = kill_the_idle
    lambda_runtime.release_worker = release_and_end


class _SharedArchive(zipfile.ZipFile):
    """A package whose files are extracted once; each worker gets a link to them."""

    _one_at_a_time = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:  # noqa: ANN401 - as zipfile has it
        package = Path(str(self.filename))
        with package.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        shared = Path(tempfile.gettempdir()) / f"code-{digest[:16]}"
        with self._one_at_a_time:
            if not shared.exists():
                super().extractall(draft := shared.with_suffix(".draft"), members, pwd)
                draft.rename(shared)
        package.unlink()  # the package is not read again
        wanted = Path(path)
        wanted.rmdir()
        wanted.symlink_to(shared)


def share_code() -> None:
    """Replace the function that gives workers the code of a function."""
    lambda_runtime.zipfile = types.SimpleNamespace(
        **{**vars(zipfile), "ZipFile": _SharedArchive}  # layers are extracted by it too
    )


def read_concurrency_as_number() -> None:
    """Replace the function that reads how many workers of a queue may run at a time."""
    allowed = lambda_svc._sqs_esm_concurrency

    def allowed_by_number(source: dict[str, Any], *rest: Any) -> int:  # noqa: ANN401 - ministack's own
        scaling = source.get("ScalingConfig") or {}
        if "MaximumConcurrency" in scaling:
            scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
        return int(allowed(source, *rest))

    lambda_svc._sqs_esm_concurrency = allowed_by_number


def measure_every_run() -> None:
    """Record metrics where the log of a run is written: once, at the end of each run."""
    record, write = lambda_svc._emit_lambda_metrics, lambda_svc._emit_lambda_logs

    def record_throttled(function: str, duration_ms: float, *, error: bool, throttle: bool) -> None:
        if throttle:
            record(function, duration_ms, error, throttle)

    def write_and_record(
        function: dict[str, Any],
        request_id: str,
        text: str,
        error: bool,  # noqa: FBT001 - ministack's own
        duration_ms: int,
        **more: Any,  # noqa: ANN401 - ministack's own
    ) -> None:
        write(function, request_id, text, error, duration_ms, **more)
        name = (function.get("config") or function)["FunctionName"]
        record(name, max(duration_ms, 1), error, throttle=False)

    lambda_svc._emit_lambda_metrics = record_throttled
    lambda_svc._emit_lambda_logs = write_and_record


_SUPPRESSED = "/v2/email/suppression/addresses"


def keep_suppressed_addresses() -> None:
    """Add the operations that change and read SES's suppression list; mail to its addresses is still sent."""
    others, listed = ses_v2.handle_request, AccountRegionScopedDict()

    async def handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:  # noqa: ANN401 - ministack's own
        if method == "PUT" and path == _SUPPRESSED:
            wanted = json.loads(body)
            listed[wanted["EmailAddress"]] = wanted["Reason"]
            return json_response({})
        if method == "GET" and path == _SUPPRESSED:
            shown = [
                {"EmailAddress": address, "Reason": reason, "LastUpdateTime": 0}
                for address, reason in listed.items()
            ]
            return json_response({"SuppressedDestinationSummaries": shown})
        address = path.removeprefix(f"{_SUPPRESSED}/")  # ministack decoded the path
        if address == path or method not in {"GET", "DELETE"}:
            return await others(method, path, headers, body, query_params)
        if address not in listed:
            text = "Email address is not on the suppression list."  # SES's own text is not documented
            return ses_v2._json_err("NotFoundException", text, 404)
        if method == "DELETE":
            del listed[address]
            return json_response({})
        found = {"EmailAddress": address, "Reason": listed[address], "LastUpdateTime": 0}
        return json_response({"SuppressedDestination": found})

    ses_v2.handle_request = handle


def judge_conditions() -> None:
    """Replace the functions that supply what conditions are about, and that judge them."""
    supply, judge = iam_actions.request_tag_context, iam_evaluator._conditions_met

    def supply_context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:  # noqa: ANN401 - ministack's own
        sent = json.loads(body or b"{}").get("EncryptionContext") or {} if service == "kms" else {}
        context = {f"kms:EncryptionContext:{name}": value for name, value in sent.items()}
        return {**supply(service, action, body, params), **context}

    def judge_others(conditions: dict[str, Any], context: Any) -> bool:  # noqa: ANN401 - ministack's own
        kept = {
            o: by_key for o, by_key in conditions.items() if (o, *by_key) != ("Null", "dynamodb:LeadingKeys")
        }
        return bool(judge(kept, context))

    iam_actions.request_tag_context = supply_context
    iam_evaluator._conditions_met = judge_others


def date_text_messages() -> None:
    """Give each text message the time at which it was sent, as ministack's mails have it."""
    records_of = sns._sms_log_for

    def dated(phone_number: str) -> Any:  # noqa: ANN401 - ministack only appends to it
        records = records_of(phone_number)
        return types.SimpleNamespace(append=lambda one: records.append({**one, "Timestamp": time.time()}))

    sns._sms_log_for = dated


_OF_ONE_API = ("_resources", "_authorizers_v1", "_models", "_gateway_responses", "_documentation_parts")


def keep_api_ids() -> None:
    """Let an imported definition replace that of the API with the same name, which CloudFormation updates."""
    create, delete = apigateway_v1._import_rest_api, apigateway_v1._delete_rest_api
    kept: set[str] = set()  # CloudFormation deletes the API before after it has made the new one

    def import_or_replace(spec: Any, data: Any = None) -> Any:  # noqa: ANN401 - ministack's own
        new = create(spec, data)
        apis = apigateway_v1._rest_apis
        same = [one for one, api in apis.items() if one != new and api["name"] == apis[new]["name"]]
        if not same:
            return new
        (old,) = same
        apis[old] = {**apis.pop(new), "id": old}
        for name in _OF_ONE_API:
            parts = getattr(apigateway_v1, name)
            if new in parts:
                parts[old] = parts.pop(new)
        kept.add(old)
        return old

    def delete_others(api_id: str) -> Any:  # noqa: ANN401 - ministack's own
        if api_id in kept:
            kept.remove(api_id)
            return 202, {}, b""
        return delete(api_id)

    apigateway_v1._import_rest_api, apigateway_v1._delete_rest_api = import_or_replace, delete_others


def find_multi_region_keys() -> None:
    """Extend the pattern of the ids by which IAM finds the key of a ciphertext."""
    single = iam_actions._KMS_KEY_ID_RE.pattern
    iam_actions._KMS_KEY_ID_RE = re.compile(rf"{single}|^mrk-[0-9a-f]{{32}}$")


def _beside(name: str) -> Any:  # noqa: ANN401 - a module
    """The module in a file beside this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    _beside("judging").install(cloudwatch, sqs)
    _beside("expiring").install(dynamodb, request_scope)
    drain()
    share_code()
    read_concurrency_as_number()
    measure_every_run()
    keep_suppressed_addresses()
    judge_conditions()
    find_multi_region_keys()
    date_text_messages()
    keep_api_ids()
    from ministack.app import main

    sys.exit(main())
