"""The own profile."""

import json
from typing import Any

from chalice.app import Chalice, Response
from pydantic import ValidationError

from bench.peers.common import profiles
from bench.peers.common.models import OwnProfile, ProfileChanges
from bench.peers.plain_chalice.app import answer, claims, logged, request_of

app = Chalice(app_name="peer")


@app.route("/v1/profile", methods=["GET"])
@logged(app)
def read_profile() -> Response:
    """Get the own profile."""
    return _tagged(*profiles.read(*claims(app)))


@app.route("/v1/profile", methods=["PATCH"], content_types=["application/merge-patch+json"])
@logged(app)
def change_profile() -> Response:
    """Change the own profile."""
    request = request_of(app)
    etag = request.headers.get("if-match")
    if not etag:
        return answer('{"code":"precondition_required"}', 428)
    try:
        changes = ProfileChanges.model_validate_json(request.raw_body)
    except ValidationError as error:
        return answer(json.dumps({"errors": error.errors(include_context=False)}), 400)
    return _tagged(*profiles.change(*claims(app), changes.changes(), etag))


def _tagged(profile: dict[str, Any], etag: str) -> Response:
    return answer(OwnProfile(**profile).model_dump_json(exclude_none=True), ETag=etag)
