// Blanks in a script, read as campaigns/blanks.py reads them, while somebody is still typing.
const BLANK = /\{\s*([^{}]*[^{}\s])\s*\}/g;
const STRAY = /\{[^{}\s]*\}?|[^{}\s]*\}/g;
const CLOSES = " \n,.;:!?)";
const PREVIOUS = "previoustexterfirstname"; // a sentence that names them is said only where there is somebody to name
const SENTENCE = /(?:\{[^{}]*\}|[^.!?\n])+[.!?]*[^\S\n]*/g;
const ENDING = /[^\S\n]+(?=\n|$)/g;
const NEAR = 2; // letters that may differ in what was meant

// A name as it is compared: no case, accents, spaces or punctuation, unless it has nothing else.
export function key(name) {
  return name.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}]/gu, "") || name.trim();
}

// What in the braces nothing would fill: names bare, stray bits with their brace.
export function unknown(text, names) {
  const known = new Set(names.map(key));
  const found = [...text.matchAll(BLANK)].map((blank) => blank[1]).filter((name) => !known.has(key(name)));
  return [...new Set(found), ...(text.replace(BLANK, "").match(STRAY) ?? [])];
}

// The name that was probably meant, or undefined.
export function suggest(wrong, names) {
  const typed = key(wrong.replace(/^[{}]+|[{}]+$/g, ""));
  const [near] = names.map((name) => [apart(key(name), typed), name]).sort(([one], [other]) => one - other);
  return near && near[0] <= NEAR && near[0] < typed.length / 2 ? near[1] : undefined;
}

function apart(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length];
}

// The text with its blanks filled. A blank without a value goes with the space before it, and at the start of a line
// with the comma after it. `wrap(value)` says how a value that was put in is told apart.
export function fill(text, values, wrap = (value) => value) {
  const byKey = new Map(Object.entries(values).map(([name, value]) => [key(name), String(value).trim()]));
  if (!byKey.get(PREVIOUS) && namesPrevious(text)) text = saidOfNobody(text);
  let filled = "";
  let rest = 0;
  for (const blank of text.matchAll(BLANK)) {
    filled += text.slice(rest, blank.index);
    rest = blank.index + blank[0].length;
    const value = byKey.get(key(blank[1])) ?? "";
    if (value) filled += wrap(value);
    else [filled, rest] = withoutGap(filled, text, rest);
  }
  return filled + text.slice(rest);
}

// Without the sentences that name whoever wrote before.
function saidOfNobody(text) {
  return text.replace(SENTENCE, (one) => (namesPrevious(one) ? "" : one)).replace(ENDING, "");
}

function namesPrevious(text) {
  return [...text.matchAll(BLANK)].some((blank) => key(blank[1]) === PREVIOUS);
}

function withoutGap(filled, text, rest) {
  if (rest === text.length || CLOSES.includes(text[rest])) filled = filled.replace(/ +$/, "");
  if (!filled || filled.endsWith("\n")) {
    while (rest < text.length && " ,;:".includes(text[rest])) rest += 1;
  }
  return [filled, rest];
}
