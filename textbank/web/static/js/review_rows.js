// The list by keyboard: J and K go from row to row, Enter opens, Space ticks, Shift extends. With a conversation open
// beside it, going on opens the next one.
import { tick } from "./review_ticks.js";

const review = document.getElementById("review");
const pane = document.getElementById("reading");

const rows = () => [...document.querySelectorAll("#rows tr")];
const linkOf = (row) => row.querySelector(".row-title");

function here() {
  const focused = document.activeElement?.closest?.("#rows tr");
  return focused ?? document.querySelector('#rows tr[aria-selected="true"]');
}

function mark() {
  const open = pane.querySelector("[data-conversation]")?.dataset.conversation;
  for (const row of rows()) {
    if (row.dataset.row === open) row.setAttribute("aria-selected", "true");
    else row.removeAttribute("aria-selected");
  }
}

function step(by, extend) {
  const all = rows();
  const place = all.indexOf(here());
  const row = all[place < 0 ? 0 : Math.min(Math.max(place + by, 0), all.length - 1)];
  if (!row) return;
  linkOf(row).focus();
  row.scrollIntoView({ block: "nearest" });
  if (extend) tick(row.querySelector(".tick"), true, true);
  if (!pane.hidden) linkOf(row).click();
}

function show(on) {
  pane.hidden = !on;
  review.classList.toggle("reading", on);
  if (!on) pane.replaceChildren();
  mark();
}

document.addEventListener("click", (event) => {
  const by = event.target.closest("[data-step]")?.dataset.step;
  if (by) step(Number(by), false);
  if (event.target.closest("[data-shut-reading]")) {
    const row = here();
    show(false);
    if (row) linkOf(row).focus();
  }
  // Anywhere in a row opens it, except where something else is to be clicked.
  const row = event.target.closest("#rows tr");
  if (row && !event.target.closest("a, input, button") && !getSelection().toString()) linkOf(row).click();
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#rows tr");
  if (event.key === "Escape" && !pane.hidden && !event.defaultPrevented && !document.querySelector("dialog[open]")) {
    document.querySelector("[data-shut-reading]")?.click();
  }
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && !event.target.matches("input, button")) {
    event.preventDefault();
    const box = row.querySelector(".tick");
    tick(box, event.shiftKey || !box.checked, event.shiftKey);
  }
  if (event.shiftKey && (event.key === "J" || event.key === "K")) {
    event.preventDefault();
    step(event.key === "J" ? 1 : -1, true);
  }
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === pane) show(true);
});
document.addEventListener("htmx:load", ({ detail }) => detail.elt.matches?.("#review-list, tr") && mark());
