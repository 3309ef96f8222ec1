// First messages that were clicked and not yet acknowledged. Each keeps its click's id until the server has answered,
// also over a reload, so a text goes out once however often it is tried. Only ids are kept, no name and no word.
import { why } from "./why.js";

const AT_ONCE = 4;
const LONGEST_PAUSE = 15_000;
const TOO_OLD = 12 * 3600_000;

// crypto.randomUUID exists only where the page came by https.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte, place) => {
    const fixed = { 6: (byte & 0x0f) | 0x40, 8: (byte & 0x3f) | 0x80 }[place] ?? byte;
    return fixed.toString(16).padStart(2, "0");
  });
  return hex.join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Outbox extends EventTarget {
  // Events: "sent" and "refused" with {conversation, reason, final}; "change" whenever `waiting` or `stopped` may differ.
  // `stopped` is "signed-out", "too-old" or "denied"; once denied, `reason` says why and `dropped` how many were given up.
  constructor(address, member, token) {
    super();
    Object.assign(this, { address, token, prefix: `outbox:${member}:`, lastTaken: `outbox-taken:${member}` });
    this.clicks = new Map();
    this.underWay = new Set();
    this.failures = 0;
    this.stopped = "";
    this.reason = "";
    this.dropped = 0;
    this.recall();
    addEventListener("online", () => this.resume());
  }

  // What keeps them, in words.
  get words() {
    const number = this.waiting;
    const [it, waits] = number === 1 ? ["it goes", "waits"] : ["they go", "wait"];
    if (this.stopped === "denied") {
      const lost = this.dropped ? `${this.dropped.toLocaleString()} not sent. ` : "";
      return `${lost}${this.reason} Nothing more is sent.`;
    }
    if (this.stopped === "too-old") return `${number} not sent yet: this page has grown too old. Load it again, and ${it} out.`;
    if (this.stopped) return `${number} not sent yet: you have been signed out. Sign in again, and ${it} out.`;
    return `${number} ${waits} for the network, and ${number === 1 ? "goes out by itself" : "go out by themselves"}.`;
  }

  get waiting() {
    return this.clicks.size;
  }

  // Whether the server took a click since then (milliseconds since 1970), on whichever page it was pressed.
  tookSince(moment) {
    try {
      return Number(localStorage.getItem(this.lastTaken)) >= moment;
    } catch {
      return false;
    }
  }

  get stuck() {
    return this.waiting > 0 && (this.failures > 0 || !navigator.onLine);
  }

  has(conversation) {
    return [...this.clicks.values()].includes(conversation);
  }

  add(conversation) {
    const click = uuid();
    this.clicks.set(click, conversation);
    this.remember(click, conversation);
    this.pump();
  }

  resume() {
    clearTimeout(this.pause);
    this.pause = null;
    this.pump();
  }

  pump() {
    // One that was under way when the rest was given up, and did not get through.
    if (this.stopped === "denied" && this.waiting > this.underWay.size) return this.deny(this.reason);
    if (!this.pause && !this.stopped) this.tryNext();
    this.dispatchEvent(new Event("change"));
  }

  tryNext() {
    for (const [click, conversation] of this.clicks) {
      // After a failure one goes ahead to see whether there is a network again.
      if (this.underWay.size >= (this.failures ? 1 : AT_ONCE)) break;
      if (!this.underWay.has(click)) this.try(click, conversation);
    }
  }

  async try(click, conversation) {
    this.underWay.add(click);
    const answer = await this.post(click, conversation);
    this.underWay.delete(click);
    if (answer === null || answer.status >= 500 || answer.status === 429) this.fail();
    else if (answer.type === "opaqueredirect" || answer.status === 401) this.stopped ||= "signed-out";
    else if (answer.status === 403) await this.stop(answer);
    else await this.settle(click, conversation, answer);
    this.pump();
  }

  async post(click, conversation) {
    const headers = { Accept: "application/json", "X-CSRFToken": this.token };
    const body = new URLSearchParams({ conversation, client_id: click });
    try {
      return await fetch(this.address, { method: "POST", headers, body, redirect: "manual", keepalive: true });
    } catch {
      return null;
    }
  }

  async stop(answer) {
    const reason = why(await answer.text().catch(() => ""));
    if (reason) this.deny(reason);
    else this.stopped ||= "too-old";
  }

  // Who may not text any more should not find these clicks going out once they may again.
  deny(reason) {
    Object.assign(this, { stopped: "denied", reason });
    for (const click of [...this.clicks.keys()].filter((one) => !this.underWay.has(one))) {
      this.clicks.delete(click);
      this.forget(click);
      this.dropped += 1;
    }
    this.dispatchEvent(new Event("change"));
  }

  fail() {
    this.failures += 1;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.resume(), Math.min(LONGEST_PAUSE, 500 * 2 ** this.failures));
  }

  async settle(click, conversation, answer) {
    this.failures = 0;
    this.clicks.delete(click);
    this.forget(click, Date.now());
    const detail = { conversation };
    if (!answer.ok) Object.assign(detail, await answer.json().catch(() => ({ code: "not_found", final: true })));
    const sent = answer.ok || detail.code === "already_sent";
    this.dispatchEvent(new CustomEvent(sent ? "sent" : "refused", { detail }));
  }

  remember(click, conversation) {
    try {
      localStorage.setItem(this.prefix + click, JSON.stringify([conversation, Date.now()]));
    } catch {
      // Without storage the click lives as long as the page.
    }
  }

  forget(click, taken = null) {
    try {
      if (taken) localStorage.setItem(this.lastTaken, taken);
      localStorage.removeItem(this.prefix + click);
    } catch {
      // It was never kept.
    }
  }

  recall() {
    try {
      for (const key of Object.keys(localStorage).filter((one) => one.startsWith(this.prefix))) {
        const [conversation, at] = JSON.parse(localStorage.getItem(key));
        const click = key.slice(this.prefix.length);
        // Who comes back tomorrow should not find yesterday's clicks going out behind their back.
        if (Date.now() - at > TOO_OLD) this.forget(click);
        else this.clicks.set(click, conversation);
      }
    } catch {
      // Nothing was kept.
    }
  }
}
