// Dispatches `glance` on the body when what the page shows may have changed, and `glance:WHAT` for all that was told
// ("glance:escalated"); hx-trigger="glance from:body" asks again. Soon after the first news, then more and more seldom
// while there is always something new; and when somebody comes back to the page. Nobody looks: nothing is asked.
const SOON = 200;
const AT_FIRST = 2_000;
const AT_MOST = 16_000;
const SHARE = 10; // what took a second to answer is not asked again within ten
const MINUTE = 60_000;

const told = new Set();
let last = 0;
let pause = AT_FIRST;
let took = 0;
let due = null;

function dispatch(name) {
  document.body.dispatchEvent(new CustomEvent(name));
}

function glance() {
  due = null;
  if (document.hidden) return;
  last = Date.now();
  took = 0;
  const whats = [...told];
  told.clear();
  dispatch("glance");
  for (const what of whats) dispatch(`glance:${what}`);
}

function soon() {
  if (due || document.hidden) return;
  const wait = last + Math.min(Math.max(pause, SHARE * took), AT_MOST) - Date.now();
  pause = wait > 0 ? Math.min(pause * 2, AT_MOST) : AT_FIRST;
  // Not all pages in the same moment.
  due = setTimeout(glance, Math.max(wait, SOON) + Math.random() * SOON);
}

document.body.addEventListener("news", ({ detail }) => {
  told.add(detail.what.split(":")[0]);
  soon();
});
document.addEventListener("visibilitychange", () => document.hidden || soon());

const isOurs = ({ requestConfig }) => requestConfig.triggeringEvent?.type.startsWith("glance");
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (isOurs(detail)) detail.xhr.begun = Date.now();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (isOurs(detail)) took = Math.max(took, Date.now() - detail.xhr.begun);
});

// Who is here, and what is due, goes by the clock: nobody tells.
if (document.querySelector("[data-by-the-clock]")) setInterval(soon, MINUTE);
