// The client of RU4M's API for apps: openapi-fetch, with the session of the user.
//
// A refresh token is used once: the answer has the next one (docs/adr/0009). The service answers the last used
// token again, from the same device and at most three times in 24 hours, because answers get lost. It ends the
// session for any older token, since that may be a copy. From this follow the rules of this file:
//
// - One writer: calls that need new tokens at the same time share one refresh. Tabs or processes that share a
//   storage give it a `lock`, under which the client reads the storage again before it refreshes.
// - New tokens are saved before they are used. If they cannot be saved, or the process ends before, the
//   storage has the token before, which the service answers again.
// - Only 401 `session_ended` signs out. No network, 429, 503 and any other answer keep the tokens; the next call
//   sends the same refresh token again, at the earliest after `Retry-After`.
// - A refresh begins after nine tenths of the access token's life. If it fails, the access token is used to its end.
// - A call that got 401 is repeated once, after a refresh, and never with the session of another user.
// - GET, PUT and a POST with an Idempotency-Key are repeated once, with the same key, after a lost answer or a short
//   `Retry-After`.
// - The id of the device belongs to each session of this installation, and outlives them.

// Version 0.17.0 takes no `null` for a field that takes nothing else (openapi-ts/openapi-typescript#2717).
import createFetchClient from 'openapi-fetch';
import { MERGE_PATCH, WITH_KEY, WITH_SESSION } from './routes.mjs';

/** @typedef {import('./schema.d.ts').components} components */
/** @typedef {import('./schema.d.ts').paths} paths */
/** @typedef {components['schemas']['SessionView']} Tokens */
/**
 * What the app shows of a session.
 * @typedef {Pick<Tokens, 'session_id' | 'scope' | 'erasure'> & { user_id?: string }} Session
 */
/** @typedef {Session & Pick<Tokens, 'access_token' | 'refresh_token'> & { early: number, late: number }} Kept */
/** @typedef {{ device_id?: string, session?: Kept }} State */
/** @typedef {components['schemas'][Extract<keyof components['schemas'], `${string}Problem`>]} AnyProblem */
/** @template T @typedef {T extends unknown ? keyof T : never} KeyOf */
/** @template T @template K @typedef {T extends unknown ? T[K & keyof T] : never} ValueOf */
/**
 * The members of all problems: the `code` says which a problem has.
 * @typedef {{ [K in KeyOf<AnyProblem>]?: ValueOf<AnyProblem, K> }} ProblemBody
 */
/**
 * Where the app keeps one text, which has tokens: a place like Keychain or Keystore. `save` resolves when the text
 * is durable. `lock` runs a task while no other tab or process does, as `navigator.locks` can.
 * @typedef {object} Storage
 * @property {() => Promise<string | null>} load
 * @property {(text: string) => Promise<void>} save
 * @property {<T>(task: () => Promise<T>) => Promise<T>} [lock]
 */
/**
 * @typedef {object} Options
 * @property {string} baseUrl
 * @property {Storage} storage
 * @property {string} [appVersion] platform and version, as `ios/1.4.2`
 * @property {string} [language] of texts in answers, for example `sr-Latn`
 * @property {(request: Request) => Promise<Response>} [fetch]
 * @property {() => void} [onSignedOut] is called when the service or another tab ended the session
 */

const EARLY = 0.9;
const DEADLINE = 35_000; // milliseconds of a refresh; the gateway gives up after 29 seconds
const LONGEST_WAIT = 5; // seconds of `Retry-After`, before the client's own repetition
const LONGEST_PAUSE = 60; // seconds of `Retry-After`, between two refreshes

/** An answer of the API that is no success, as an error (RFC 9457). */
export class Problem extends Error {
  /** @param {unknown} error the body of the answer @param {Response} response */
  constructor(error, response) {
    const body = /** @type {ProblemBody} */ (Object(error));
    super(`${response.status} ${body.code ?? 'without a problem'}: ${body.detail ?? response.url}`);
    this.name = 'Problem';
    this.status = response.status;
    this.code = body.code;
    this.retryAfter = Number(response.headers.get('Retry-After')) || undefined; // seconds
    this.body = body;
  }

