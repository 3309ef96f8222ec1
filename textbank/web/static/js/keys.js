// data-key="j" or "mod+Enter" clicks (or focuses) what it stands on; "?" shows them all.
// Single letters can be switched off there, for people who speak to their computer.
const list = document.getElementById("keys");

const isOff = () => {
  try {
    return localStorage.getItem("keys") === "off";
  } catch {
    return false;
  }
};

const isTyping = (element) =>
  element.isContentEditable || element.matches?.("textarea, select, input:not([type=checkbox], [type=radio])");

const visible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

const nameOf = (element) => element.dataset.keyName || element.ariaLabel || element.textContent.trim();

function press(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(
    (element) => visible(element) && !element.disabled,
  );
  if (!found) return false;
  if (isTyping(found)) found.focus();
  else found.click();
  return true;
}

function show() {
  const rows = [...document.querySelectorAll("[data-key]")].filter(visible).map((element) => {
    const row = document.createElement("li");
    const key = document.createElement("kbd");
    key.textContent = element.dataset.key.replace("mod+", "Ctrl ");
    row.append(nameOf(element), key);
    return row;
  });
  list.querySelector("ul").replaceChildren(...rows);
  list.querySelector("input").checked = !isOff();
  list.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const mod = event.ctrlKey || event.metaKey;
  const inDialog = document.querySelector("dialog[open]");
  if (inDialog && !inDialog.contains(event.target)) return;
  if (mod) return press(`mod+${event.key}`) && event.preventDefault();
  if (isTyping(event.target) || inDialog || isOff()) return;
  // Enter and Space on a button or link are that button's own.
  if (/^(Enter| )$/.test(event.key) && event.target.matches("a, button, summary, input")) return;
  if (event.key === "?" && list) return show();
  if (press(event.key)) event.preventDefault();
});

list?.querySelector("input").addEventListener("change", (event) => {
  try {
    localStorage.setItem("keys", event.target.checked ? "on" : "off");
  } catch {
    // Then the choice lasts as long as the page.
  }
});
