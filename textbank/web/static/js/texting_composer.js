// The composer: Enter sends where there is a real keyboard, suggestions are put in and never sent by themselves,
// and whatever bars a text disables Send while the words stay.
const form = document.getElementById("composer");
const area = form.elements.text;
const send = form.querySelector(".composer-send");
const PAUSE = 700; // after a refusal, so that a second press of Enter does not override what nobody has read yet

let filled = ""; // what was put in by a click, as long as nobody has changed it
let refusedAt = -PAUSE;

const isShut = () => "shut" in document.getElementById("says").dataset;

function dress() {
  area.readOnly = isShut();
  send.disabled = isShut();
  // What the note says already need not be passed on once more.
  const passOn = form.querySelector("[data-pass-on]");
  if (passOn) passOn.hidden = passOn.dataset.passOn.trim() === area.value.trim();
}

function write(text) {
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

// What somebody begins with stands before their own words, everything else after them.
function fill(text, first = false) {
  if (isShut()) return;
  const own = area.value.trim();
  if (first) write(own.startsWith(text) ? own : `${text} ${own}`.trim());
  else write(own && own !== filled.trim() ? `${area.value.trimEnd()}\n${text}` : text);
  filled = first ? "" : area.value;
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

area.addEventListener("keydown", (event) => {
  const typedOnKeys = matchMedia("(pointer: fine)").matches;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !typedOnKeys) return;
  event.preventDefault();
  if (!event.repeat && !send.disabled) form.requestSubmit(send);
});

document.addEventListener("click", (event) => {
  const from = event.target.closest("[data-fill]");
  if (!from) return;
  from.closest("dialog")?.close();
  fill(from.dataset.fill, "first" in from.dataset);
});

document.body.addEventListener("suggest", ({ detail }) => {
  const own = area.value.trim();
  // Somebody's own words are never pushed aside; the suggestion stands beside them.
  if (!own || own === filled.trim()) fill(detail.text);
});

form.addEventListener("htmx:confirm", (event) => {
  if (event.target !== form) return;
  const anyway = event.detail.triggeringEvent?.submitter?.matches("[data-anyway]");
  const tooSoon = performance.now() - refusedAt < PAUSE && !anyway;
  if (!area.value.trim() || isShut() || tooSoon) event.preventDefault();
});

form.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.xhr?.status === 409) refusedAt = performance.now();
});

document.body.addEventListener("sent", () => {
  filled = "";
  write("");
});

// Its button is gone: the way on has the focus.
document.body.addEventListener("passed-on", () => document.getElementById("way-on")?.focus());

document.body.addEventListener("htmx:oobAfterSwap", dress);
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const dialog = detail.elt.closest("dialog");
  // What was not understood is asked again where it was asked.
  if (dialog && detail.successful && detail.xhr.status !== 422) dialog.close();
});

if (area.value && matchMedia("(pointer: fine)").matches) area.setSelectionRange(area.value.length, area.value.length);
dress();
