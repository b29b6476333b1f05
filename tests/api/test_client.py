"""The client of infra/client against the service: what it sends, and when it keeps or forgets tokens."""

from __future__ import annotations

import pytest

from infra.client import generate
from tests.support.world.javascript import run
from tests.support.world.world import World

pytestmark = pytest.mark.node


def test_generated_files_are_up_to_date() -> None:
    found = {name: (generate.HERE / name).read_text() == text for name, text in generate.generated()}
    assert found == {"routes.mjs": True, "schema.d.ts": True, "client.d.mts": True}, "run `make generate`"


def test_calls_that_are_refused_at_once_share_one_refresh(world: World) -> None:
    found = run(
        world,
        """
        await pass(16);
        const paths = ['/v1/profile', '/v1/contacts', '/v1/blocks'];
        const found = await Promise.all(paths.map((path) => api.GET(path)));
        report(found.map((one) => one.response.status), sent(refresh).length, sent('GET /v1/profile').length);
        """,
    )
    assert found == [[200, 200, 200], 1, 2]


def test_two_tabs_with_a_lock_share_one_refresh(world: World) -> None:
    found = run(
        world,
        """
        let turn = Promise.resolve();
        storage.lock = (task) => (turn = turn.then(task));
        const other_tab = createClient(options);
        await other_tab.session();
        await pass(16);
        const found = await Promise.all([api.GET('/v1/profile'), other_tab.GET('/v1/profile')]);
        report(found.map((one) => one.response.status), sent(refresh).length);
        """,
    )
    assert found == [[200, 200], 1]


def test_lost_answer_to_a_refresh_is_asked_for_again(world: World) -> None:
    found = run(
        world,
        """
        await pass(16);
        instead(refresh, lost);
        const before = (await kept()).session.refresh_token;
        const error = await failed(api.GET('/v1/profile'));
        const same = (await kept()).session.refresh_token === before;
        const found = await api.GET('/v1/profile');
        await pass(16);
        report(error, same, found.response.status, (await api.GET('/v1/profile')).response.status, signedOut);
        """,
    )
    assert found == ["lost", True, 200, 200, 0]


def test_tokens_that_are_not_saved_are_not_used(world: World) -> None:
    """The process ends before they are saved, and the storage has the token before."""
    found = run(
        world,
        """
        await pass(16);
        const { save } = storage;
        storage.save = () => Promise.reject(new Error('full'));
        const error = await failed(api.GET('/v1/profile'));
        storage.save = save;
        const restarted = createClient({ ...options, storage: memoryStorage(await storage.load()) });
        const found = [await restarted.GET('/v1/profile'), await api.GET('/v1/profile')];
        report(error, found.map(({ response }) => response.status), sent(refresh).length);
        """,
    )
    assert found == ["full", [200, 200], 3]


def test_session_that_ended_signs_out_once_and_keeps_the_device(world: World) -> None:
    found = run(
        world,
        """
        await api.DELETE('/v1/sessions');
        const found = await Promise.all([api.GET('/v1/profile'), api.GET('/v1/contacts')]);
        const codes = found.map(({ error }) => error.code);
        report(codes, signedOut, await api.session(), Object.keys(await kept()));
        """,
    )
    assert found == [["session_ended", "session_ended"], 1, None, ["device_id"]]


def test_tab_learns_that_another_tab_signed_out_and_in(world: World) -> None:
    found = run(
        world,
        """
        const other_tab = createClient(options);
        await other_tab.signOut();
        const status = async () => (await api.GET('/v1/profile')).response.status;
        const after = [await status(), signedOut, await api.session(), sent(refresh).length];
        await other_tab.signedIn(other);
        report(after, await status(), signedOut);
        """,
    )
    assert found == [[401, 1, None, 0], 200, 1]


