// Keeps an open conversation true: asks again when news come, and while a text is on its way; stays at the latest one.
const desk = document.getElementById("desk");
const scroll = desk.querySelector(".scroll");
const announce = document.getElementById("announce");
const mine = `conversation:${desk.dataset.conversation}`;
const READ = 1500; // how long a new text must have been on the screen before it counts as seen
const WATCHED = 60_000; // while somebody else is answering: nobody tells when they stop
const SOON = [1000, 2000, 4000, 8000, 15_000, 30_000];

let due = null;
let tries = 0;
let settling = null;
let watching = null;
let seenTimer = null;
let beingRead = null;
let messages = 0;

const thread = () => document.getElementById("thread");
const isShut = () => "shut" in document.getElementById("says").dataset;
// On a phone the page scrolls, on a desk the thread.
const scroller = () => (getComputedStyle(scroll).overflowY === "visible" ? document.scrollingElement : scroll);
const nearEnd = () => scroller().scrollHeight - scroller().scrollTop - scroller().clientHeight < 120;

function toEnd() {
  const latest = thread().querySelector(".unread") ?? thread().lastElementChild;
  latest?.scrollIntoView({ block: "nearest" });
  thread().lastElementChild?.scrollIntoView({ block: "nearest" });
}

function look() {
  due = null;
  window.htmx.ajax("GET", `${location.pathname}${isShut() ? "?shut=1" : ""}`, { source: desk, swap: "none" });
}

function lookSoon() {
  due ??= setTimeout(look, 150);
}

document.body.addEventListener("news", ({ detail }) => {
  if ([mine, "queue", "everything"].includes(detail.what) || detail.what.startsWith("conversation:")) lookSoon();
});

// A delivery report is no news: while something is on its way, we ask by ourselves, ever more seldom.
function settle() {
  clearTimeout(settling);
  if (!("unsettled" in thread().dataset)) return (tries = 0);
  if (tries < SOON.length) settling = setTimeout(() => (tries++, document.hidden ? settle() : look()), SOON[tries]);
}

function watch() {
  clearTimeout(watching);
  if (document.querySelector(".told-now")) watching = setTimeout(look, WATCHED);
}

function markSeen() {
  const latest = thread().dataset.lastSeen;
  if (latest === beingRead) return;
  beingRead = latest;
  clearTimeout(seenTimer);
  seenTimer = setTimeout(() => {
    beingRead = null;
    if (!document.hidden) document.getElementById("last-seen").value = latest;
  }, READ);
}

function changed() {
  const all = thread().querySelectorAll("[data-message]");
  const came = all.length > messages && messages > 0;
  const last = all[all.length - 1];
  messages = all.length;
  if (came && !last.classList.contains("out")) {
    announce.textContent = `${desk.dataset.name}: ${last.querySelector(".bubble").textContent}`;
  }
  settle();
  if (document.getElementById("last-seen").value !== thread().dataset.lastSeen) markSeen();
  return came;
}

let atEnd = true;
document.body.addEventListener("htmx:beforeSwap", () => (atEnd = nearEnd()));
document.body.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  if (detail.target.id === "thread" || detail.elt?.id === "thread") {
    const came = changed();
    if (came && atEnd) toEnd();
  }
  if (detail.target.id === "told") watch();
});
document.addEventListener("visibilitychange", () => document.hidden || markSeen());

document.body.addEventListener("sent", () => (tries = 0));
// An answer that was under way meanwhile would bring back what has just changed.
document.body.addEventListener("passed-on", lookSoon);
changed();
watch();
// On a phone what there has been stands above the thread: whoever is new to it begins there.
if (scroller() === scroll || !document.querySelector(".so-far")) toEnd();
