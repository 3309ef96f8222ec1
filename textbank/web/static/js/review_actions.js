// The Message Actions window: what may be done with what is ticked or matches, its panel, and the preview in it.
const actions = document.getElementById("actions");
const form = document.getElementById("act");
const why = document.getElementById("why");

let ticked = 0;
let timer = null;

const counted = () => document.getElementById("count")?.dataset.count;

function reason() {
  const matching = counted();
  if (ticked || Number(matching) > 0) return "";
  if (matching === "0") return "Nothing matches the filter.";
  if (document.getElementById("count")) return "Still counting all that match.";
  return "Choose a filter, or tick conversations, first.";
}

function dress() {
  const no = form ? reason() : ticked ? "" : "Tick conversations first.";
  why.textContent = no;
  for (const button of actions.querySelectorAll("[data-panel]")) button.disabled = Boolean(no);
  for (const button of document.querySelectorAll("[data-needs-ticks]")) button.disabled = ticked === 0;
  for (const number of document.querySelectorAll("[data-tally]")) number.textContent = ticked.toLocaleString();
  const badge = document.querySelector("[data-ticked-badge]");
  badge.textContent = ticked.toLocaleString();
  badge.hidden = ticked === 0;
  actions.querySelector("[data-clear-ticks]").hidden = ticked === 0;
  if (no && form && !form.hidden && !document.getElementById("count")) show(null);
}

function replan(after = 120) {
  clearTimeout(timer);
  if (!form || form.hidden) return;
  timer = setTimeout(() => form.dispatchEvent(new Event("replan")), after);
}

function show(action) {
  form.hidden = !action;
  document.getElementById("review").classList.toggle("acting", Boolean(action));
  for (const button of actions.querySelectorAll("[data-panel]")) {
    button.setAttribute("aria-expanded", String(button.dataset.panel === action));
  }
  if (!action) return document.getElementById("outcome").replaceChildren();
  document.getElementById("action").value = action;
  document.getElementById("receipt").replaceChildren();
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== action;
  replan(0);
  form.querySelector(action === "reassign" ? "[role=combobox]" : "#limit").focus();
}

document.addEventListener("ticks", ({ detail }) => {
  ticked = detail.count;
  dress();
  replan();
});

actions.addEventListener("click", ({ target }) => {
  const panel = target.closest("[data-panel]");
  if (panel) show(panel.getAttribute("aria-expanded") === "true" ? null : panel.dataset.panel);
  if (target.closest("[data-shut-panel]")) {
    const button = actions.querySelector("[aria-expanded=true]");
    show(null);
    button?.focus();
  }
  if (target.closest("[data-replan-now]")) replan(0);
});

form?.addEventListener("change", ({ target }) => target.closest("[data-combobox], [data-replan]") && replan());
form?.addEventListener("input", ({ target }) => target.matches("#limit") && replan(400));
// A preview that is due must not take the place of what a click asked for.
form?.addEventListener("htmx:beforeRequest", ({ detail }) => detail.elt !== form && clearTimeout(timer));
form?.addEventListener("submit", (event) => event.preventDefault());

// The count has come, or another list.
document.addEventListener("htmx:load", ({ detail }) => {
  if (!detail.elt.matches?.("#review-list, #count")) return;
  dress();
  replan();
});

// What is ticked has changed in somebody else's hands. A question that was asked is not taken from under the hand.
document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  const ticked = detail.target.matches("#rows tr:has(.tick:checked)");
  if (ticked && !document.getElementById("confirm-all")) replan();
});

function lookAgain() {
  const { address } = document.getElementById("review-list").dataset;
  window.htmx.ajax("GET", address, { target: "#review-list", swap: "outerHTML" });
}

// What was said of these is not said of the next ones: a number, and a note above somebody's thread, least of all.
function forget() {
  form.reset();
  for (const token of form.querySelectorAll(".token")) token.remove();
  for (const note of form.querySelectorAll("[data-note]")) note.textContent = "";
}

document.addEventListener("acted", () => {
  if (form) {
    show(null);
    forget();
  }
  for (const dialog of document.querySelectorAll("#tag-ticked[open]")) dialog.close();
  lookAgain();
});
// An undo, or a long hand-off that has come to its end.
document.addEventListener("handoff-ended", lookAgain);

dress();
