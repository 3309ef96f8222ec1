// <time datetime="…" data-ago> reads "41 min"; data-ago="waiting" also turns amber after an hour and red after a day.
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function ago(seconds) {
  if (seconds < MINUTE) return "now";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

function refresh(root = document) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const then = new Date(time.dateTime);
    const seconds = Math.max(0, (Date.now() - then) / 1000);
    time.textContent = ago(seconds);
    if (!time.title) time.title = then.toLocaleString();
    if (time.dataset.ago !== "waiting") continue;
    if (seconds >= DAY) time.dataset.age = "day";
    else if (seconds >= HOUR) time.dataset.age = "hour";
    else delete time.dataset.age;
  }
}

refresh();
setInterval(refresh, 30_000);
document.addEventListener("htmx:load", (event) => refresh(event.detail.elt.parentElement ?? document));
document.addEventListener("visibilitychange", () => document.hidden || refresh());
