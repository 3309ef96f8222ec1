// <textarea data-autosize> is as tall as its text, in browsers whose CSS cannot say so.
function fit(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight * 0.4)}px`;
}

const fitAll = (root) => root.querySelectorAll("textarea[data-autosize]").forEach(fit);

if (!CSS.supports("field-sizing", "content")) {
  fitAll(document);
  document.addEventListener("input", (event) => event.target.matches?.("textarea[data-autosize]") && fit(event.target));
  document.addEventListener("htmx:load", (event) => fitAll(event.detail.elt));
}
