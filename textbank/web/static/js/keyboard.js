// Keeps --keyboard: how much of the page a phone's keyboard covers, for what sticks to the bottom.
const view = window.visualViewport;

function measure() {
  // A pinch-zoomed page is smaller too, and no keyboard.
  const covered = view.scale > 1.01 ? 0 : Math.max(0, innerHeight - view.height - view.offsetTop);
  document.documentElement.style.setProperty("--keyboard", `${Math.round(covered)}px`);
}

if (view) {
  view.addEventListener("resize", measure);
  view.addEventListener("scroll", measure);
}
