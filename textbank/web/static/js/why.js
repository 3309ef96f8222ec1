// Why the server refused a request (403), in its own sentence; "" where the form had only grown too old.
export function why(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("[data-why]")?.dataset.why ?? "";
}
