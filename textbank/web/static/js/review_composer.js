// The composer beside the list, whichever conversation is open in it: Enter sends where there is a real keyboard,
// suggestions are put in and never sent by themselves, and what is being typed is kept on the server.
const pane = document.getElementById("reading");
const PAUSE = 700; // after a refusal, so that a second press of Enter does not override what nobody has read yet
const MOMENT = 800;

let filled = ""; // what was put in by a click, as long as nobody has changed it
let refusedAt = -PAUSE;
let timer = null;

const form = () => document.getElementById("composer");
const area = () => form()?.elements.text;
const isShut = () => "shut" in document.getElementById("says").dataset;

function dress() {
  if (!form()) return;
  area().readOnly = isShut();
  form().querySelector(".composer-send").disabled = isShut();
}

function write(text) {
  area().value = text;
  area().dispatchEvent(new Event("input", { bubbles: true }));
}

// What somebody begins with stands before their own words, everything else after them.
function fill(text, first = false) {
  if (isShut()) return;
  const own = area().value.trim();
  if (first) write(own.startsWith(text) ? own : `${text} ${own}`.trim());
  else write(own && own !== filled.trim() ? `${area().value.trimEnd()}\n${text}` : text);
  filled = first ? "" : area().value;
  area().focus();
}

function keep() {
  clearTimeout(timer);
  timer = null;
  if (!form() || area().readOnly) return;
  const body = new URLSearchParams({ text: area().value });
  const headers = { "X-CSRFToken": form().elements.csrfmiddlewaretoken.value };
  fetch(form().dataset.draft, { method: "POST", headers, body, keepalive: true, redirect: "error" }).catch(() => {
    // Offline: it is kept at the next key.
  });
}

pane.addEventListener("keydown", (event) => {
  const typedOnKeys = matchMedia("(pointer: fine)").matches;
  if (event.target !== area() || event.key !== "Enter" || event.shiftKey || event.isComposing || !typedOnKeys) return;
  event.preventDefault();
  if (!event.repeat && !isShut()) form().requestSubmit(form().querySelector(".composer-send"));
});

pane.addEventListener("input", (event) => {
  if (event.target !== area()) return;
  clearTimeout(timer);
  timer = setTimeout(keep, MOMENT);
});

pane.addEventListener("click", (event) => {
  const from = event.target.closest("[data-fill]");
  if (!from) return;
  from.closest("dialog")?.close();
  fill(from.dataset.fill, "first" in from.dataset);
});

document.body.addEventListener("suggest", ({ detail }) => {
  const own = area()?.value.trim();
  // Somebody's own words are never pushed aside; the suggestion stands beside them.
  if (area() && (!own || own === filled.trim())) fill(detail.text);
});

pane.addEventListener("htmx:confirm", (event) => {
  if (event.target !== form()) return;
  const anyway = event.detail.triggeringEvent?.submitter?.matches("[data-anyway]");
  const tooSoon = performance.now() - refusedAt < PAUSE && !anyway;
  if (!area().value.trim() || isShut() || tooSoon) return event.preventDefault();
  // A draft must not arrive after the text that it became.
  clearTimeout(timer);
});

pane.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt === form() && detail.xhr?.status === 409) refusedAt = performance.now();
});

// Another conversation is opened: what was typed in this one goes first.
document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.target === pane && timer && keep());
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== pane) return;
  filled = "";
  dress();
});
document.body.addEventListener("htmx:oobAfterSwap", dress);
document.body.addEventListener("sent", () => {
  filled = "";
  if (area()) write("");
});
addEventListener("pagehide", () => timer && keep());

dress();
