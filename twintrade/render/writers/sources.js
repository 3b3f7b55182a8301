"use strict";
(() => {
  const panel = document.getElementById("source");
  const cited = (target) => (target instanceof Element ? target.closest("[data-of]") : null);

  function show(cell) {
    const name = panel.dataset.analysis;
    panel.replaceChildren();
    const keys = cell.dataset.of.split(" ");
    const head = document.createElement("strong");
    head.textContent = cell.textContent.trim();
    panel.append(head);
    for (const key of keys) {
      const [file, row, column] = key.split(":").map(decodeURIComponent);
      const line = document.createElement("p");
      const put = { file, row, column };
      line.textContent = panel.dataset.place.replace(/\[(\w+)\]/g, (whole, word) => put[word] || whole);
      const code = document.createElement("code");
      code.textContent = "twintrade trace " + name + " " + key;
      line.append(" ", code);
      panel.append(line);
    }
    const again = document.createElement("p");
    const code = document.createElement("code");
    code.textContent = "twintrade run " + name + " --force";
    again.append(panel.dataset.again + " ", code);
    panel.append(again);
    panel.hidden = false;
  }

  function move(cell, key) {
    const row = cell.parentElement, rows = [...cell.closest("table").rows];
    const next = (list, from, step) => {
      for (let i = from + step; i >= 0 && i < list.length; i += step) {
        const found = list[i];
        if (found && found.dataset.of) return found;
      }
      return null;
    };
    if (key === "ArrowLeft" || key === "ArrowRight") {
      return next([...row.cells], cell.cellIndex, key === "ArrowLeft" ? -1 : 1);
    }
    return next(rows.map((r) => r.cells[cell.cellIndex]), rows.indexOf(row), key === "ArrowUp" ? -1 : 1);
  }

  for (const table of document.querySelectorAll("table")) {
    const first = table.querySelector("[data-of]");
    if (first) first.tabIndex = 0;
  }
  document.addEventListener("click", (event) => {
    const cell = cited(event.target);
    if (cell && !event.target.closest("a")) show(cell);
    else if (!panel.contains(event.target)) panel.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    const cell = cited(event.target);
    if (event.key === "Escape") panel.hidden = true;
    if (!cell || cell !== event.target) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      show(cell);
    } else if (event.key.startsWith("Arrow")) {
      const next = move(cell, event.key);
      if (!next) return;
      event.preventDefault();
      cell.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
  });
})();
