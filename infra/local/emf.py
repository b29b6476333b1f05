"""Feeds the emulated CloudWatch with the metrics in the logs, as CloudWatch does by itself on AWS.

The emulator stores EMF lines as text and makes no metrics of them. `Forwarder` reads the log of every
function and sends the figures to PutMetricData, with their own times and in the order of their log.

Invariants:

- A line is forwarded once, in the order of its stream: the position in each stream is kept, and moves past a
  page of events once its figures were accepted.
- All pages of log groups and streams are read, since the local cloud has more than one of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.deployment.account import AwsAccount

_FUNCTIONS = "/aws/lambda/"
_EVERY = 1.0  # seconds between two rounds
_WAITING = "ApproximateNumberOfMessages"
# CloudWatch's own limits of a request, and of the values of a datum.
_DATA, _VALUES = 1000, 150

Datum = dict[str, Any]


def log_streams(account: AwsAccount, prefix: str = "/") -> Iterator[tuple[str, str]]:
    """Yield the log group and the name of each stream, of the groups with a prefix."""
    groups = account.listed("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    for group in (one["logGroupName"] for one in groups):
        for stream in account.listed("logs", "describe_log_streams", "logStreams", logGroupName=group):
            yield group, stream["logStreamName"]


@dataclass
class Forwarder:
    """Forwards the lines of one account; keeps the position in each stream."""

    account: AwsAccount
    _positions: dict[tuple[str, str], str] = field(default_factory=dict)
    _alone: threading.Lock = field(default_factory=threading.Lock)

    def forward(self) -> int:
        """Send the figures of all new lines; returns how many lines had some."""
        with self._alone:
            streams = log_streams(self.account, _FUNCTIONS)
            return sum(self._forward_stream(*stream) for stream in streams)

    def measure_queues(self) -> None:
        """Send the number of messages that wait in each queue, as SQS itself does on AWS."""
        sqs, figures = self.account.client("sqs"), []
        for url in self.account.listed("sqs", "list_queues", "QueueUrls"):
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_WAITING])["Attributes"]
            figures.append(
                {
                    "MetricName": f"{_WAITING}Visible",
                    "Dimensions": [{"Name": "QueueName", "Value": url.rsplit("/", 1)[1]}],
                    "Unit": "Count",
                    "Values": [int(found[_WAITING])],
                }
            )
        self._send("AWS/SQS", figures)

    def _forward_stream(self, group: str, stream: str) -> int:
        logs, found = self.account.client("logs"), 0
        place = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
        while True:
            token = self._positions.get((group, stream))
            page = logs.get_log_events(**place, **({"nextToken": token} if token else {}))
            written = (line for event in page["events"] for line in event["message"].splitlines())
            lines = [document for line in written if (document := parsed(line))]
            for namespace in dict.fromkeys(name for line in lines for name in namespaces(line)):
                self._send(namespace, [datum for line in lines for datum in data(line, namespace)])
            self._positions[group, stream] = page["nextForwardToken"]
            found += len(lines)
            if not page["events"]:
                return found

    def _send(self, namespace: str, figures: list[Datum]) -> None:
        cloudwatch = self.account.client("cloudwatch")
        for start in range(0, len(figures), _DATA):
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=figures[start : start + _DATA])


def parsed(line: str) -> dict[str, Any] | None:
    """Return an EMF document; None for any other line."""
    if '"_aws"' not in line:
        return None
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "CloudWatchMetrics" in document["_aws"] else None


def namespaces(document: dict[str, Any]) -> list[str]:
    """Return the namespaces of a document."""
    return [str(directive["Namespace"]) for directive in document["_aws"]["CloudWatchMetrics"]]


def data(document: dict[str, Any], namespace: str) -> Iterator[Datum]:
    """Yield what PutMetricData takes: a datum for each metric and each of its sets of dimensions."""
    at = datetime.fromtimestamp(document["_aws"]["Timestamp"] / 1000, UTC)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        if directive["Namespace"] != namespace:
            continue
        for names in directive["Dimensions"]:
            dimensions = [{"Name": name, "Value": document[name]} for name in names]
            for metric in directive["Metrics"]:
                for values in _some(document[metric["Name"]]):
                    yield {
                        "MetricName": metric["Name"],
                        "Dimensions": dimensions,
                        "Timestamp": at,
                        "Unit": metric["Unit"],
                        "Values": values,
                    }


def _some(values: float | list[float]) -> Iterable[list[float]]:
    listed = values if isinstance(values, list) else [values]
    return (listed[start : start + _VALUES] for start in range(0, len(listed), _VALUES))


@contextmanager
def forwarding(account: AwsAccount) -> Iterator[Forwarder]:
    """Forward new lines every second during a block, and those that are left at its end."""
    forwarder, ended = Forwarder(account), threading.Event()

    def rounds() -> None:
        while not ended.wait(_EVERY):
            forwarder.forward()
            forwarder.measure_queues()

    worker = threading.Thread(target=rounds, name="emf", daemon=True)
    worker.start()
    try:
        yield forwarder
    finally:
        ended.set()
        worker.join()
        forwarder.forward()
