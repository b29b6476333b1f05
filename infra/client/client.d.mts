/** @param {Options} options */
export function createClient({ baseUrl, storage, appVersion, language, onSignedOut, ...options }: Options): Pick<import("openapi-fetch").Client<import("./schema.d.ts").paths, `${string}/${string}`>, "GET" | "POST" | "PUT" | "PATCH" | "DELETE"> & {
    session: () => Promise<Session | null>;
    /** The id of this installation, for the `device` of a sign-up. @returns {Promise<string>} */
    deviceId: () => Promise<string>;
    /**
     * Saves the session of an answer: of a sign-in, a step-up, or the opening of a session that waits.
     * @param {{ session: Tokens, user_id?: string }} answer
     * @returns {Promise<void>}
     */
    signedIn: ({ session: tokens, user_id }: {
        session: Tokens;
        user_id?: string;
    }) => Promise<void>;
    /**
     * Refreshes now, to learn of another scope. It returns the session, or null if that has ended.
     * @throws {Problem} the service answered neither
     */
    refresh(): Promise<Session | null>;
    /** Signs out, also without network: it returns whether the service ended the session. */
    signOut(): Promise<boolean>;
};
/** An answer of the API that is no success, as an error (RFC 9457). */
export class Problem extends Error {
    /**
     * The data of a result.
     * @template T
     * @param {{ data?: T, error?: unknown, response: Response }} result
     * @returns {T}
     * @throws {Problem} it has none
     */
    static dataOf<T>({ data, error, response }: {
        data?: T;
        error?: unknown;
        response: Response;
    }): T;
    /** @param {unknown} error the body of the answer @param {Response} response */
    constructor(error: unknown, response: Response);
    status: number;
    code: string | undefined;
    retryAfter: number | undefined;
    body: ProblemBody;
}
export function memoryStorage(text?: string | null): Storage;
export type components = import("./schema.d.ts").components;
export type paths = import("./schema.d.ts").paths;
export type Tokens = components["schemas"]["SessionView"];
/**
 * What the app shows of a session.
 */
export type Session = Pick<Tokens, "session_id" | "scope" | "erasure"> & {
    user_id?: string;
};
export type Kept = Session & Pick<Tokens, "access_token" | "refresh_token"> & {
    early: number;
    late: number;
};
export type State = {
    device_id?: string;
    session?: Kept;
};
export type AnyProblem = components["schemas"][Extract<keyof components["schemas"], `${string}Problem`>];
export type KeyOf<T> = T extends unknown ? keyof T : never;
export type ValueOf<T, K> = T extends unknown ? T[K & keyof T] : never;
/**
 * The members of all problems: the `code` says which a problem has.
 */
export type ProblemBody = { [K in KeyOf<AnyProblem>]?: ValueOf<AnyProblem, K>; };
/**
 * Where the app keeps one text, which has tokens: a place like Keychain or Keystore. `save` resolves when the text
 * is durable. `lock` runs a task while no other tab or process does, as `navigator.locks` can.
 */
export type Storage = {
    load: () => Promise<string | null>;
    save: (text: string) => Promise<void>;
    lock?: (<T>(task: () => Promise<T>) => Promise<T>) | undefined;
};
export type Options = {
    baseUrl: string;
    storage: Storage;
    /**
     * platform and version, as `ios/1.4.2`
     */
    appVersion?: string | undefined;
    /**
     * of texts in answers, for example `sr-Latn`
     */
    language?: string | undefined;
    fetch?: ((request: Request) => Promise<Response>) | undefined;
    /**
     * is called when the service or another tab ended the session
     */
    onSignedOut?: (() => void) | undefined;
};
