// hx-swap="renew" with hx-ext="renew": what was fetched takes the place of what is there piece by piece. What is the same
// stays, and so does what somebody is just in: the focus, an open menu, a button being pressed. Rows are known by id.
// Of a node with data-lets-go what is not there any more goes, whoever is in it: there it would say what is not so.
const HELD = ":focus, :focus-within, :active, :has([aria-expanded=true])";
const OPEN = ":has(> [aria-expanded=true])"; // around a button whose menu is open

const isHeld = (node) => node.matches?.(HELD);

// What somebody ticked stays ticked; a form's token is another one in every answer, and the old one does as well.
const isSame = (old, fresh) =>
  old.isEqualNode(fresh) ||
  (old.matches?.("[type=checkbox]") && fresh.matches?.("[type=checkbox]") && old.value === fresh.value) ||
  (old.name === "csrfmiddlewaretoken" && fresh.name === old.name);

// htmx leaves an empty class behind.
const worn = (node, name) => node.getAttribute(name) ?? (name === "class" ? "" : null);

function dressedAlike(old, fresh) {
  const names = [...old.getAttributeNames(), ...fresh.getAttributeNames()];
  return names.every((name) => worn(old, name) === worn(fresh, name));
}

// Whether only what is in it needs to change.
function goesOn(old, fresh) {
  return old.nodeType === Node.ELEMENT_NODE && old.nodeName === fresh.nodeName && (dressedAlike(old, fresh) || isHeld(old));
}

function renew(old, fresh, made) {
  if (isSame(old, fresh) || old.matches?.(OPEN)) return;
  if (goesOn(old, fresh)) return renewWithin(old, fresh, made);
  if (isHeld(old)) return;
  old.replaceWith(fresh);
  made.push(fresh);
}

function renewWithin(old, fresh, made) {
  const stays = (child) => isHeld(child) && !("letsGo" in old.dataset);
  const known = (id) => [...old.children].find((child) => child.id === id);
  const coming = new Set([...fresh.children].map((child) => child.id));
  let here = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    while (here?.id && !coming.has(here.id) && !stays(here)) here = dropped(here);
    const match = child.id ? known(child.id) : here?.id ? null : here;
    if (!match) {
      old.insertBefore(child, here);
      made.push(child);
      continue;
    }
    if (match !== here) old.insertBefore(match, here);
    here = match.nextSibling;
    renew(match, child, made);
  }
  while (here) here = stays(here) ? here.nextSibling : dropped(here);
}

function dropped(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

window.htmx.defineExtension("renew", {
  isInlineSwap: (style) => style === "renew",
  handleSwap(style, target, fragment) {
    if (style !== "renew") return false;
    const made = [];
    renewWithin(target, fragment.firstElementChild, made);
    return made;
  },
});
