// data-confirm="Archive Saturday canvass?" on a form, button or link asks first, in our own dialog.
const dialog = document.getElementById("confirm");

function ask(element) {
  const { confirm, confirmNote = "", confirmVerb, confirmKind } = element.dataset;
  const go = dialog.querySelector("[value=yes]");
  dialog.querySelector("h2").textContent = confirm;
  dialog.querySelector("[data-note]").textContent = confirmNote;
  go.textContent = confirmVerb || "Go on";
  go.classList.toggle("danger", confirmKind === "danger");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  // A form that htmx sends is asked about below.
  if (!form.dataset.confirm || form.closest("[hx-post], [hx-get], [hx-delete]") === form) return;
  if (form.dataset.confirmed) return delete form.dataset.confirmed;
  event.preventDefault();
  const { submitter } = event;
  if (!(await ask(form))) return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(submitter);
});

document.addEventListener("htmx:confirm", async (event) => {
  const asking = event.detail.elt.closest("[data-confirm]");
  if (!asking) return;
  event.preventDefault();
  if (await ask(asking)) event.detail.issueRequest(true);
});