@pytest.mark.parametrize("minutes", [0, 14])
def test_tab_does_not_go_on_as_the_next_user(world: World, minutes: int) -> None:
    found = run(
        world,
        f"""
        const other_tab = createClient(options);
        await other_tab.signOut();
        await other_tab.signedIn(other);
        const now = Date.now;
        Date.now = () => now() + {minutes} * 60_000;
        report((await api.GET('/v1/profile')).response.status, signedOut, sent('GET /v1/profile').length);
        """,
    )
    assert found == [401, 1, 1]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("unavailable(30)", 503),
        ("async () => Response.json({}, { status: 429 })", 429),
        ("async () => new Response('<p>Log in</p>', { status: 401 })", 401),
        ("async () => new Response('<p>Log in</p>')", None),
        ("offline", None),
    ],
)
def test_any_other_answer_to_a_refresh_keeps_the_session(
    world: World, answer: str, status: int | None
) -> None:
    found = run(
        world,
        f"""
        await pass(16);
        const before = await storage.load();
        instead(refresh, {answer});
        const result = await api.GET('/v1/profile').catch(() => null);
        const same = before === await storage.load();
        const now = Date.now;
        Date.now = () => now() + 61_000;
        const later = (await api.GET('/v1/profile')).response.status;
        report(result?.response.status ?? null, same, later, signedOut);
        """,
    )
    assert found == [status, True, 200, 0]


def test_calls_that_wait_for_a_refresh_fail_with_it(world: World) -> None:
    found = run(
        world,
        """
        const paths = ['/v1/profile', '/v1/contacts', '/v1/blocks'];
        for (const path of paths) instead(`GET ${path}`, async () => new Response('', { status: 401 }));
        instead(refresh, () => new Promise((wait) => setTimeout(wait, 100)).then(offline));
        report(await Promise.all(paths.map((path) => failed(api.GET(path)))), sent(refresh).length);
        """,
    )
    assert found == [["offline"] * 3, 1]


def test_refresh_without_an_answer_ends(world: World) -> None:
    found = run(
        world,
        """
        await pass(16);
        const later = setTimeout;
        globalThis.setTimeout = (task, milliseconds) => later(task, milliseconds / 1000);
        instead(refresh, (send, { signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('late')))));
        const error = await failed(api.GET('/v1/profile'));
        globalThis.setTimeout = later;
        report(error, (await api.GET('/v1/profile')).response.status);
        """,
    )
    assert found == ["late", 200]


def test_refused_refresh_is_not_repeated_before_the_service_allows_it(world: World) -> None:
    found = run(
        world,
        """
        await pass(16);
        instead(refresh, unavailable(30));
        const found = [await api.GET('/v1/profile'), await api.GET('/v1/profile')];
        report(found.map(({ error }) => error.code), sent(refresh).length);
        """,
    )
    assert found == [["unavailable", "unavailable"], 1]


@pytest.mark.parametrize(
    ("answer", "refreshes"), [("(send) => send()", 1), ("offline", 2), ("unavailable(9)", 1)]
)
def test_refresh_begins_early_and_may_fail(world: World, answer: str, refreshes: int) -> None:
    found = run(
        world,
        f"""
        const now = Date.now;
        Date.now = () => now() + 14 * 60_000;
        instead(refresh, {answer});
        instead(refresh, {answer});
        const found = [await api.GET('/v1/profile'), await api.GET('/v1/profile')];
        const statuses = found.map(({{ response }}) => response.status);
        report(statuses, sent('GET /v1/profile').length, sent(refresh).length);
        """,
    )
    assert found == [[200, 200], 2, refreshes]


def test_call_that_is_refused_twice_is_not_sent_again(world: World) -> None:
    found = run(
        world,
        """
        const refused = async () => Response.json({ code: 'unauthenticated' }, { status: 401 });
        for (let i = 0; i < 5; i++) instead('GET /v1/profile', refused);
        const { response } = await api.GET('/v1/profile');
        report(response.status, sent('GET /v1/profile').length, sent(refresh).length);
        """,
    )
    assert found == [401, 2, 1]


def test_call_of_one_user_is_not_repeated_as_another(world: World) -> None:
    found = run(
        world,
        """
        instead('POST /v1/contact-codes', async () => {
          await api.signedIn(other);
          return Response.json({ code: 'unauthenticated' }, { status: 401 });
        });
        const { response } = await api.POST('/v1/contact-codes');
        const { user_id } = await api.session();
        report(response.status, sent('POST /v1/contact-codes').length, user_id === other.user_id);
        """,
    )
    assert found == [401, 1, True]


def test_body_is_sent_again_after_a_refresh(world: World) -> None:
    found = run(
        world,
        """
        const { response } = await api.GET('/v1/profile');
        await pass(16);
        const params = { header: { 'If-Match': response.headers.get('ETag') } };
        const changed = await api.PATCH('/v1/profile', { params, body: { display_name: 'Mila' } });
        report(changed.response.status, Problem.dataOf(changed).display_name);
        """,
    )
    assert found == [200, "Mila"]


