// <div data-combobox="ADDRESS" data-name="texter">: what is typed is searched for on the server, what is chosen becomes
// a token with a hidden input. Tells of every choice by a `change` event of the box.
const MOMENT = 150;

const partsOf = (box) => ({
  input: box.querySelector("[role=combobox]"),
  list: box.querySelector("[role=listbox]"),
});
const optionsOf = (list) => [...list.querySelectorAll("[role=option]:not([aria-disabled=true])")];
const valuesOf = (box) => [...box.querySelectorAll(".token input")].map((input) => input.value);

let timer = null;
let latest = 0;

function shut(box) {
  const { input, list } = partsOf(box);
  clearTimeout(timer);
  latest += 1;
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function activate(box, option) {
  const { input, list } = partsOf(box);
  for (const other of list.querySelectorAll("[data-active]")) delete other.dataset.active;
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.dataset.active = "";
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

// The options become the list; the word that there is none, or that somebody is not known, stands below the box.
function fill(box, made) {
  const { input, list } = partsOf(box);
  box.querySelector("[data-note]").textContent = made.querySelector("[data-none]")?.textContent ?? "";
  list.replaceChildren(...made.querySelectorAll("[role=option]"));
  list.hidden = !list.childElementCount;
  input.setAttribute("aria-expanded", String(!list.hidden));
}

async function search(box) {
  const { input, list } = partsOf(box);
  const mine = ++latest;
  const query = new URLSearchParams({ q: input.value, list: list.id });
  try {
    const answer = await fetch(`${box.dataset.combobox}?${query}`);
    if (!answer.ok || answer.redirected || mine !== latest) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== latest) return;
    fill(box, made.body);
  } catch {
    return; // Offline: the notice says so, and the next key tries again.
  }
  const chosen = valuesOf(box);
  for (const option of list.querySelectorAll("[role=option]")) {
    option.setAttribute("aria-selected", String(chosen.includes(option.dataset.value)));
  }
  activate(box, input.value ? optionsOf(list)[0] : null);
}

function tell(box) {
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function drop(box, token) {
  token.remove();
  tell(box);
}

function dropAll(box) {
  for (const token of box.querySelectorAll(".token")) token.remove();
  box.querySelector("[data-note]").textContent = "";
  partsOf(box).input.focus();
  tell(box);
}

function add(box, { value, words, colour }) {
  const token = box.querySelector("template").content.firstElementChild.cloneNode(true);
  token.querySelector("span").textContent = words;
  if (colour) token.dataset.colour = colour;
  token.querySelector("button").setAttribute("aria-label", `Remove ${words}`);
  token.querySelector("input").value = value;
  partsOf(box).input.before(token);
}

function choose(box, option) {
  if (!option || option.getAttribute("aria-disabled") === "true") return;
  const { input } = partsOf(box);
  const { value } = option.dataset;
  input.value = "";
  shut(box);
  input.focus();
  if (option.dataset.team) return chooseSeveral(box, { team: option.dataset.team });
  const known = [...box.querySelectorAll(".token")].find((token) => token.querySelector("input").value === value);
  if (known) return drop(box, known);
  add(box, option.dataset);
  tell(box);
}

// Many in one go, in the order they come; who is left out, and why, stays to be read.
async function chooseSeveral(box, asked) {
  const { input, list } = partsOf(box);
  const mine = ++latest;
  const made = await several(box, { ...asked, list: list.id });
  if (mine !== latest) return;
  const chosen = new Set(valuesOf(box));
  for (const option of made.querySelectorAll("[role=option]")) {
    if (!chosen.has(option.dataset.value)) add(box, option.dataset);
    option.remove();
  }
  input.value = "";
  fill(box, made);
  tell(box);
}

async function several(box, asked) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const body = new URLSearchParams(asked);
  try {
    const answer = await fetch(box.dataset.several, { method: "POST", headers, body, redirect: "error" });
    if (answer.ok) return new DOMParser().parseFromString(await answer.text(), "text/html").body;
  } catch {
    // Offline: said below, as what the server refused.
  }
  const made = document.createElement("div");
  made.innerHTML = "<p data-none>The list did not come through, and nobody was chosen. Try again.</p>";
  return made;
}

function move(box, event) {
  const { list } = partsOf(box);
  const options = optionsOf(list);
  const here = options.findIndex((option) => "active" in option.dataset);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: options.length - 1 }[event.key];
  if (to === undefined || list.hidden) return false;
  activate(box, options.at(to >= options.length ? 0 : to));
  return true;
}

function press(box, event) {
  const { input, list } = partsOf(box);
  if (event.key === "ArrowDown" && list.hidden) search(box);
  else if (move(box, event)) event.preventDefault();
  else if (event.key === "Enter") {
    // Never the form's own Enter: whoever types a name has not finished choosing.
    event.preventDefault();
    if (!list.hidden) choose(box, list.querySelector("[data-active]"));
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    event.stopPropagation();
    shut(box);
  } else if (event.key === "Backspace" && !input.value) {
    const last = [...box.querySelectorAll(".token")].at(-1);
    if (last) drop(box, last);
  }
}

const boxNamed = (input) => document.getElementById(input).closest("[data-combobox]");
const boxOf = (event) => event.target.closest?.("[data-combobox]");

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-combobox] [role=combobox]")) press(boxOf(event), event);
});

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-combobox] [role=combobox]")) return;
  clearTimeout(timer);
  timer = setTimeout(search, MOMENT, boxOf(event));
});

document.addEventListener("paste", (event) => {
  const box = boxOf(event);
  const text = event.clipboardData?.getData("text") ?? "";
  if (!box?.dataset.several || text.split("@").length < 3) return;
  event.preventDefault();
  chooseSeveral(box, { pasted: text });
});

// What has been typed and not chosen is nobody's choice.
document.addEventListener(
  "change",
  (event) => event.target.matches?.("[data-combobox] [role=combobox]") && event.stopPropagation(),
  true,
);

document.addEventListener("click", (event) => {
  const here = event.target.closest("[data-choose-here]");
  if (here) return chooseSeveral(boxNamed(here.dataset.chooseHere), { here: 1 });
  const all = event.target.closest("[data-drop-all]");
  if (all) return dropAll(boxNamed(all.dataset.dropAll));
  const box = boxOf(event);
  for (const other of document.querySelectorAll("[data-combobox]")) if (other !== box) shut(other);
  if (!box) return;
  const option = event.target.closest("[role=option]");
  if (option) return choose(box, option);
  if (event.target.closest("[data-drop]")) return drop(box, event.target.closest(".token"));
  partsOf(box).input.focus();
  search(box);
});

document.addEventListener("focusout", (event) => {
  const box = boxOf(event);
  if (box && event.relatedTarget && !box.contains(event.relatedTarget)) shut(box);
});

// Choosing must not take the focus from the box, or the list would shut before the click has come.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[data-combobox] [role=listbox]")) event.preventDefault();
});

// Who typed before this listened is heard too.
const begun = document.activeElement?.closest("[data-combobox]");
if (begun && partsOf(begun).input.value) search(begun);
