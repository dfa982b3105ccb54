({
  // What can be measured of a page's accessibility. One expression: an object of functions, each giving the list of what is wrong.

  /** Whatever one can act on has a name. */
  names() {
    const words = (node) => node.getAttribute("aria-label") || node.title || node.innerText || node.placeholder || "";
    const named = (node) =>
      words(node).trim() !== "" || node.hasAttribute("aria-labelledby") || [...(node.labels ?? [])].some((l) => l.innerText.trim());
    return [...document.querySelectorAll("a[href], button, input, select, [role=tab], [role=meter], video, fieldset")]
      .filter((node) => node.checkVisibility() && !node.closest("[aria-hidden=true]"))
      .filter((node) => (node.matches("fieldset") ? !node.querySelector("legend") : !named(node)))
      .map((node) => node.outerHTML.slice(0, 120));
  },

  /** Texts against what is painted behind them: 4.5, or 3 when they are large. Texts over a picture or a gradient are left out. */
  contrast() {
    const parse = (css) => {
      const n = (css.match(/[\d.]+/g) ?? []).map(Number);
      return [n[0], n[1], n[2], n.length > 3 ? n[3] : 1];
    };
    const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
    const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const ground = (node) => {
      const layers = [];
      for (let at = node; at; at = at.parentElement) {
        const css = getComputedStyle(at);
        if (css.backgroundImage !== "none") return null;
        layers.push(parse(css.backgroundColor));
        if (layers.at(-1)[3] === 1) break;
      }
      return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
    };
    const bad = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      const words = walker.currentNode.data.trim();
      if (!words || node.closest(".sr, script, style, option, noscript")) continue;
      if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const css = getComputedStyle(node);
      const below = ground(node);
      if (!below) continue;
      const [dark, bright] = [light(over(parse(css.color), below)), light(below)].sort((x, y) => x - y);
      const size = parseFloat(css.fontSize);
      const large = size >= 24 || (size >= 18.6 && Number(css.fontWeight) >= 700);
      const ratio = (bright + 0.05) / (dark + 0.05);
      if (ratio < (large ? 3 : 4.5)) bad.push(`${words}: ${css.color} on ${below.slice(0, 3)}, ${ratio.toFixed(2)}`);
    }
    return bad;
  },

  /** Nothing to press is smaller than a finger. Icons in the monitors' captions reach over the picture and are checked apart. */
  targets(least) {
    return [...document.querySelectorAll("button, select, input:not([type=radio]):not([type=checkbox]), .segment, a.btn")]
      .filter((node) => node.checkVisibility() && !node.closest("figcaption, .take-by"))
      .map((node) => [node.id || node.className || node.textContent, node.getBoundingClientRect()])
      .filter(([, box]) => Math.min(box.width, box.height) < least && box.width > 1)
      .map(([name, box]) => `${name} ${box.width} × ${box.height}`);
  },

  /** Language, title, one h1, one main, no double id, no reference to nothing, pictures described. */
  structure() {
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    const references = ["aria-controls", "aria-labelledby", "aria-describedby"].flatMap((name) =>
      [...document.querySelectorAll(`[${name}]`)].flatMap((node) => node.getAttribute(name).split(" ").filter(Boolean)),
    );
    const bad = ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `twice #${id}`);
    bad.push(...references.filter((id) => !document.getElementById(id)).map((id) => `nothing is #${id}`));
    bad.push(...[...document.images].filter((image) => !image.hasAttribute("alt")).map((image) => image.outerHTML));
    if (document.documentElement.lang !== "fr") bad.push("language");
    if (document.title.length < 4) bad.push("title");
    for (const tag of ["h1", "main"]) if (document.querySelectorAll(tag).length !== 1) bad.push(`not one ${tag}`);
    return bad;
  },

  /** What has the focus, and whether it shows. */
  focused() {
    const at = document.activeElement;
    if (at === document.body) return ["", true];
    const ring = (node) => node !== null && getComputedStyle(node).outlineStyle !== "none";
    return [at.id || at.value || at.textContent.trim(), ring(at) || ring(at.nextElementSibling)];
  },
})
