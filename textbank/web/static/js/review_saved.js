// A saved filter that is deleted takes the button with it that had the keyboard's focus: the next thing there has it.
document.addEventListener("saved-changed", () => {
  if (document.activeElement !== document.body) return;
  document.querySelector("#saved :is(a, button), .suggestions a")?.focus();
});
