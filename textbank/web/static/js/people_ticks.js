// Ticks in a table that belong to a form elsewhere: [data-ticks] ticks all of them, [data-tally] says how many are ticked.
const ticksOf = (form) => [...form.elements].filter((one) => one.matches("input[type=checkbox][name=people]"));

function tell(form) {
  const ticks = ticksOf(form);
  const ticked = ticks.filter((one) => one.checked).length;
  form.querySelector("[data-tally]").textContent = ticked;
  form.querySelector("button").disabled = !ticked;
  const all = document.querySelector(`[data-ticks="${form.id}"]`);
  if (!all) return;
  all.checked = ticked > 0 && ticked === ticks.length;
  all.indeterminate = ticked > 0 && ticked < ticks.length;
}

document.addEventListener("change", ({ target }) => {
  const all = target.closest("[data-ticks]");
  const form = all ? document.getElementById(all.dataset.ticks) : target.name === "people" && target.form;
  if (!form) return;
  if (all) for (const one of ticksOf(form)) one.checked = all.checked;
  tell(form);
});

for (const tally of document.querySelectorAll("form [data-tally]")) tell(tally.closest("form"));
