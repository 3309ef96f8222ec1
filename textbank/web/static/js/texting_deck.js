// First messages: Send shows the next card at once, the outbox does the sending. A card that was refused comes back.
import { Outbox } from "./texting_outbox.js";

const GUARD = 250; // a double press must not text two people
const FEW = 8; // cards left when more are fetched

const page = document.getElementById("sending");
const deck = page.querySelector(".deck");
const form = page.querySelector(".send-bar");
const button = form.querySelector("[data-send]");
const skip = form.querySelector("[data-skip]");
const empty = page.querySelector("[data-empty]");
const waiting = page.querySelector("[data-waiting]");

const outbox = new Outbox(location.pathname, page.dataset.member, form.elements.csrfmiddlewaretoken.value);
const clicked = new Map(); // cards on their way, by conversation
const taken = new Set(); // conversations whose click the server has taken
let queue = [];
let sent = Number(page.dataset.sent);
let left = Number(page.dataset.left);
let shownAt = 0;
let fetching = null;
let lookAgain = false;
// The server's last figures could not be used; nor those of a page that was made while clicks were on their way.
let recount = outbox.waiting > 0 || outbox.tookSince(performance.timeOrigin);
let endReached = false;
let endKnown = true; // what stands in [data-empty] is how things are now

const idOf = (card) => card.dataset.card;
const lastId = () => Math.max(0, ...queue.map((card) => Number(idOf(card))));

function known(id) {
  return clicked.has(id) || taken.has(id) || outbox.has(id) || queue.some((card) => idOf(card) === id);
}

function take(cards) {
  for (const card of cards) {
    if (known(idOf(card))) {
      if (outbox.has(idOf(card))) clicked.set(idOf(card), card);
    } else queue.push(card);
  }
}

function show() {
  const card = queue[0];
  const before = deck.querySelector("[data-card]");
  if (before !== card) {
    before?.remove();
    shownAt = performance.now();
    if (card) {
      card.classList.toggle("entering", Boolean(before));
      empty.before(card);
      page.querySelector("[data-announce]").textContent = before ? card.dataset.name : "";
    }
  }
  form.hidden = !card;
  empty.hidden = Boolean(card) || !endKnown;
  deck.classList.toggle("more", queue.length > 1);
  if (card) dress(card);
  count();
}

function dress(card) {
  const barred = "barred" in card.dataset;
  page.querySelector("p[data-campaign]").textContent = card.dataset.campaign;
  form.elements.conversation.value = idOf(card);
  button.disabled = barred || Boolean(outbox.stopped);
  skip.setAttribute("aria-label", `${barred ? "Put away" : "Skip"} ${card.dataset.name}`);
  skip.href = `?after=${idOf(card)}`;
}

function count() {
  const done = sent + clicked.size;
  const remain = Math.max(0, left - clicked.size);
  const ring = page.querySelector("[data-ring]");
  ring.querySelector("b").textContent = remain.toLocaleString();
  ring.querySelector("svg").ariaLabel = `${done} of ${done + remain} sent`;
  ring.querySelector(".ring-done").setAttribute("stroke-dasharray", `${(100 * done) / (done + remain || 1)} 100`);
  ring.hidden = done + remain === 0;
}

function sayWhatWaits() {
  button.disabled = Boolean(outbox.stopped) || "barred" in (queue[0]?.dataset ?? {});
  waiting.hidden = !outbox.stopped && !outbox.stuck;
  if (waiting.hidden) return;
  const line = waiting.querySelector("[data-words]");
  if (line.textContent !== outbox.words) line.textContent = outbox.words;
  // Whoever is signed out comes by the sign-in page.
  const again = waiting.querySelector("[data-again]");
  again.hidden = !["signed-out", "too-old"].includes(outbox.stopped);
  again.textContent = outbox.stopped === "signed-out" ? "Sign in" : "Load again";
}

// What was given up is not on its way any more: its cards stand there again.
function takeBack() {
  if (outbox.stopped !== "denied") return;
  const back = [...clicked].filter(([id]) => !outbox.has(id));
  for (const [id] of back) clicked.delete(id);
  queue.unshift(...back.map(([, card]) => card));
  if (back.length) show();
}

