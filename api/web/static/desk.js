// What saves a round on the pages of the desk. Every page does the same without it.
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);

  // Keys: / searches, n begins a receipt, e goes to what is to be done, j and k walk the lines of a register.
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.target.closest("input, textarea, select, [contenteditable]")) return;
    const go = { "/": ".search input", n: "[data-key=n]", e: "[data-key=e]" }[e.key];
    if (go && $(go)) {
      e.preventDefault();
      const to = $(go);
      to.focus();
      if (to.matches("a")) to.click();
      return;
    }
    if (e.key !== "j" && e.key !== "k") return;
    const lines = [...document.querySelectorAll("tr[data-row] a[data-pick]")];
    if (!lines.length) return;
    const at = lines.findIndex((a) => a.closest("tr").classList.contains("cur"));
    const next = lines[Math.min(lines.length - 1, Math.max(0, at + (e.key === "j" ? 1 : -1)))];
    next.focus();
    next.click();
  });

  // Picking a line marks it at once; its history follows.
  document.addEventListener("click", (e) => {
    const line = e.target.closest("a[data-pick]");
    if (!line) return;
    for (const tr of document.querySelectorAll("tr.cur")) tr.classList.remove("cur");
    line.closest("tr").classList.add("cur");
  });

  // A form is sent once, however often its button is pressed; the key makes a second time harmless anyway.
  document.addEventListener("submit", (e) => {
    if (e.target.method !== "post") return;
    if (e.target.dataset.sent) e.preventDefault();
    e.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => { for (const f of document.forms) delete f.dataset.sent; });

  // A choice that filters is sent when it is made.
  document.addEventListener("change", (e) => {
    const form = e.target.closest("form.filters");
    if (form) form.requestSubmit();
  });

  // The counts of the tray come by themselves.
  const body = document.body;
  if (body.dataset.events && "EventSource" in window) {
    const source = new EventSource(body.dataset.events);
    source.addEventListener("counts", (e) => {
      const counts = JSON.parse(e.data);
      for (const place of document.querySelectorAll("[data-count]")) {
        const n = counts[place.dataset.count];
        const text = place.dataset.zero !== undefined || n ? String(n) : "";
        if (n === undefined || place.textContent === text) continue;
        place.textContent = text;
        if ($("[data-news]")) $("[data-news]").hidden = false; // the list itself stays as it is read
      }
    });
    source.addEventListener("bye", () => source.close());
    addEventListener("pagehide", () => source.close());
  }
})();
