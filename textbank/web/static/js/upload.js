// A form with data-drop takes a file that is dropped on it, and shows how much of it has been sent.
const formOf = (event) => event.target.closest?.("[data-drop]");

function drag(event) {
  const form = formOf(event);
  if (!form || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.toggleAttribute("data-over", event.type === "dragover");
}

document.addEventListener("dragover", drag);
document.addEventListener("dragleave", drag);
document.addEventListener("drop", (event) => {
  const form = formOf(event);
  const file = event.dataTransfer?.files[0];
  if (!form || !file) return;
  drag(event);
  const one = new DataTransfer();
  one.items.add(file);
  form.querySelector("[type=file]").files = one.files;
  form.requestSubmit();
});

function show(form, loaded, total) {
  const percent = total ? Math.floor((100 * loaded) / total) : 0;
  const [box, bar] = [form.querySelector("[data-sending]"), form.querySelector("[role=progressbar]")];
  box.hidden = false;
  bar.setAttribute("aria-valuenow", percent);
  bar.firstElementChild.setAttribute("width", percent);
  box.querySelector("[data-said]").textContent = percent < 100 ? `Sending: ${percent} %` : "Sent. Reading the list.";
}

document.addEventListener("htmx:xhr:progress", (event) => {
  const form = event.target.closest?.("[data-drop]");
  if (form) show(form, event.detail.loaded, event.detail.total);
});
for (const end of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(end, (event) => {
    const box = event.target.closest?.("[data-drop]")?.querySelector("[data-sending]");
    if (box) box.hidden = true;
  });
}
