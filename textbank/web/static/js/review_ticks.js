// Which conversations are ticked, over all pages of one filter. Tells of every change by `ticks` on the document.
const ticked = new Set();
const field = document.getElementById("ticked");
const carried = document.getElementById("carried");
const carriedOn = document.getElementById("carried-on");
const note = document.getElementById("ticks-note");

let last = null; // the row that was ticked last, from which Shift extends
let filter = list()?.dataset.filter;

function list() {
  return document.getElementById("review-list");
}

const boxes = () => [...document.querySelectorAll("#rows .tick")];
const words = (number) => `${number.toLocaleString()} tick${number === 1 ? " was" : "s were"}`;

function dress() {
  const here = boxes();
  for (const box of here) box.checked = ticked.has(box.value);
  const page = document.getElementById("tick-page");
  if (page) {
    const count = here.filter((box) => box.checked).length;
    page.checked = count > 0 && count === here.length;
    page.indeterminate = count > 0 && count < here.length;
  }
}

function changed() {
  dress();
  field.value = [...ticked].join(",");
  // Who has ticked something has seen it as it was then: turning the page does not make it newer.
  carried.disabled = ticked.size === 0;
  carried.value = document.getElementById("as-of")?.value ?? "";
  // Whoever looks again sees anew what is on this page; what is ticked on others they have seen as it was then.
  const here = new Set(boxes().map((box) => box.value));
  carriedOn.disabled = [...ticked].every((one) => here.has(one));
  carriedOn.value = carried.value;
  document.dispatchEvent(new CustomEvent("ticks", { detail: { count: ticked.size } }));
}

function set(box, on) {
  if (on) ticked.add(box.value);
  else ticked.delete(box.value);
}

export function tick(box, on, extend) {
  const here = boxes();
  const from = here.findIndex((one) => one.value === last);
  const to = here.indexOf(box);
  if (extend && from >= 0) for (const one of here.slice(Math.min(from, to), Math.max(from, to) + 1)) set(one, on);
  else set(box, on);
  last = box.value;
  note.textContent = "";
  changed();
}

function clear(why) {
  note.textContent = why && ticked.size ? `${words(ticked.size)} cleared: ${why}.` : "";
  ticked.clear();
  last = null;
  changed();
}

document.addEventListener("click", (event) => {
  if (event.target.matches(".tick")) tick(event.target, event.target.checked, event.shiftKey);
  if (event.target.id === "tick-page") {
    for (const box of boxes()) set(box, event.target.checked);
    note.textContent = "";
    changed();
  }
  if (event.target.closest("[data-clear-ticks]")) clear();
});

document.addEventListener("htmx:load", ({ detail }) => {
  if (!detail.elt.matches?.("#review-list, tr")) return;
  const now = list().dataset.filter;
  if (now !== filter) clear("the filter changed");
  filter = now;
  changed();
});

document.addEventListener("acted", () => clear());

// A browser that comes back to the page remembers ticks that we do not.
changed();
