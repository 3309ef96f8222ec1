// Dispatches `glance` on the body when what the page shows may have changed: with news, every now and then, and when
// somebody comes back to it. hx-trigger="glance from:body" asks again. Nobody looks: nothing is asked.
const NOW_AND_THEN = 20_000;
const AT_MOST = 4_000;

let last = Date.now();
let due = null;

function glance() {
  due = null;
  if (document.hidden) return;
  last = Date.now();
  document.body.dispatchEvent(new CustomEvent("glance"));
}

function soon() {
  due ??= setTimeout(glance, Math.max(0, last + AT_MOST - Date.now()));
}

setInterval(glance, NOW_AND_THEN);
document.body.addEventListener("news", soon);
document.addEventListener("visibilitychange", () => document.hidden || soon());
