/**
 * Lets the auxiliary's page be reloaded while the network is down: what it is made of is taken from the network when there is one, and
 * from the last copy when there is none. What the register says is never kept here.
 */

const CACHE = "regie-auxiliaire";
const worker = /** @type {any} */ (self);

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const url = new URL(event.request.url);
  const made = url.pathname === "/auxiliaire" || url.pathname.startsWith("/static/");
  if (event.request.method !== "GET" || url.origin !== location.origin || !made) return;
  event.respondWith(freshOrKept(event.request));
});

/** @param {Request} request */
async function freshOrKept(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    // A redirection is the log-in page: it must not take the place of this one.
    if (answer.ok && !answer.redirected) await cache.put(request.url, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request.url);
    if (kept) return kept;
    throw error;
  }
}
