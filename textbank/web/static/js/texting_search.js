// <input data-finds="ID"> shows the items of list ID that have all its words.
document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset?.finds ?? "");
  if (!list) return;
  const words = event.target.value.toLowerCase().split(/\s+/);
  let found = 0;
  for (const item of list.querySelectorAll(":scope > li:not([data-none])")) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
    if (!item.hidden) found += 1;
  }
  list.querySelector("[data-none]").hidden = found > 0;
});

// Enter takes the first that is left.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.dataset?.finds) return;
  event.preventDefault();
  document.getElementById(event.target.dataset.finds).querySelector("li:not([hidden]) button")?.click();
});
