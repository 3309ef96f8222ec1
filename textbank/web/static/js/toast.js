import { why } from "./why.js";

// One quiet line at the corner: the server's HX-Trigger {"toast": {"text": …, "kind": "bad"}}, or a failed request.
const region = document.getElementById("toasts");
const STAYS = 6000;

function leave(toast) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leave(toast);
    else toast.remove();
  }, STAYS);
}

const shownNow = (text) =>
  [...region.children].filter((one) => one.querySelector("[data-text]")?.textContent === text);

export function toast(text, kind = "") {
  for (const same of shownNow(text)) same.remove();
  const made = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  made.querySelector("[data-text]").textContent = text;
  if (kind) made.classList.add(kind);
  region.append(made);
  // What went wrong waits until somebody has read it.
  if (kind !== "bad") leave(made);
}

for (const shown of region.querySelectorAll(".toast:not(.error)")) leave(shown);

region.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest(".toast").remove();
});

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));

// Said once, and no longer than it is so.
const UNREACHED = "Textbank could not be reached. What you typed is still here.";
const reached = () => shownNow(UNREACHED).forEach((one) => one.remove());
document.addEventListener("htmx:sendError", () => toast(UNREACHED, "bad"));
document.addEventListener("htmx:beforeOnLoad", reached);
addEventListener("online", reached);

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) return toast("You have been signed out. Sign in again to go on.", "bad");
  if (status === 403) {
    const reason = why(event.detail.xhr.responseText);
    return toast(reason || "Not done: this page has grown too old. Load it again.", "bad");
  }
  if (status === 404) return toast("That is not here any more.", "bad");
  if (status === 429) return toast("Too many tries just now. Wait a minute.", "bad");
  toast("Something went wrong on our side. Nothing you typed is lost; try again.", "bad");
});
