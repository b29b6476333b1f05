"""Runs JavaScript with the client of infra/client against the service of a world, over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from infra.client.generate import HERE
from infra.environments import node_packages
from tests.support.world.builders import a_device
from tests.support.world.world import World
from tests.support.world.wsgi import Stage

# What a script has, beside `baseUrl` and the client's exports:
#   api, storage, options   the client of the user, who is signed in
#   instead(route, answer)  replaces the answer to the next such request, by a function of what sends it
#                           and of the request
#   lost, offline, unavailable     such functions
#   sent(route)             the requests so far
#   pass(minutes)           moves the clock of the service alone; `Date.now` is the app's
_PRELUDE = f"""
import {{ createClient, memoryStorage, Problem }} from '{HERE}/client.mjs';
const {{ baseUrl, device_id, verified, other }} = JSON.parse(process.env.GIVEN);
const [requests, faults] = [[], []];
const fetch = async (request) => {{
  const route = `${{request.method}} ${{new URL(request.url).pathname}}`;
  requests.push({{ route, headers: Object.fromEntries(request.headers) }});
  const fault = faults.findIndex((one) => one.route === route);
  const send = () => globalThis.fetch(request);
  return fault < 0 ? send() : faults.splice(fault, 1)[0].answer(send, request);
}};
const instead = (route, answer) => void faults.push({{ route, answer }});
const sent = (route) => requests.filter((one) => one.route === route);
const refresh = 'POST /v1/sessions/refresh';
const lost = (send) => send().then(() => Promise.reject(new TypeError('lost')));
const offline = () => Promise.reject(new TypeError('offline'));
const unavailable = (seconds) => async () =>
  Response.json({{ code: 'unavailable' }}, {{ status: 503, headers: {{ 'Retry-After': seconds }} }});
const pass = (minutes) => globalThis.fetch(`${{baseUrl}}/pass/${{minutes}}`);
const failed = (promise) => promise.then(() => null, (error) => error.message);
let signedOut = 0;
const storage = memoryStorage(JSON.stringify({{ device_id }}));
const kept = async () => JSON.parse(await storage.load());
const options = {{ baseUrl, storage, fetch, onSignedOut: () => void signedOut++ }};
const api = createClient(options);
await api.signedIn(verified);
const report = (...found) => console.log(JSON.stringify(found));
"""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


def run(world: World, script: str) -> Any:
    """Run a script as the app of a new user, and return what it hands to `report`.

    Raises:
        AssertionError: the script failed.
    """
    node_packages(HERE)
    stage, device = Stage(), a_device()
    stage.world = world

    def served(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith("/pass/"):
            world.advance(timedelta(minutes=float(Path(environ["PATH_INFO"]).name)))
            start_response("204 No Content", [])
            return []
        return stage(environ, start_response)

    with make_server("127.0.0.1", 0, served, handler_class=_Quiet) as server:
        server.timeout = 0.05
        given = {
            "baseUrl": f"http://127.0.0.1:{server.server_port}",
            "device_id": device["device_id"],
            "verified": world.a_user(device=device).verified,
            "other": world.a_user().verified,
        }
        command = ["node", "--input-type=module", "--eval", _PRELUDE + script]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"GIVEN": json.dumps(given)},
        ) as node:
            while node.poll() is None:
                server.handle_request()
            assert node.stdout
            assert node.stderr
            output, errors = node.stdout.read(), node.stderr.read()
    assert node.returncode == 0, errors
    return json.loads(output)
