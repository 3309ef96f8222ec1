// Whoever chooses a receiver in [data-receivers] means to reassign: the form's [data-when-received] is checked for them.
document.addEventListener("change", ({ target }) => {
  const area = target.closest("[data-receivers]");
  const radio = area?.closest("form").querySelector("[data-when-received]");
  if (radio && area.querySelector(".token")) radio.checked = true;
});
