/** The town's colour, used on the head of the public page only, with a text colour that can be read. */

/** @param {string} hex "#rrggbb" */
export function luminance(hex) {
  const channel = (/** @type {number} */ at) => {
    const v = parseInt(hex.slice(at, at + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** Contrast of two colours, 1 to 21. @param {string} a @param {string} b */
export function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** The asked text colour when it can be read on the ground (4.5), else black or white. @param {string} ground @param {string} asked */
export function readable(ground, asked) {
  if (contrast(ground, asked) >= 4.5) return asked;
  return contrast(ground, "#ffffff") >= contrast(ground, "#000000") ? "#ffffff" : "#000000";
}

/** @param {{couleur: string, couleur_texte: string}} town */
export function applyTown(town) {
  const style = document.documentElement.style;
  style.setProperty("--town", town.couleur);
  style.setProperty("--town-text", readable(town.couleur, town.couleur_texte));
}
