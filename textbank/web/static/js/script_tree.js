// A script's tree on the page: drawn from {texts, question, answers: [{value, next}]} and read back as the same.
const made = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const nextOf = new WeakMap(); // an answer's row -> the step it leads to
const answerOf = new WeakMap(); // and back

let ids = 0;

function named(label, control) {
  ids += 1;
  control.id = `script-${ids}`;
  label.htmlFor = control.id;
}

export function draw(node, answer = null) {
  const step = made("step-template");
  const question = step.querySelector("[data-question]");
  named(question.previousElementSibling, question);
  step.dataset.id = node?.id ?? 0;
  question.value = node?.question ?? "";
  if (answer) {
    answerOf.set(step, answer);
    step.querySelector("[data-when]").hidden = false;
  }
  for (const text of node?.texts?.length ? node.texts : [""]) addVersion(step, text);
  for (const { value, next } of node?.answers ?? []) {
    const row = addAnswer(step, value);
    if (next) lead(row, next);
  }
  name(step);
  return step;
}

export function addVersion(step, text = "") {
  const version = made("version-template");
  const area = version.querySelector("textarea");
  const counter = version.querySelector(".counter");
  named(version.querySelector("label"), area);
  counter.id = `${area.id}-counter`;
  area.dataset.counter = counter.id;
  area.setAttribute("aria-describedby", counter.id);
  area.value = text;
  step.querySelector("[data-versions]").append(version);
  name(step);
  return area;
}

export function removeVersion(version) {
  const step = stepOf(version);
  version.remove();
  name(step);
}

export function addAnswer(step, value = "") {
  const row = made("answer-template");
  row.querySelector("input").value = value;
  step.querySelector("[data-answers]").append(row);
  return row;
}

// A step after the answer, in the order of the answers.
export function lead(row, node = null) {
  const parent = stepOf(row);
  const step = draw(node, row);
  nextOf.set(row, step);
  const after = answersOf(parent).slice(answersOf(parent).indexOf(row) + 1);
  const before = after.map((later) => nextOf.get(later)).find(Boolean) ?? null;
  parent.querySelector(":scope > [data-next]").insertBefore(step, before);
  row.querySelector("[data-add-step]").hidden = true;
  name(step);
  return step;
}

export function removeStep(step) {
  const row = answerOf.get(step);
  step.remove();
  nextOf.delete(row);
  row.querySelector("[data-add-step]").hidden = false;
  return row;
}

export function removeAnswer(row) {
  const step = nextOf.get(row);
  if (step) removeStep(step);
  row.remove();
}

export const stepOf = (element) => element.closest(".branch");
export const parentOf = (step) => answerOf.get(step) && stepOf(answerOf.get(step));
export const answerWords = (step) => answerOf.get(step)?.querySelector("input").value.trim() ?? "";
export const textsOf = (step) => [...step.querySelectorAll(":scope > .step textarea")];
const answersOf = (step) => [...step.querySelectorAll(":scope > .step [data-answer]")];

// What the step and its texts are called, where it is said and for who does not see it.
export function name(step) {
  const answer = answerWords(step);
  const first = answerOf.has(step) ? "Message" : "First message";
  const card = step.querySelector(".step");
  card.setAttribute("aria-label", answerOf.has(step) ? `When the answer is ${answer || "…"}` : "First step");
  step.querySelector("[data-answer-words]").textContent = answer || "…";
  step.querySelectorAll(":scope > .step [data-version]").forEach((version, place) => {
    version.querySelector("label").textContent = place ? `${first}, version ${place + 1}` : first;
    version.querySelector("[data-remove-version]").hidden = place === 0;
  });
}

export function read(step) {
  return {
    id: Number(step.dataset.id),
    texts: textsOf(step).map((area) => area.value),
    question: step.querySelector("[data-question]").value,
    answers: answersOf(step).map((row) => ({
      value: row.querySelector("input").value,
      next: nextOf.has(row) ? read(nextOf.get(row)) : null,
    })),
  };
}

// The step that these answers (their places) lead to.
export function at(root, place) {
  return place.reduce((step, answer) => (step && nextOf.get(answersOf(step)[answer])) ?? step, root);
}

export function followers(step) {
  return answersOf(step).map((row) => nextOf.get(row)).filter(Boolean);
}
