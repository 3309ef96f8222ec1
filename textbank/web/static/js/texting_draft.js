// What is being typed is kept on the server, a moment after the last key and when the page is left.
const form = document.getElementById("composer");
const area = form.elements.text;
const MOMENT = 800;

let kept = area.value;
let timer = null;
let sending = false;

function keep() {
  clearTimeout(timer);
  timer = null;
  if (sending || area.readOnly || area.value === kept) return;
  kept = area.value;
  const body = new URLSearchParams({ text: kept });
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  fetch(form.dataset.draft, { method: "POST", headers, body, keepalive: true, redirect: "error" }).then(
    // It was handed on: the page finds out why before more is written.
    ({ ok }) => ok || document.body.dispatchEvent(new CustomEvent("news", { detail: { what: "queue" } })),
    // Offline: it is kept at the next key.
    () => (kept = null),
  );
}

area.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, MOMENT);
});

// A draft must not arrive after the text that it became.
form.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt !== form) return;
  clearTimeout(timer);
  sending = true;
});

form.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt !== form) return;
  sending = false;
  keep();
});

addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", () => document.hidden && keep());
