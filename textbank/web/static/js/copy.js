// <button data-copy="ID"> copies the value of that field, and says so; without a clipboard it selects the value.
import { toast } from "./toast.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
    toast("Copied.");
  } catch {
    // Browsers give no clipboard to a page without https.
    field.select();
    toast("Press Ctrl+C (or ⌘C) to copy what is selected.");
  }
});
