"""Events of use."""

from bench.peers.common import usage
from bench.peers.common.models import UsageAccepted, UsageBatch
from bench.peers.fastapi_mangum.app import Claims, app, handler

__all__ = ["handler"]


@app.post("/v1/usage", status_code=202)
async def submit_usage(claims: Claims, batch: UsageBatch) -> UsageAccepted:
    """Submit events."""
    device = batch.device.model_dump(mode="json")
    accepted, dropped = usage.accept(*claims, device, batch.submitted())
    return UsageAccepted(accepted=accepted, dropped=dropped)
