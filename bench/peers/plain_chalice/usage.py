"""Events of use."""

import json

from chalice.app import Chalice, Response
from pydantic import ValidationError

from bench.peers.common import usage
from bench.peers.common.models import UsageAccepted, UsageBatch
from bench.peers.plain_chalice.app import answer, claims, logged, request_of

app = Chalice(app_name="peer")


@app.route("/v1/usage", methods=["POST"])
@logged(app)
def submit_usage() -> Response:
    """Submit events."""
    try:
        batch = UsageBatch.model_validate_json(request_of(app).raw_body)
    except ValidationError as error:
        return answer(json.dumps({"errors": error.errors(include_context=False)}), 400)
    device = batch.device.model_dump(mode="json")
    accepted, dropped = usage.accept(*claims(app), device, batch.submitted())
    return answer(UsageAccepted(accepted=accepted, dropped=dropped).model_dump_json(), 202)
