// <button aria-haspopup="menu" aria-controls="ID"> opens <div role="menu" id="ID" hidden>; arrows, letters, Esc.
let open = null;

const menuOf = (button) => document.getElementById(button.getAttribute("aria-controls"));
const itemsOf = (menu) => [...menu.querySelectorAll('[role^="menuitem"]')].filter((item) => !item.disabled);

function place(button, menu) {
  const from = button.getBoundingClientRect();
  const below = innerHeight - from.bottom > menu.offsetHeight + 12 || from.top < menu.offsetHeight + 12;
  const left = from.left + menu.offsetWidth > innerWidth - 8 ? from.right - menu.offsetWidth : from.left;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${below ? from.bottom + 4 : from.top - menu.offsetHeight - 4}px`;
}

function shut(giveFocusBack = false) {
  if (!open) return;
  const { button, menu } = open;
  open = null;
  menu.hidden = true;
  button.setAttribute("aria-expanded", "false");
  if (giveFocusBack) button.focus();
}

function show(button, which = 0) {
  shut();
  const menu = menuOf(button);
  if (!menu) return;
  menu.hidden = false;
  button.setAttribute("aria-expanded", "true");
  open = { button, menu };
  place(button, menu);
  for (const item of itemsOf(menu)) item.tabIndex = -1;
  itemsOf(menu).at(which)?.focus({ preventScroll: true });
}

function move(event) {
  const items = itemsOf(open.menu);
  const here = items.indexOf(document.activeElement);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items.at(to >= items.length ? 0 : to)?.focus();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    shut(true);
  } else if (event.key === "Tab") {
    shut(true);
  } else if (event.key.length === 1 && /\S/.test(event.key)) {
    const letter = event.key.toLowerCase();
    const after = [...items.slice(here + 1), ...items.slice(0, here + 1)];
    after.find((item) => item.textContent.trim().toLowerCase().startsWith(letter))?.focus();
    event.stopPropagation();
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest('[aria-haspopup="menu"]');
  if (button) return open?.button === button ? shut() : show(button);
  // Choosing a theme leaves the menu open; everything else has done its work.
  if (open && !event.target.closest('[role="menuitemradio"]')) shut(open.menu.contains(event.target));
});

document.addEventListener(
  "keydown",
  (event) => {
    if (open) return move(event);
    const button = event.target.closest?.('[aria-haspopup="menu"]');
    if (button && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      show(button, event.key === "ArrowUp" ? -1 : 0);
    }
  },
  true,
);

addEventListener("resize", () => shut());
document.addEventListener("scroll", (event) => open && !open.menu.contains(event.target) && shut(), true);
