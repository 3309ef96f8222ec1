// The script's editor: a tree of steps, blanks at the cursor, and beside it the contact's phone.
import { fill, suggest, unknown } from "./blanks.js";
import * as tree from "./script_tree.js";

const form = document.getElementById("script");
const given = (id) => JSON.parse(document.getElementById(id).textContent);
const names = given("script-names");
const sample = given("script-sample");
const locked = form.hasAttribute("data-locked");

const steps = form.querySelector("[data-tree]");
const preview = form.querySelector("[data-preview]");
const [OPEN, CLOSE] = ["\uE000", "\uE001"]; // around what was filled in; no script has these

const root = tree.draw(given("script-tree"));
let current = root;
let lastArea = null;
let changed = false;

function start() {
  const plain = steps.querySelector("[data-plain] textarea");
  const begun = document.activeElement === plain;
  steps.replaceChildren(root);
  preview.hidden = false;
  carryOver(plain, begun);
  if (locked) lock();
  const wrong = given("script-wrong");
  if (wrong) showWrong(tree.at(root, wrong.place), wrong.sentence);
  for (const area of steps.querySelectorAll("textarea")) look(area);
  show();
}

// What was typed before the tree stood here, and where the next key would have gone.
function carryOver(plain, begun) {
  const [first] = tree.textsOf(root);
  const typed = plain.value !== plain.defaultValue;
  if (typed) first.value = plain.value;
  if (begun) first.focus();
  if (begun || typed) first.setSelectionRange(plain.selectionStart, plain.selectionEnd);
  if (typed) changedNow();
}

// Once contacts have answered, only what the steps say may change.
function lock() {
  for (const part of steps.querySelectorAll("[data-question], [data-answer] input")) part.disabled = true;
  const away = "[data-add-answer], [data-add-step], [data-remove-answer], [data-remove-step]";
  for (const button of steps.querySelectorAll(away)) button.hidden = true;
  for (const button of steps.querySelectorAll("[data-add-answer]")) button.parentElement.hidden = true;
  for (const part of steps.querySelectorAll("[data-question]")) part.parentElement.hidden = !part.value;
}

function showWrong(step, sentence) {
  const line = step.querySelector(":scope > .step [data-wrong]");
  line.textContent = sentence;
  line.hidden = false;
  step.scrollIntoView({ block: "center" });
}

// Counts the text, and says at once which of its blanks nothing will fill.
function look(area) {
  const line = area.parentElement.querySelector("[data-unknown]");
  const [wrong] = unknown(area.value, names);
  const meant = wrong && suggest(wrong, names);
  const shown = /[{}]/.test(wrong ?? "") ? wrong : `{${wrong}}`;
  line.hidden = !wrong;
  line.textContent = wrong ? `Nothing fills ${shown}.${meant ? ` Did you mean {${meant}}?` : ""}` : "";
  area.setAttribute("aria-invalid", String(Boolean(wrong)));
}

function bubble(text, kind = "") {
  const message = document.createElement("div");
  message.className = `message last-said ${kind}`;
  const said = document.createElement("p");
  said.className = `bubble ${kind}`;
  for (const part of text.split(CLOSE)) {
    const [plain, filled] = part.split(OPEN);
    said.append(plain);
    if (filled === undefined) continue;
    const mark = document.createElement("mark");
    mark.textContent = filled;
    said.append(mark);
  }
  message.append(said);
  return message;
}

// The thread from the first message to the step that is being written.
function show() {
  const path = [];
  for (let step = current; step; step = tree.parentOf(step)) path.unshift(step);
  const bubbles = path.flatMap((step) => {
    const areas = tree.textsOf(step);
    const area = areas.includes(lastArea) ? lastArea : areas[0];
    const text = fill(area.value, sample, (value) => OPEN + value + CLOSE);
    const answer = tree.answerWords(step);
    return [...(answer ? [bubble(answer, "out")] : []), ...(text.trim() ? [bubble(text)] : [])];
  });
  preview.querySelector("[data-thread]").replaceChildren(...bubbles);
}

function changedNow() {
  changed = true;
  form.querySelector("[data-changed]").hidden = false;
  show();
}

const acts = {
  addVersion: (button) => tree.addVersion(tree.stepOf(button)),
  removeVersion: (button) => tree.removeVersion(button.closest("[data-version]")),
  addAnswer: (button) => tree.addAnswer(tree.stepOf(button)).querySelector("input"),
  addStep: (button) => tree.textsOf(tree.lead(button.closest("[data-answer]")))[0],
  removeAnswer: (button) => tree.removeAnswer(button.closest("[data-answer]")),
  removeStep: (button) => tree.removeStep(tree.stepOf(button)).querySelector("input"),
  blank(button) {
    const areas = tree.textsOf(tree.stepOf(button));
    const area = areas.includes(lastArea) ? lastArea : areas[0];
    area.setRangeText(`{${button.dataset.blank}}`, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    return area;
  },
};

steps.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const act = Object.keys(acts).find((name) => button?.dataset[name] !== undefined);
  if (!act) return;
  const focused = acts[act](button);
  if (!current.isConnected) current = root;
  focused?.focus();
  changedNow();
});

steps.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea")) lastArea = event.target;
  current = tree.stepOf(event.target) ?? root;
  show();
});

steps.addEventListener("input", (event) => {
  if (event.target.matches("textarea")) look(event.target);
  if (event.target.closest("[data-answer]")) for (const step of tree.followers(tree.stepOf(event.target))) tree.name(step);
  changedNow();
});

form.addEventListener("formdata", (event) => {
  event.formData.delete("first");
  event.formData.set("tree", JSON.stringify(tree.read(root)));
  changed = false;
});

addEventListener("beforeunload", (event) => changed && event.preventDefault());

start();