  /**
   * The data of a result.
   * @template T
   * @param {{ data?: T, error?: unknown, response: Response }} result
   * @returns {T}
   * @throws {Problem} it has none
   */
  static dataOf({ data, error, response }) {
    if (!response.ok) throw new Problem(error, response);
    return /** @type {T} */ (data);
  }
}

/**
 * A storage that forgets everything with the process, for tests.
 * @param {string | null} [text]
 * @returns {Storage}
 */
export const memoryStorage = (text = null) => ({
  load: async () => text,
  save: async (next) => void (text = next),
});

/** @param {Options} options */
export function createClient({ baseUrl, storage, appVersion, language, onSignedOut, ...options }) {
  const fetch = options.fetch ?? ((request) => globalThis.fetch(request));
  /** @type {Record<string, string>} */
  const headers = {};
  if (appVersion) headers['App-Version'] = appVersion;
  if (language) headers['Accept-Language'] = language;
  /** @type {State | undefined} */
  let state;
  /** @type {Promise<unknown>} */
  let writing = Promise.resolve();
  /** @type {Promise<{ session?: Kept, refused?: Response }> | undefined} */
  let refreshing;
  /** @type {{ refused: Response, until: number } | undefined} */
  let pause;

  /** @template T @param {() => Promise<T>} task @returns {Promise<T>} */
  const alone = (task) => {
    const done = writing.then(() => (storage.lock ? storage.lock(task) : task()));
    writing = done.catch(() => {});
    return done;
  };
  /** @returns {Promise<State>} */
  const load = async () => (state = JSON.parse((await storage.load()) ?? '{}'));
  const current = async () => state?.session ?? (await load()).session;
  /** @param {State} next */
  const save = async (next) => {
    await storage.save(JSON.stringify(next));
    state = next;
  };
  /** @param {Tokens} tokens @param {string} [user_id] @returns {Kept} */
  const kept = ({ session_id, scope, erasure, access_token, refresh_token, expires_in }, user_id) => {
    const [early, late] = [EARLY, 1].map((part) => Date.now() + part * expires_in * 1000);
    return { session_id, user_id, scope, erasure, access_token, refresh_token, early, late };
  };

  /** @param {Kept} used */
  const refresh = (used) =>
    (refreshing ??= alone(() => refreshAlone(used)).finally(() => (refreshing = undefined)));

  /** @param {Kept} used @returns {Promise<{ session?: Kept, refused?: Response }>} */
  const refreshAlone = async (used) => {
    const before = state?.session;
    const { device_id, session } = await load();
    if (before && before.session_id !== session?.session_id) onSignedOut?.();
    if (!session || session.access_token !== used.access_token) return { session };
    if (pause && Date.now() < pause.until) return { session, refused: pause.refused };
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), DEADLINE);
    try {
      const response = await fetch(
        new Request(`${baseUrl}/v1/sessions/refresh`, {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/json' },
          body: JSON.stringify({ refresh_token: session.refresh_token, device_id }),
          signal: stop.signal,
        }),
      );
      const body = await response.clone().json().catch(() => ({}));
      if (response.ok && body.refresh_token) {
        const next = kept(body, session.user_id);
        await save({ device_id, session: next });
        return { session: next };
      }
      if (response.ok) throw new TypeError('The answer to a refresh has no tokens: it is not from the service');
      if (response.status === 401 && body.code === 'session_ended') {
        await save({ device_id });
        onSignedOut?.();
        return { refused: response };
      }
      const seconds = Math.min(Number(response.headers.get('Retry-After')) || 1, LONGEST_PAUSE);
      pause = { refused: response, until: Date.now() + seconds * 1000 };
      return { session, refused: response };
    } finally {
      clearTimeout(timer);
    }
  };

  /** @param {Request} request @param {boolean} repeatable @param {Kept} [session] @returns {Promise<Response>} */
  const attempt = async (request, repeatable, session) => {
    const once = () => {
      const sent = request.clone();
      if (session) sent.headers.set('Authorization', `Bearer ${session.access_token}`);
      return fetch(sent);
    };
    if (!repeatable) return once();
    /** @type {Response | undefined} */
    const first = await once().catch((error) => {
      if (request.signal.aborted) throw error;
      return undefined;
    });
    if (first && first.status !== 429 && first.status !== 503) return first;
    const seconds = first ? Number(first.headers.get('Retry-After') ?? NaN) : 1;
    if (first && !(seconds <= LONGEST_WAIT)) return first;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return once();
  };

  /** @param {Request} request @param {string} route @returns {Promise<Response>} */
  const send = async (request, route) => {
    const repeatable = /GET|PUT/.test(request.method) || request.headers.has('Idempotency-Key');
    let session = WITH_SESSION.has(route) ? await current() : undefined;
    if (session && Date.now() >= session.early) {
      const { late, session_id } = session;
      const found = await refresh(session).catch((error) => {
        if (Date.now() >= late) throw error;
        return { session, refused: undefined };
      });
      if (found.refused && (!found.session || Date.now() >= late)) return found.refused.clone();
      if (found.session?.session_id === session_id) session = found.session;
    }
    const response = await attempt(request, repeatable, session);
    if (response.status !== 401 || !session) return response;
    const found = await refresh(session);
    if (found.refused) return found.refused.clone();
    if (found.session?.session_id !== session.session_id) return response;
    return attempt(request, repeatable, found.session);
  };

  /** @type {import('openapi-fetch').Client<paths>} */
  const client = createFetchClient({ baseUrl, headers });
  client.use({
    onRequest({ request, schemaPath }) {
      const route = `${request.method} ${schemaPath}`;
      if (WITH_KEY.has(route) && !request.headers.has('Idempotency-Key'))
        request.headers.set('Idempotency-Key', crypto.randomUUID());
      if (MERGE_PATCH.has(route)) request.headers.set('Content-Type', 'application/merge-patch+json');
      return send(request, route);
    },
  });

  /** The session as the app shows it, or null. @returns {Promise<Session | null>} */
  const session = async () => {
    const found = await current();
    if (!found) return null;
    const { session_id, user_id, scope, erasure } = found;
    return { session_id, user_id, scope, erasure };
  };

  const { GET, POST, PUT, PATCH, DELETE } = client;
  // The declaration has to name `Client`: the types of its methods, written out, take no interface as `paths`.
  /** @type {Pick<typeof client, 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'>} */
  const calls = { GET, POST, PUT, PATCH, DELETE };
  return Object.assign(calls, {
    session,

    /** The id of this installation, for the `device` of a sign-up. @returns {Promise<string>} */
    deviceId: () =>
      alone(async () => {
        const found = await load();
        const device_id = found.device_id ?? crypto.randomUUID();
        if (!found.device_id) await save({ ...found, device_id });
        return device_id;
      }),

    /**
     * Saves the session of an answer: of a sign-in, a step-up, or the opening of a session that waits.
     * @param {{ session: Tokens, user_id?: string }} answer
     * @returns {Promise<void>}
     */
    signedIn: ({ session: tokens, user_id }) =>
      alone(async () => {
        const { device_id, session: before } = await load();
        if (!device_id) throw new Error('The sign-up has to send the device id of `deviceId()`');
        const same = before?.session_id === tokens.session_id ? before : undefined;
        const session = kept(tokens, user_id ?? same?.user_id);
        // A refresh may have ended since this answer was sent: its token is then the newer one.
        await save({ device_id, session: { ...session, ...(same && { refresh_token: same.refresh_token }) } });
      }),

    /**
     * Refreshes now, to learn of another scope. It returns the session, or null if that has ended.
     * @throws {Problem} the service answered neither
     */
    async refresh() {
      const used = await current();
      const { refused } = used ? await refresh(used) : {};
      if (refused && (await current())) throw new Problem(await refused.clone().json().catch(() => null), refused);
      return session();
    },

    /** Signs out, also without network: it returns whether the service ended the session. */
    async signOut() {
      const ending = await current();
      if (!ending) return true;
      const params = { path: { session_id: ending.session_id } };
      const ended = await client
        .DELETE('/v1/sessions/{session_id}', { params })
        .then(({ response }) => response.ok || response.status === 401, () => false);
      await alone(async () => {
        const { device_id, session: found } = await load();
        if (found?.session_id === ending.session_id) await save({ device_id });
      });
      return ended;
    },
  });
}
