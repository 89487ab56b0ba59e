// What a page does beyond HTML: dialogs, copy buttons, keyboard, bulk choice. No state of its own.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]");

  const open = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const field = one("[data-first]", dialog);
    if (field) { field.focus(); field.select?.(); }
  };

  const copy = async (button) => {
    const from = button.dataset.copyFrom;
    const text = from ? document.getElementById(from).textContent : button.dataset.copy;
    await navigator.clipboard.writeText(text.trim());
    button.dataset.done = "";
    one("#announce").textContent = button.dataset.said;
    setTimeout(() => delete button.dataset.done, 1600);
  };

  const act = {
    copy,
    open: (button) => open(button.dataset.open),
    close: (button) => button.closest("dialog").close(),
    scheme: () => window.hsScheme.flip(),
    print: () => window.print(),
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) {
      event.preventDefault();
      act[button.dataset.do](button);
      return;
    }
    if (event.target instanceof HTMLDialogElement) event.target.close();
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) {
      location.assign(row.dataset.href);
    }
  });

  // Sliders: the figure follows the hand; where it lets go the page is asked for.
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-slider]")) event.target.nextElementSibling.value = event.target.value + event.target.dataset.slider;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-slider]")) event.target.form.requestSubmit();
  });

  // Rows: j and k move, Enter opens (it is the row's own link that has the focus), x chooses.
  const step = (by) => {
    const rows = all("[data-rows] tbody tr").filter((row) => one("a, input", row));
    if (!rows.length) return;
    const here = rows.indexOf(document.activeElement.closest("tr"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, here < 0 ? 0 : here + by))];
    one("a", next)?.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  // Results of the search box: arrows move between the field and its links.
  const stepResult = (event, by) => {
    const stops = [one("#search-field"), ...all("#search-results a")];
    const here = stops.indexOf(document.activeElement);
    event.preventDefault();
    stops[(here + by + stops.length) % stops.length].focus();
  };

  let leader = "";
  const keys = {
    "?": () => open("keys"),
    "/": () => open("search"),
    j: () => step(1),
    k: () => step(-1),
    x: () => one("input[type=checkbox]", document.activeElement.closest("tr") ?? document)?.click(),
    n: () => one("[data-next]")?.click(),
    a: () => open("api"),
    d: () => window.hsScheme.flip(),
  };

  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return open("search");
    }
    if (event.target.closest("#search") && /^Arrow(Up|Down)$/.test(event.key)) {
      return stepResult(event, event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
    if (one("dialog[open]")) return;
    if (leader) {
      one(`[data-key="${leader}${event.key}"]`)?.click();
      leader = "";
    } else if (event.key === "g") {
      leader = "g";
      setTimeout(() => { leader = ""; }, 900);
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  // Bulk choice: the bar shows once a row is chosen.
  const count = (form) => {
    const chosen = all("tbody input[name=key]:checked", form).length;
    const bar = one("[data-bulk]", form);
    if (bar) {
      bar.hidden = chosen === 0;
      one("[data-chosen]", bar).textContent = String(chosen);
    }
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-choose]");
    if (!form) return;
    if (event.target.matches("[data-all]")) {
      all("tbody input[name=key]", form).forEach((box) => { box.checked = event.target.checked; });
    }
    count(form);
  });

  document.addEventListener("htmx:after:swap", () => {
    const preview = one("#preview[data-ready]");
    if (one("#preview-body")?.children.length && preview) open("preview");
  });
  addEventListener("beforeprint", () => all("details[data-print]").forEach((d) => { d.open = true; }));
})();
