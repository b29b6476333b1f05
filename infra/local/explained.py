"""What a person can do next with a local cloud: lines to paste into a second shell."""

from __future__ import annotations

import requests

from infra.local.front import ANDROID, LOOPBACK

_PHONE = "+381601112233"
_DEVICE = '{"device_id": "4b1cf2f5-6f0f-4b5e-9d0a-1f1a7a0a3c11", "platform": "android", "app_version": "1.0"}'
_JSON = "-H 'Content-Type: application/json'"


def addresses(app_url: str, stream_url: str, stream_api_key: str) -> dict[str, str]:
    """The addresses that an app needs, by what they are."""
    return {
        "API": app_url,
        "API reference": f"{app_url}/reference",
        "mailbox": f"{app_url}/mailbox",
        "Stream": f"{stream_url}, API key {stream_api_key}",
    }


def sign_up_lines(app_url: str) -> list[str]:
    """The commands that sign a number up and read its profile. They need curl and python3.

    The versions of the notices in them are those that the API shows.

    Raises:
        requests.RequestException: the API does not answer.
    """
    answer = requests.get(f"{app_url}/v1/notices/current", timeout=30)
    answer.raise_for_status()
    shown = answer.json()["items"]
    versions = ", ".join(f'"{one["kind"]}_version": "{one["version"]}"' for one in shown)
    return [
        f"api={app_url}",
        f"""challenge=$(curl -s "$api/v1/signup" {_JSON} \\
  -d '{{"phone": "{_PHONE}", "device": {_DEVICE}}}' \\
  | {_field("['challenge_id']")})""",
        f"code=$(make -s code PHONE={_PHONE})",
        f"""token=$(curl -s "$api/v1/signup/$challenge/verify" {_JSON} \\
  -d '{{"code": "'"$code"'", {versions}, "display_name": "Ana"}}' \\
  | {_field("['session']['access_token']")})""",
        """curl -s "$api/v1/profile" -H "Authorization: Bearer $token\"""",
    ]


OPERATOR_LINE = ".venv/bin/python -m infra.ops --local --as ana rights list"


def on_phones(host: str) -> str:
    """How an emulated phone reaches the cloud."""
    if host == LOOPBACK:
        return f"An emulated Android phone: start again with HOST={ANDROID}. The iOS simulator: as above."
    return f"These are the addresses for a phone; this machine has {LOOPBACK} in place of {host}."


def _field(path: str) -> str:
    return f'python3 -c "import json, sys; print(json.load(sys.stdin){path})"'
