// <textarea data-counter="ID"> writes "132 characters · 1 segment" into #ID, as the carrier will count it,
// and names the special characters that make a segment 70 characters long and not 160.
import { count } from "./segments.js";

const words = (number, word) => `${number.toLocaleString()} ${word}${number === 1 ? "" : "s"}`;

function show(area) {
  const output = document.getElementById(area.dataset.counter);
  if (!output) return;
  const { characters, segments, encoding, culprits } = count(area.value);
  const why = encoding === "Unicode" && culprits?.length ? ` · special: ${culprits.slice(0, 3).join(" ")}` : "";
  output.textContent = area.value ? `${words(characters, "character")} · ${words(segments, "segment")}${why}` : "";
  output.dataset.state = segments > 2 || why ? "warn" : "";
}

const showAll = (root) => root.querySelectorAll("textarea[data-counter]").forEach(show);

showAll(document);
document.addEventListener("input", (event) => event.target.matches?.("textarea[data-counter]") && show(event.target));
document.addEventListener("htmx:load", (event) => showAll(event.detail.elt));
