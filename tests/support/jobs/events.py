"""Events of topics and queues as Lambda passes them to jobs, and the context of a run."""

import json
from typing import Any

QUEUE_ARN = "arn:aws:sqs:eu-central-1:123456789012:ru4m-test-queue"


class Context:
    """A run that has this much time."""

    def __init__(self, seconds: int = 900) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


def published_to_topic(message: str) -> dict[str, Any]:
    return {"Records": [{"Sns": {"Message": message, "Subject": None, "MessageAttributes": {}}}]}


def messages(*bodies: str) -> dict[str, Any]:
    """Return messages of a queue, each named by its position."""
    return {
        "Records": [
            {
                "messageId": f"message-{place}",
                "body": body,
                "receiptHandle": "handle",
                "attributes": {},
                "eventSourceARN": QUEUE_ARN,
            }
            for place, body in enumerate(bodies)
        ]
    }


def report_of_mail(mail: dict[str, Any], kind: str = "Bounce", **detail: Any) -> dict[str, Any]:
    """Return an event that SES publishes about a mail."""
    tags = {tag["Name"]: [tag["Value"]] for tag in mail["EmailTags"]}
    report = {"eventType": kind, "mail": {"tags": tags, **mail["Destination"]}, kind.lower(): detail}
    return published_to_topic(json.dumps(report))
