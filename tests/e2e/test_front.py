"""The front of a local cloud: what an app developer does with it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.local import explained, mailbox, state
from infra.local.cloud import OLDEST_APP, LocalCloud
from infra.local.front import ANDROID, running_front
from infra.local.tour.phone import Phone


@pytest.fixture(scope="module")
def front(cloud: LocalCloud) -> Iterator[str]:
    with running_front(cloud.state.api_url, cloud.state.aws_endpoint) as address:
        yield address


def test_pasted_lines_sign_a_number_up(front: str, cloud: LocalCloud, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    state.write(file, vars(cloud.state))
    code = f"{shlex.quote(sys.executable)} -m infra.local code --state {shlex.quote(str(file))} "
    lines = "\n".join(explained.sign_up_lines(front)).replace("make -s code PHONE=", code)
    done = subprocess.run(["bash", "-euc", lines], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["display_name"] == "Ana"


def test_app_gets_the_answers_of_the_api(front: str) -> None:
    health = requests.get(f"{front}/v1/health", timeout=30)
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    refused = requests.get(f"{front}/v1/profile", timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


def test_mailbox_shows_the_newest_text_first(front: str, cloud: LocalCloud) -> None:
    phone = Phone(front, "+381601110021", cloud.texts_to)
    phone.sign_up()
    phone.sign_up()
    texts = [one.text for one in mailbox.newest_first(cloud.state.aws_endpoint, phone.number)]
    assert texts == cloud.texts_to(phone.number)[::-1]
    page = requests.get(f"{front}/mailbox", timeout=30)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.text.index(texts[0][:40]) < page.text.index(texts[-1][:40])


def test_old_app_is_refused_but_refreshes_and_exercises_a_right(front: str, cloud: LocalCloud) -> None:
    phone, old = Phone(front, "+381601110022", cloud.texts_to), {"App-Version": "ios/0"}
    phone.sign_up()
    refused = phone.call("GET", "/v1/profile", headers=old)
    assert (refused.status, refused.problem, refused.body["minimum"]) == (426, "app_outdated", OLDEST_APP)
    token = {"refresh_token": phone.session["refresh_token"], "device_id": phone.device_id}
    phone.session = phone.call("POST", "/v1/sessions/refresh", token, headers=old).body
    objection = {"right": "objection", "purposes": ["diagnostics"]}
    assert phone.call("POST", "/v1/rights-requests", objection, headers=old).status == 202
    assert phone.call("GET", "/v1/profile", headers={"App-Version": f"ios/{OLDEST_APP}"}).status == 200


def test_emulated_phone_opens_a_signed_link_by_its_own_address(cloud: LocalCloud) -> None:
    s3, bucket = cloud.account.client("s3"), cloud.account.bucket
    stored = s3.list_objects_v2(Bucket=bucket)["Contents"]
    key = min(stored, key=lambda one: int(one["Size"]))["Key"]
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    with running_front(cloud.state.api_url, cloud.state.aws_endpoint, ANDROID) as address:
        port = address.rpartition(":")[2]
        here = link.replace(cloud.state.aws_endpoint, f"http://127.0.0.1:{port}")
        found = requests.get(here, timeout=30)
    assert (found.status_code, found.content) == (200, requests.get(link, timeout=30).content)