async function fetchMore(after = lastId()) {
  if (fetching) {
    // What is on its way may be older than the news that asks.
    lookAgain ||= after === 0;
    return;
  }
  recount = false;
  fetching = fetch(`${page.dataset.cards}?after=${after}`, { redirect: "error" });
  const before = taken.size;
  try {
    const answer = await fetching;
    const words = await answer.text();
    // Figures from before a click that was taken meanwhile would take it back, and those that may have in them
    // one whose answer is still on its way would count it twice.
    const current = before === taken.size && !outbox.waiting;
    recount = !current;
    if (answer.ok) receive(new DOMParser().parseFromString(words, "text/html"), after, current);
  } catch {
    // Offline: the cards at hand can still be sent, and more are asked for at the next turn.
  } finally {
    fetching = null;
    if (lookAgain) {
      lookAgain = false;
      fetchMore(0);
    } else countAgain();
  }
}

function countAgain() {
  if (recount && !fetching && !outbox.waiting) fetchMore(0);
}

function receive(fresh, after, current) {
  const root = fresh.querySelector("[data-left]");
  const cards = [...root.querySelectorAll("[data-card]")].map((card) => document.adoptNode(card));
  if (current) {
    left = Number(root.dataset.left);
    sent = Number(root.dataset.sent);
  }
  empty.innerHTML = root.querySelector("[data-empty]").innerHTML;
  endKnown = left === 0 || cards.length === 0;
  const before = queue.length;
  if (after === 0) dropMissing(cards);
  take(cards);
  endReached = after > 0 ? queue.length === before : cards.length < 20;
  show();
}

// What was handed on meanwhile is in the queue and no longer among the server's.
function dropMissing(cards) {
  const theirs = new Set(cards.map(idOf));
  const upTo = cards.length < 20 ? Infinity : Math.max(...cards.map((card) => Number(idOf(card))));
  queue = queue.filter((card) => theirs.has(idOf(card)) || "barred" in card.dataset || Number(idOf(card)) > upTo);
}

function refill() {
  if (queue.length >= FEW || endReached) return;
  fetchMore();
}

function send(event) {
  event.preventDefault();
  const card = queue[0];
  if (!card || button.disabled || performance.now() - shownAt < GUARD) return;
  queue.shift();
  clicked.set(idOf(card), card);
  endKnown = false;
  outbox.add(idOf(card));
  show();
  refill();
}

function putAside(event) {
  event.preventDefault();
  const card = queue.shift();
  if (!card) return;
  if (!("barred" in card.dataset)) queue.push(card);
  // With one card only, it comes again: then nothing seems to happen, and that is right.
  show();
  refill();
}

outbox.addEventListener("sent", ({ detail }) => {
  taken.add(detail.conversation);
  if (clicked.delete(detail.conversation)) {
    sent += 1;
    left -= 1;
  }
  if (!queue.length && !outbox.waiting) fetchMore(0);
  show();
});

outbox.addEventListener("refused", ({ detail }) => {
  const card = clicked.get(detail.conversation);
  clicked.delete(detail.conversation);
  if (!card || detail.code === "not_found") return fetchMore(0);
  card.querySelector(".banner")?.remove();
  const banner = document.getElementById("refusal").content.firstElementChild.cloneNode(true);
  banner.querySelector("p").textContent = `Not sent to ${card.dataset.name}. ${detail.reason}`;
  card.prepend(banner);
  if (detail.final) {
    card.dataset.barred = "";
    left -= 1;
  }
  // Behind the card that is being looked at: nothing may change under a finger.
  queue.splice(queue.length ? 1 : 0, 0, card);
  show();
});

outbox.addEventListener("change", sayWhatWaits);
outbox.addEventListener("change", takeBack);
outbox.addEventListener("change", countAgain);
addEventListener("offline", sayWhatWaits);
addEventListener("online", sayWhatWaits);

form.addEventListener("submit", send);
skip.addEventListener("click", putAside);

// A key that is held down repeats; people do not.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.repeat && event.key === "Enter") event.preventDefault();
    if (event.key === "ArrowRight" && !event.repeat && !document.querySelector("dialog[open]")) skip.click();
  },
  true,
);

document.body.addEventListener("gone", (event) => {
  event.preventDefault();
  outbox.deny(event.detail.text);
});

let looking = null;
document.body.addEventListener("news", ({ detail }) => {
  if (detail.what !== "queue" && detail.what !== "everything") return;
  clearTimeout(looking);
  looking = setTimeout(() => fetchMore(0), 300);
});

take([...deck.querySelectorAll("[data-card]"), ...document.getElementById("cards-ahead").content.children]);
if (outbox.has(deck.querySelector("[data-card]")?.dataset.card)) deck.querySelector("[data-card]").remove();
show();
outbox.pump();
countAgain();
