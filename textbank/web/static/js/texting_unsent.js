// First messages that were clicked and could not go out before their page was left go out from any other page.
import { Outbox } from "./texting_outbox.js";

const line = document.querySelector("[data-unsent]");
const { unsent, member, token } = line.dataset;
const outbox = new Outbox(unsent, member, token);

function say() {
  line.hidden = !outbox.stopped && !outbox.stuck;
  const words = `First messages: ${outbox.words}`;
  if (!line.hidden && line.textContent !== words) line.textContent = words;
}

outbox.addEventListener("change", say);
addEventListener("offline", say);
addEventListener("online", say);
outbox.addEventListener("refused", ({ detail }) => {
  const text = `A first message was not sent. ${detail.reason ?? "Somebody else has it now."}`;
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "bad" } }));
});
for (const settled of ["sent", "refused"]) {
  outbox.addEventListener(settled, () => {
    if (!outbox.waiting) document.body.dispatchEvent(new CustomEvent("news:queue", { detail: { what: "queue" } }));
  });
}
outbox.pump();
