// [data-dialog="ID"] opens <dialog id="ID">; [data-close] shuts it. What htmx puts into a dialog opens it.
const TWICE = 500; // milliseconds between the two clicks of a double-click, at most
let before = -TWICE;

function shut(dialog) {
  if (dialog?.open) dialog.close();
}

document.addEventListener("click", (event) => {
  const isSecond = event.timeStamp - before < TWICE;
  before = event.timeStamp;
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    return document.getElementById(opener.dataset.dialog)?.showModal();
  }
  if (event.target.closest("[data-close]")) return shut(event.target.closest("dialog"));
  // The dialog's own padding belongs to its parts, so a click on the dialog itself is a click beside it.
  // The second click on the button that opened it, though, is meant for the button.
  if (!isSecond && event.target.matches?.("dialog[open]:not([data-stay])")) shut(event.target);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.closest("dialog");
  if (dialog && !dialog.open && dialog.textContent.trim()) dialog.showModal();
});

// The server's answer may say HX-Trigger: shut-dialog.
document.addEventListener("shut-dialog", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) shut(dialog);
});
