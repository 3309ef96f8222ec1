// Tells the page that something changed: `news` on the body with detail.what, and `news:conversation` for
// "conversation:7", so that hx-trigger="news:conversation from:body" asks again. `news:everything` means all of it.
// Who is shut out while the page is open is told why: `gone` on the body with detail.text, and a notice unless the
// page says it itself.
import { why } from "./why.js";

const SLOWLY = 20_000;
const FAILURES = 3;

const { live, liveTicketUrl } = document.body.dataset;
const address = live && new URL(live, location);
let source = null;
let failures = 0;
let wasOpen = false;
let shutOut = false;
let polling = null;
let retry = null;
let due = null;

function dispatch(what) {
  document.body.dispatchEvent(new CustomEvent("news", { detail: { what } }));
  document.body.dispatchEvent(new CustomEvent(`news:${what.split(":")[0]}`, { detail: { what } }));
}

// Three hundred pages must not all ask in the moment their server comes back. What was missed may have been the news
// that one is shut out: a fresh ticket tells.
function catchUp() {
  due ??= setTimeout(async () => {
    due = null;
    if (await mayStay()) dispatch("everything");
  }, Math.random() * 1_000);
}

function hello() {
  if (wasOpen || failures) catchUp();
  wasOpen = true;
  failures = 0;
  clearInterval(polling);
  polling = null;
}

function hear({ data }) {
  const { what } = JSON.parse(data);
  if (what === "gone") renew();
  else if (what === "everything") catchUp();
  else dispatch(what);
}

// Asks for a fresh ticket. Who is refused one hears why, and hears nothing more.
async function mayStay() {
  const answer = await fetch(liveTicketUrl, { redirect: "manual" }).catch(() => null);
  if (answer?.ok) address.searchParams.set("ticket", await answer.text());
  const text = answer?.status === 403 ? why(await answer.text()) : "";
  if (!text) return true;
  shutOut = true;
  close();
  clearInterval(polling);
  const news = new CustomEvent("gone", { detail: { text }, cancelable: true });
  if (document.body.dispatchEvent(news)) document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "bad" } }));
  return false;
}

function open() {
  if (source || shutOut || document.hidden) return;
  source = new EventSource(address);
  source.addEventListener("hello", hello);
  source.addEventListener("message", hear);
  source.addEventListener("error", stumble);
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

// The browser tries again by itself after a lost connection, but never after a refusal: a ticket lasts ten minutes.
function stumble() {
  failures += 1;
  if (failures >= FAILURES) polling ??= setInterval(catchUp, SLOWLY);
  if (source.readyState !== EventSource.CLOSED) return;
  close();
  retry = setTimeout(renew, Math.min(SLOWLY, 1_000 * 2 ** failures));
}

// Offline, or signed out: the old ticket is refused once more, and we come back here.
async function renew() {
  close();
  if (await mayStay()) open();
}

// Not before all who hear are there, htmx among them: what was told meanwhile is told when we come.
if (live) {
  addEventListener("DOMContentLoaded", open);
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  document.addEventListener("visibilitychange", open);
}
