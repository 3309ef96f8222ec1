// The Message Filter: of two switches that belong together one stays on, and "All" is the opposite of any one status.
document.addEventListener(
  "change",
  ({ target }) => {
    const group = target.closest?.("[data-one-stays-on]");
    if (group && !target.checked) {
      const switches = [...group.querySelectorAll("[role=switch]")];
      if (!switches.some((one) => one.checked)) switches.find((one) => one !== target).checked = true;
    }
    if (target.dataset?.allOf) {
      for (const one of target.form.elements[target.dataset.allOf]) one.checked = false;
      target.checked = true;
    }
    const all = target.form?.querySelector(`[data-all-of="${CSS.escape(target.name || "-")}"]`);
    if (all) all.checked = ![...target.form.elements[target.name]].some((one) => one.checked);
    if (target.name === "escalated" && target.value === "include" && !target.checked) {
      for (const one of target.form.querySelectorAll("[name=escalated][value=only]")) one.checked = false;
    }
  },
  true,
);

// "Show" on a phone: the list is what is wanted now.
document.addEventListener("submit", ({ target }) => {
  const drawer = target.id === "filter-form" && target.closest(":popover-open");
  if (drawer) drawer.hidePopover();
});

// An address says what was chosen, and not what was left empty.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id !== "filter-form") return;
  for (const [name, value] of [...detail.formData.entries()]) if (!value) detail.formData.delete(name);
});

// Who types or ticks before all of this has arrived is heard too.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("filter-form");
  const typed = (input) => input.matches("[type=search], [type=number]") && input.value !== input.defaultValue;
  const ticked = (input) => input.matches("[type=checkbox]") && input.checked !== input.defaultChecked;
  if ([...form.elements].some((input) => input.name && (typed(input) || ticked(input)))) form.requestSubmit();
});
