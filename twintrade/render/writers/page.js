"use strict";
(() => {
  const say = document.body.dataset;
  const make = (name, kind, text) => Object.assign(document.createElement(name), { className: kind, textContent: text });

  // Tables: heads sort where rows have no order of their own, and a button copies the whole.

  function read(cell) {
    const shown = cell.cloneNode(true);
    shown.querySelectorAll(".pad").forEach((free) => free.remove());
    shown.querySelectorAll("br").forEach((line) => line.replaceWith(" "));
    return shown.textContent.replace(/\s+/g, " ").trim();
  }

  const SIZES = [[/billion/, 1e9], [/million/, 1e6], [/thousand/, 1e3], [/亿/, 1e8], [/万/, 1e4]];
  const NUMBER = /^[≤≥<>+−\s]*\d[\d,]*(\.\d+)?%?$/;
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;

  function weigh(text) {
    const digits = text.replace(/,/g, "").replace(/−/g, "-").match(/-?\d+(\.\d+)?/);
    const size = SIZES.find(([word]) => word.test(text));
    return digits ? Number(digits[0]) * (size ? size[1] : 1) : NaN;
  }

  function order(rows, column, direction, isNumber) {
    const value = (row) => (isNumber ? weigh(read(row.cells[column])) : read(row.cells[column]));
    const known = (v) => (isNumber ? !Number.isNaN(v) : v !== "");
    const pairs = rows.map((row) => [value(row), row]);
    pairs.sort(([a], [b]) => known(b) - known(a) || (known(a) ? direction * (isNumber ? a - b : compare(a, b)) : 0));
    return pairs.map(([, row]) => row);
  }

  function addSorting(table) {
    const heads = [...table.tHead.rows].at(-1).cells;
    const bodies = [...table.tBodies].map((body) => {
      const isHead = (row) => row.cells.length < heads.length || [...row.cells].slice(1).every((c) => !read(c));
      return { body, tops: [...body.rows].filter(isHead), rows: [...body.rows].filter((row) => !isHead(row)) };
    });
    if (bodies.every(({ rows }) => rows.length < 3)) return;
    [...heads].forEach((head, column) => {
      if (head.tagName !== "TH" || head.colSpan > 1) return;
      const button = make("button", "sort", head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: "" }[head.getAttribute("aria-sort")] ?? "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next) head.setAttribute("aria-sort", next);
        const direction = next === "descending" ? -1 : 1;
        const texts = bodies.flatMap(({ rows }) => rows.map((row) => read(row.cells[column])));
        const isNumber = !head.classList.contains("left") || texts.every((text) => !text || NUMBER.test(text));
        for (const { body, tops, rows } of bodies) {
          body.append(...tops, ...(next ? order(rows, column, direction, isNumber) : rows));
        }
      });
    });
  }

  // On a narrow screen a row of many columns is a card: each value behind the head of its column.

  function addCards(table) {
    const heads = [...[...table.tHead.rows].at(-1).cells].map(read);
    if (heads.length < 4) return;
    table.classList.add("cards");
    const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
    for (const part of [table, ...table.querySelectorAll("thead,tbody,tr,td")]) part.setAttribute("role", roles[part.tagName]);
    table.querySelectorAll("thead th").forEach((head) => head.setAttribute("role", "columnheader"));
    for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
      row.querySelectorAll("th").forEach((head) => head.setAttribute("role", "rowheader"));
      if (row.cells.length === heads.length) [...row.cells].slice(1).forEach((cell, i) => (cell.dataset.head = heads[i + 1]));
    }
  }

  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = make("textarea", "", text);
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  }

  function addCopying(table) {
    const button = make("button", "copy", say.copy);
    const line = make("p", "tools", "");
    line.append(button);
    table.closest(".table").append(line);
    button.addEventListener("click", async () => {
      const cells = (row) => [...row.cells].flatMap((cell) => [read(cell), ...Array(cell.colSpan - 1).fill("")]);
      await write([...table.rows].map((row) => cells(row).join("\t")).join("\n") + "\n");
      button.textContent = say.copied;
      setTimeout(() => { button.textContent = say.copy; button.focus(); }, 1500);
    });
  }

  document.querySelectorAll(".table table").forEach((table) => {
    addCards(table);
    if (!table.classList.contains("ordered")) addSorting(table);
    addCopying(table);
  });

  // Pictures: the point that is nearest to the pointer, or has the focus, says its numbers.

  const tip = make("p", "tip", "");
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);

  function show(point) {
    const at = point.getBoundingClientRect();
    tip.textContent = point.getAttribute("aria-label");
    tip.hidden = false;
    const left = at.left + at.width / 2 - tip.offsetWidth / 2;
    tip.style.left = Math.max(4, Math.min(left, innerWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = (at.top > tip.offsetHeight + 8 ? at.top - tip.offsetHeight - 4 : at.bottom + 4) + "px";
  }

  document.querySelectorAll("svg.points").forEach((svg) => {
    const points = [...svg.querySelectorAll("g")];
    let chosen = null;
    const choose = (point) => {
      chosen?.classList.remove("chosen");
      chosen = point;
      point?.classList.add("chosen");
      if (point) show(point);
      else tip.hidden = true;
    };
    points.forEach((point, place) => {
      const title = point.querySelector("title");
      point.setAttribute("aria-label", title.textContent);
      title.remove();  // else the browser's own tip would stand over this one
      point.addEventListener("focus", () => choose(point));
      point.addEventListener("blur", () => choose(null));
      point.addEventListener("keydown", (event) => {
        const last = points.length - 1;
        const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: last }[event.key];
        if (event.key === "Escape") choose(null);
        if (to === undefined || to < 0 || to > last) return;
        event.preventDefault();
        point.setAttribute("tabindex", -1);
        points[to].setAttribute("tabindex", 0);
        points[to].focus();
      });
    });
    svg.addEventListener("pointermove", (event) => {
      const away = (point) => {
        const at = point.getBoundingClientRect();
        return Math.hypot(at.left + at.width / 2 - event.clientX, at.top + at.height / 2 - event.clientY);
      };
      const [distance, nearest] = points.map((p) => [away(p), p]).reduce((a, b) => (b[0] < a[0] ? b : a));
      choose(distance < 24 ? nearest : null);
    });
    svg.addEventListener("pointerleave", () => choose(null));
  });

  // Contents: the section that is read is marked.

  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.getAttribute("href").slice(1), link]));
  const sections = [...links.keys()].map((key) => document.getElementById(key)).filter(Boolean);
  if (sections.length) {
    const mark = () => {
      const now = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 3).at(-1);
      for (const link of links.values()) link.removeAttribute("aria-current");
      if (now) links.get(now.id).setAttribute("aria-current", "true");
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
  }
})();