def test_lost_answer_is_repeated_with_the_same_key(world: World) -> None:
    found = run(
        world,
        """
        instead('POST /v1/contact-codes', lost);
        const { response } = await api.POST('/v1/contact-codes');
        const keys = sent('POST /v1/contact-codes').map(({ headers }) => headers['idempotency-key']);
        const key = crypto.randomUUID();
        await api.POST('/v1/contact-codes', { params: { header: { 'Idempotency-Key': key } } });
        const own = sent('POST /v1/contact-codes')[2].headers['idempotency-key'] === key;
        report(response.status, keys.length, keys[0] === keys[1], own);
        """,
    )
    assert found == [201, 2, True, True]


@pytest.mark.parametrize(
    ("route", "call", "answer", "requests"),
    [
        ("GET /v1/profile", "api.GET('/v1/profile')", "unavailable(1)", 2),
        ("GET /v1/profile", "api.GET('/v1/profile')", "unavailable(6)", 1),
        ("POST /v1/chat/token", "api.POST('/v1/chat/token')", "unavailable(1)", 1),
        ("POST /v1/chat/token", "api.POST('/v1/chat/token')", "lost", 1),
    ],
)
def test_only_calls_that_may_be_repeated_are(
    world: World, route: str, call: str, answer: str, requests: int
) -> None:
    script = f"instead('{route}', {answer}); await failed({call}); report(sent('{route}').length);"
    assert run(world, script) == [requests]


def test_token_goes_only_where_it_is_needed(world: World) -> None:
    found = run(
        world,
        """
        const language = { ...options, appVersion: 'ios/1.2.3', language: 'sr-Latn' };
        await createClient(language).GET('/v1/notices/current');
        const { authorization, ...headers } = requests.at(-1).headers;
        report(authorization ?? null, headers['app-version'], headers['accept-language']);
        """,
    )
    assert found == [None, "ios/1.2.3", "sr-Latn"]


def test_answer_from_before_a_refresh_does_not_bring_back_its_token(world: World) -> None:
    found = run(
        world,
        """
        await api.refresh();
        const { refresh_token, user_id } = (await kept()).session;
        await api.signedIn({ session: verified.session });
        const { session } = await kept();
        report(session.refresh_token === refresh_token, session.user_id === user_id);
        """,
    )
    assert found == [True, True]


def test_sign_in_needs_the_id_of_the_device(world: World) -> None:
    found = run(
        world,
        """
        const fresh = createClient({ ...options, storage: memoryStorage() });
        const error = await failed(fresh.signedIn(verified));
        const [id, again] = [await fresh.deviceId(), await fresh.deviceId()];
        report(error, id === again);
        """,
    )
    assert found == ["The sign-up has to send the device id of `deviceId()`", True]


@pytest.mark.parametrize(("answer", "ended"), [("(send) => send()", True), ("offline", False)])
def test_signing_out_forgets_the_tokens_with_and_without_network(
    world: World,
    answer: str,
    ended: bool,  # noqa: FBT001 - a case of the table
) -> None:
    found = run(
        world,
        f"""
        instead(`DELETE /v1/sessions/${{verified.session.session_id}}`, {answer});
        const done = await api.signOut();
        report(done, await api.session(), Object.keys(await kept()), signedOut);
        """,
    )
    assert found == [ended, None, ["device_id"], 0]


def test_sign_out_leaves_the_session_of_the_next_user(world: World) -> None:
    found = run(
        world,
        """
        instead(`DELETE /v1/sessions/${verified.session.session_id}`, async (send) => {
          await api.signedIn(other);
          return send();
        });
        report(await api.signOut(), (await api.session()).session_id === other.session.session_id);
        """,
    )
    assert found == [True, True]


def test_call_that_the_app_gave_up_is_not_repeated(world: World) -> None:
    found = run(
        world,
        """
        const giving_up = new AbortController();
        instead('GET /v1/profile', () => { giving_up.abort(); return offline(); });
        const error = await failed(api.GET('/v1/profile', { signal: giving_up.signal }));
        report(error, sent('GET /v1/profile').length);
        """,
    )
    assert found == ["offline", 1]


def test_refresh_that_is_refused_throws_its_problem(world: World) -> None:
    found = run(
        world,
        """
        instead(refresh, unavailable(30));
        const error = await api.refresh().catch((error) => error);
        report(error instanceof Problem, error.code, error.status, error.retryAfter);
        """,
    )
    assert found == [True, "unavailable", 503, 30]
