/** The HLS master playlist, as far as the choice of a quality needs it. Pure. */

/**
 * @typedef {object} Rendition
 * @property {string} id "son", or "720p"
 * @property {string} url absolute
 * @property {number} height 0 when there is no picture
 * @property {number} bandwidth bit/s
 */

/** Attributes of one tag: `NAME=value,NAME="quoted, value"`. @param {string} list */
function attributes(list) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const match of list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^",]*)/g)) found[match[1]] = match[2].replace(/^"|"$/g, "");
  return found;
}

/**
 * The renditions of a master playlist, best picture first, sound only last. A media playlist has none.
 * @param {string} playlist
 * @param {string} base address it was read from
 * @returns {Rendition[]}
 */
export function parseMaster(playlist, base) {
  const lines = playlist.split(/\r?\n/).map((line) => line.trim());
  /** @type {Rendition[]} */
  const renditions = [];
  lines.forEach((line, i) => {
    if (!line.startsWith("#EXT-X-STREAM-INF:")) return;
    const uri = lines.slice(i + 1).find((next) => next && !next.startsWith("#"));
    if (!uri) return;
    const said = attributes(line.slice(line.indexOf(":") + 1));
    const codecs = said.CODECS ?? "";
    const height = Number(said.RESOLUTION?.split("x")[1] ?? 0);
    const picture = height > 0 || /avc|hvc|hev|vp0?9|av01/.test(codecs) || codecs === "";
    renditions.push({
      id: picture ? `${height || "image"}${height ? "p" : ""}` : "son",
      url: new URL(uri, base).href,
      height: picture ? height : 0,
      bandwidth: Number(said.BANDWIDTH ?? 0),
    });
  });
  return renditions.sort((a, b) => b.height - a.height || b.bandwidth - a.bandwidth);
}

/** What a person may choose: automatic, each picture, sound only. @param {Rendition[]} renditions */
export function choices(renditions) {
  const pictures = renditions.filter((r) => r.id !== "son");
  const offered = [{ id: "auto", name: "Auto" }];
  pictures.forEach((r, i) => {
    const sparing = i > 0 && i === pictures.length - 1;
    offered.push({ id: r.id, name: sparing ? `Économe (${r.id})` : r.id });
  });
  if (renditions.some((r) => r.id === "son")) offered.push({ id: "son", name: "Son seul" });
  return offered;
}
