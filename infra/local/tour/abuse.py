"""The chapter about abuse: a report, a decision by an operator, and an appeal to another one."""

from __future__ import annotations

from typing import Any

from infra.local.js import ChatClients
from infra.local.tour.erasure import an_operator
from infra.local.tour.narration import Tour
from infra.ops.internal_api import CallRefused, InternalApi

_THREAT = "Plati do petka, ili ćeš videti"
_FACTS = "In a message you threatened another user."


def answer_abuse(tour: Tour) -> None:
    """Mila reports a message of Jovan: it is removed, he is warned, and his appeal is upheld."""
    jovan = tour.phones["Jovan"]
    first, second = (an_operator(tour.cloud, f"tour-{name}-{tour.number}") for name in ("ana", "bojan"))
    message_id = _write(tour)
    report = _report(tour, message_id)
    decision = _decide(tour, first, report["abuse_report_id"], message_id)
    tour.check("the message is gone at Stream", not _is_at_stream(tour, message_id))
    tour.check("Mila reads that we acted", _shown(tour, "Mila", "/v1/reports")["acted"])
    read = _shown(tour, "Jovan", "/v1/safety-decisions")
    tour.say(f"Jovan reads: [italic]“{read['text'].splitlines()[0]}”[/]")
    tour.check("he is warned, and nothing names Mila", tour.phones["Mila"].user_id not in str(read))
    appeal = {"text": "It is a line of a song that we both know."}
    jovan.call("POST", f"/v1/safety-decisions/{decision}/appeal", appeal)
    tour.check("the operator who decided may not answer his appeal", not _may_answer(first, decision))
    tour.check("another one may, and upholds it", _may_answer(second, decision))
    reversed_one = _shown(tour, "Jovan", "/v1/safety-decisions")
    tour.check("the warning is reversed", reversed_one["state"] == "reversed")


def _write(tour: Tour) -> str:
    """Let Jovan threaten Mila; return the id of the message."""
    jovan, stream = tour.phones["Jovan"], tour.cloud.stream
    with ChatClients(stream.url, stream.api_key) as clients:
        clients.connect(jovan.user_id, jovan.chat_token).send(tour.pair_cid, _THREAT)
    return str(next(one["id"] for one in _messages(tour) if one.get("text") == _THREAT))


def _report(tour: Tour, message_id: str) -> dict[str, Any]:
    conversation = tour.pair_cid.partition(":")[2]
    body = {
        "user_id": tour.phones["Jovan"].user_id,
        "reason": "violence",
        "conversation_id": conversation,
        "message_ids": [message_id],
    }
    receipt = tour.phones["Mila"].call("POST", "/v1/reports", body).body
    (message,) = receipt["messages"]
    tour.say(f"a person decides until {receipt['due_at']}")
    tour.check("the message is copied before Jovan can delete it", message["state"] == "copied")
    return receipt


def _decide(tour: Tour, operator: InternalApi, report: str, message_id: str) -> str:
    seen = operator.call("GET", f"/abuse-reports/{report}")
    tour.check("an operator reads it, without who reported", seen["messages"][0]["text"] == _THREAT)
    decision = {
        "report_ids": [report],
        "rule": "violence",
        "measures": ["remove_messages", "warn"],
        "message_ids": [message_id],
        "facts": _FACTS,
        "withheld": ["instant", "messages"],  # in a conversation of two they would point to Mila
    }
    decided = operator.call("POST", "/safety-decisions", decision)
    tour.cloud.run("work_on_reports")
    return str(decided["id"])


def _may_answer(operator: InternalApi, decision: str) -> bool:
    answer = {"outcome": "upheld", "text": "We agree: it is a quotation."}
    try:
        operator.call("POST", f"/safety-decisions/{decision}/appeal", answer)
    except CallRefused:
        return False
    return True


def _shown(tour: Tour, name: str, path: str) -> dict[str, Any]:
    """Return the newest report or decision, as a user sees it."""
    newest: dict[str, Any] = tour.phones[name].call("GET", path).body["items"][0]
    return newest


def _messages(tour: Tour) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = tour.cloud.stream.state()["channels"][tour.pair_cid]["messages"]
    return messages


def _is_at_stream(tour: Tour, message_id: str) -> bool:
    return message_id in {one["id"] for one in _messages(tour)}
