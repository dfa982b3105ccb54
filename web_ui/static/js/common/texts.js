/** The sentences of texts.json: one place for what people read about states, alarms and refusals. */

import { getJson } from "./http.js";

/** @type {Record<string, string>} */
let texts = {};

/** Load the sentences; without them codes are shown, never nothing. */
export async function loadTexts() {
  try {
    texts = await getJson("/static/texts.json");
  } catch {
    texts = {};
  }
}

/**
 * The sentence of a code, `{place}` replaced by its fact.
 * @param {string} code
 * @param {Record<string, string | number>} [facts]
 */
export function text(code, facts = {}) {
  const sentence = texts[code] ?? texts[code.slice(code.lastIndexOf(".") + 1)] ?? code.slice(code.lastIndexOf(".") + 1);
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));
}

/** @param {string} code */
export const known = (code) => code in texts;
