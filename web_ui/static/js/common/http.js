/** Requests to the API: JSON both ways, errors with the server's code and French sentence. */

/** A request that the server declined, or that never arrived (`code` "liaison"). */
export class HttpError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {Record<string, unknown>} [facts] */
  constructor(status, code, message, facts = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.facts = facts;
  }
}

/** Longest wait for an answer: beyond it the person is told. */
const DEADLINE_MS = 8000;

/** @param {string} url @param {RequestInit} [init] */
async function exchange(url, init = {}) {
  try {
    return await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(DEADLINE_MS), ...init });
  } catch {
    throw new HttpError(0, "liaison", "Le serveur ne répond pas.");
  }
}

/** @param {Response} response */
async function refusal(response) {
  /** @type {{code?: string, message?: string, faits?: Record<string, unknown>}} */
  const body = await response.json().catch(() => ({}));
  return new HttpError(
    response.status,
    body.code ?? `http_${response.status}`,
    body.message ?? `Le serveur a répondu ${response.status}.`,
    body.faits,
  );
}

/**
 * @template T
 * @param {string} url
 * @returns {Promise<T>}
 */
export async function getJson(url) {
  const response = await exchange(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw await refusal(response);
  return response.json();
}

/** @param {string} url */
export async function getText(url) {
  const response = await exchange(url);
  if (!response.ok) throw await refusal(response);
  return response.text();
}

/**
 * @param {string} url
 * @param {unknown} body
 * @param {{csrf?: string, method?: string}} [options]
 * @returns {Promise<any>}
 */
export async function send(url, body, { csrf, method = "POST" } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf) headers["X-CSRF-Token"] = csrf;
  const response = await exchange(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!response.ok) throw await refusal(response);
  const type = response.headers.get("Content-Type") ?? "";
  return type.includes("json") ? response.json() : {};
}

/**
 * Ask an address again and again without weighing: the browser's cache answers 304 with the server's ETag.
 * `onValue` receives each answer, `onLost` the seconds since the link was lost, null when it is back.
 * @template T
 * @param {string} url
 * @param {number} everyMs
 * @param {(value: T) => void} onValue
 * @param {(seconds: number | null) => void} onLost
 * @returns {() => void} asks at once
 */
export function poll(url, everyMs, onValue, onLost) {
  let lostAt = 0;
  let timer = 0;
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    try {
      const value = /** @type {T} */ (await getJson(url));
      if (lostAt) onLost(null);
      lostAt = 0;
      onValue(value);
    } catch {
      lostAt ||= performance.now();
      onLost((performance.now() - lostAt) / 1000);
    }
    asking = false;
    timer = setTimeout(ask, document.hidden ? everyMs * 4 : lostAt ? 2000 : everyMs);
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void ask();
  });
  void ask();
  return ask;
}
