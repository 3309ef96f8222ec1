// What a text costs, counted as campaigns/segments.py counts it, while somebody is still typing.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("\f^{}\\[~]|€");
const SIZES = { "GSM-7": [160, 153], Unicode: [70, 67] };

// {encoding, characters, segments, left, culprits}: units as a carrier counts them, room left without
// another segment, and the characters that force Unicode.
export function count(text) {
  const letters = [...text];
  const culprits = [...new Set(letters.filter((c) => !BASIC.has(c) && !EXTENSION.has(c)))];
  const encoding = culprits.length ? "Unicode" : "GSM-7";
  const widths = letters.map((c) => (culprits.length ? c.length : EXTENSION.has(c) ? 2 : 1));
  const characters = widths.reduce((sum, width) => sum + width, 0);
  const [alone, together] = SIZES[encoding];
  if (characters <= alone) {
    return { encoding, characters, segments: text ? 1 : 0, left: alone - characters, culprits };
  }
  return { encoding, characters, ...packed(widths, together), culprits };
}

// No character lies across two segments.
function packed(widths, size) {
  let segments = 1;
  let left = size;
  for (const width of widths) {
    if (width > left) {
      segments += 1;
      left = size;
    }
    left -= width;
  }
  return { segments, left };
}
