// Keeps the conversation beside the list true: asks again when something happened, and while a text is on its way.
const pane = document.getElementById("reading");
const announce = document.getElementById("announce");
const READ = 1500; // how long a new text must have been on the screen before it counts as seen
const OFTEN = 2_000; // while a text is on its way
const WATCHED = 60_000; // while somebody else is answering: nobody tells when they stop

let timer = null;
let seenTimer = null;
let messages = 0;
let doing = null; // the request that does something here

const open = () => pane.querySelector("[data-conversation]");
const thread = () => document.getElementById("thread");

function look() {
  const shut = "shut" in (document.getElementById("says")?.dataset ?? {}) ? "?shut=1" : "";
  window.htmx.ajax("GET", `${open().dataset.address}${shut}`, { source: open(), swap: "none" });
}

function lookSoon(after) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!open()) return;
    const isDoing = doing && doing.readyState !== XMLHttpRequest.DONE;
    if (!document.hidden && !isDoing) look();
    else lookSoon(isDoing ? 150 : OFTEN);
  }, after);
}

function toEnd() {
  const scroll = open();
  const last = thread().querySelector(".unread") ?? thread().lastElementChild;
  if (last) scroll.scrollTop = Math.max(0, last.offsetTop - scroll.offsetTop - scroll.clientHeight / 2);
}

function markSeen() {
  clearTimeout(seenTimer);
  const latest = thread().dataset.lastSeen;
  seenTimer = setTimeout(() => {
    const field = document.getElementById("last-seen");
    if (!document.hidden && field && thread()?.dataset.lastSeen === latest) field.value = latest;
  }, READ);
}

function changed() {
  const all = thread().querySelectorAll("[data-message]");
  const last = all[all.length - 1];
  if (all.length > messages && messages && !last.classList.contains("out")) {
    announce.textContent = `${open().dataset.name}: ${last.querySelector(".bubble").textContent}`;
  }
  messages = all.length;
  if (document.getElementById("last-seen").value !== thread().dataset.lastSeen) markSeen();
}

function watch() {
  if ("unsettled" in thread().dataset) lookSoon(OFTEN);
  else if (pane.querySelector(".told-now")) lookSoon(WATCHED);
}

function opened() {
  messages = 0;
  changed();
  watch();
  toEnd();
}

document.addEventListener("htmx:afterSwap", ({ detail }) => detail.target === pane && opened());
document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  if (detail.target.id === "thread") changed();
  if (detail.target.id === "told") watch();
});
// A look that is answered in between would take away the button that was pressed, and what is then said finds no place.
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (!pane.contains(detail.elt) || detail.requestConfig.verb !== "post") return;
  doing = detail.xhr;
  window.htmx.trigger(open(), "htmx:abort");
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!pane.contains(detail.elt) || detail.requestConfig.verb !== "post" || !detail.successful) return;
  detail.elt.closest("dialog")?.close();
  // Its line in the list is another one after something was done.
  if (document.getElementById("list-news")) window.htmx.trigger("#list-news", "look");
});
// Or the element is not there any more, because what was done has replaced it.
document.body.addEventListener("opted-in", () => reopen());
document.body.addEventListener("news", ({ detail }) => {
  if (open() && detail.what === `conversation:${open().dataset.conversation}`) lookSoon(150);
});
document.body.addEventListener("glance", () => open() && lookSoon(0));

function reopen() {
  const row = document.querySelector(`#row-${open().dataset.conversation} .row-title`);
  if (row) row.click();
  else location.reload();
}

if (open()) opened();
