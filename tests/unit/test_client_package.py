"""The package of infra/client in an app: Node runs it, and a strict compiler checks also its declarations."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from infra.client import generate
from infra.environments import node_packages

pytestmark = pytest.mark.node

_APP = """
import { createClient, memoryStorage, Problem } from 'ru4m-client';
import type { components, paths } from 'ru4m-client';

const sent: string[] = [];
const refusal = { code: 'wrong_code', attempts_left: 2, errors: [{ code: 'too_long', pointer: '/name' }] };
const fetch = async (request: Request) => {
  sent.push(await request.text());
  return Response.json(refusal, { status: 422 });
};
const api = createClient({ baseUrl: 'http://localhost', storage: memoryStorage(), fetch });

type SignUp = paths['/v1/signup']['post']['requestBody']['content']['application/json'];
const device_id: string = await api.deviceId();
const signUp: SignUp = { phone: '+381601112233', device: { device_id, platform: 'ios' }, locale: 'en' };
const challenge = await api.POST('/v1/signup', { body: signUp });
type Objection = components['schemas']['OwnObjectionRequest'];
const objection: Objection = { right: 'objection', purposes: ['analytics'] };
await api.POST('/v1/rights-requests', { body: objection });
const params = { header: { 'If-Match': '"1"' } };
const edited = await api.PATCH('/v1/profile', { params, body: { email: null } });
// @ts-expect-error an address is set by a route of its own
await api.PATCH('/v1/profile', { params, body: { email: 'mila@example.com' } });

try {
  const id: string = Problem.dataOf(challenge).challenge_id;
  const name: string | undefined = Problem.dataOf(edited).display_name;
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  const { attempts_left, retry_after, errors, current, ...body } = error.body;
  const texts: (string | undefined)[] = [body.code, body.open_rights_request_id, body.minimum, body.missing];
  const limit: components['schemas']['LimitName'] | undefined = body.limit;
  const seconds: number | undefined = retry_after;
  const version: string | undefined = typeof current === 'object' ? current.terms : current;
  // @ts-expect-error no problem has it
  body.attempts;
  const left: number = attempts_left ?? 0;
  console.log(JSON.stringify([left, errors?.map(({ pointer }) => pointer), sent[2]]));
}
"""
_OPTIONS = {
    "strict": True,
    "module": "nodenext",
    "target": "es2022",
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
}


def test_app_in_strict_typescript_compiles_and_runs(tmp_path: Path) -> None:
    _install(tmp_path / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "app.ts").write_text(_APP)
    options = {"compilerOptions": _OPTIONS, "files": ["app.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(options))
    generate.node("typescript/bin/tsc", "--project", tmp_path)
    shown = subprocess.run(["node", tmp_path / "app.js"], check=True, capture_output=True, text=True).stdout
    assert json.loads(shown) == [2, ["/name"], '{"email":null}']


def _install(packages: Path) -> None:
    """Install the packed client, as npm does, beside the packages on which it depends."""
    packages.mkdir()
    pack = ["npm", "pack", "--offline", "--silent", "--pack-destination", str(packages), str(generate.HERE)]
    packed = subprocess.run(pack, check=True, capture_output=True, text=True).stdout.strip()
    with tarfile.open(packages / packed) as archive:
        archive.extractall(packages, filter="data")
    client = (packages / "package").rename(packages / "ru4m-client")
    for name in json.loads((client / "package.json").read_text())["dependencies"]:
        (packages / name).symlink_to(node_packages(generate.HERE) / name)
