"use strict";

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

// Marks of pictures: one is in the tab order, arrow keys lead on, the nearest to the pointer says its numbers.

const tip = make("p", "tip", "");
tip.hidden = true;
tip.setAttribute("aria-hidden", "true");
document.body.append(tip);
const find = (mark) => (mark.querySelector(".mark") ?? mark).getBoundingClientRect();
const measure = (x, y) => Math.hypot(x, y);

function show(mark) {
  tip.hidden = !mark;
  if (!mark) return;
  const at = find(mark);
  tip.textContent = mark.getAttribute("aria-label");
  const left = at.left + at.width / 2 - tip.offsetWidth / 2;
  tip.style.left = Math.max(4, Math.min(left, innerWidth - tip.offsetWidth - 4)) + "px";
  tip.style.top = (at.top > tip.offsetHeight + 8 ? at.top - tip.offsetHeight - 4 : at.bottom + 4) + "px";
}

function step(place, key, marks) {
  const last = marks.length - 1;
  const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: last }[key];
  return to >= 0 && to <= last ? to : undefined;
}

function walk(area, marks, { next = step, away = measure, reach = 24, choose = () => {} } = {}) {
  let chosen = null;
  const take = (mark, isMeant) => {
    chosen?.classList.remove("chosen");
    chosen = mark;
    mark?.classList.add("chosen");
    show(mark);
    choose(mark, isMeant);
  };
  const go = (mark) => {
    for (const other of marks) other.setAttribute("tabindex", other === mark ? 0 : -1);
    mark.focus({ preventScroll: true });
  };
  const nearest = (event) => {
    let best = null, least = reach;
    for (const mark of marks) {
      const at = find(mark);
      const far = away(at.left + at.width / 2 - event.clientX, at.top + at.height / 2 - event.clientY);
      if (far < least) [best, least] = [mark, far];
    }
    return best;
  };
  marks.forEach((mark, place) => {
    mark.setAttribute("tabindex", place ? -1 : 0);
    mark.addEventListener("focus", () => take(mark, true));
    mark.addEventListener("blur", () => take(null));
    mark.addEventListener("keydown", (event) => {
      if (event.key === "Escape") take(null);
      const to = next(place, event.key, marks);
      if (to === undefined) return;
      event.preventDefault();
      go(marks[to]);
      marks[to].scrollIntoView({ block: "nearest" });
    });
  });
  area.addEventListener("pointermove", (event) => take(nearest(event)));
  area.addEventListener("pointerleave", () => take(null));
  area.addEventListener("click", (event) => {
    const mark = nearest(event);
    if (mark === document.activeElement) take(mark, true);
    else if (mark) go(mark);
  });
}

document.querySelectorAll("svg.points").forEach((svg) => {
  const points = [...svg.querySelectorAll("g")];
  for (const point of points) {
    const title = point.querySelector("title");
    point.setAttribute("aria-label", title.textContent);
    title.remove();  // else the browser's own tip would lie over this one
  }
  walk(svg, points);
});

// Sources: of a number of a table by click or key, and of a mark of the closer look.

function listSources(analysis, keys, isShort = false) {
  const places = new Map();
  for (const key of keys) {
    const [file, row, column] = key.split(":").map(decodeURIComponent), place = isShort ? file + ":" + row : key;
    if (places.has(place)) places.get(place).column += ", " + column;
    else places.set(place, { file, row, column, key });
  }
  return [...places.values()].map((put) => {
    const line = make("p", "", say.place.replace(/\[(\w+)\]/g, (whole, word) => put[word] || whole));
    line.append(" ", make("code", "", "twintrade trace " + analysis + " " + put.key));
    return line;
  });
}

const panel = document.getElementById("source");
const cited = (target) => (target instanceof Element ? target.closest("[data-of]") : null);

function cite(cell) {
  const again = make("p", "", say.again + " ");
  again.append(make("code", "", "twintrade run " + panel.dataset.analysis + " --force"));
  const head = make("strong", "", cell.textContent.trim());
  panel.replaceChildren(head, ...listSources(panel.dataset.analysis, cell.dataset.of.split(" ")), again);
  panel.hidden = false;
}

function neighbour(cell, key) {
  const row = cell.parentElement, rows = [...cell.closest("table").rows];
  const seek = (list, from, way) => {
    for (let i = from + way; i >= 0 && i < list.length; i += way) if (list[i]?.dataset.of) return list[i];
    return null;
  };
  if (key === "ArrowLeft" || key === "ArrowRight") {
    return seek([...row.cells], cell.cellIndex, key === "ArrowLeft" ? -1 : 1);
  }
  return seek(rows.map((r) => r.cells[cell.cellIndex]), rows.indexOf(row), key === "ArrowUp" ? -1 : 1);
}

if (panel) {
  for (const table of document.querySelectorAll("table")) {
    const first = table.querySelector("[data-of]");
    if (first) first.tabIndex = 0;
  }
  document.addEventListener("click", (event) => {
    const cell = cited(event.target);
    if (cell && !event.target.closest("a")) cite(cell);
    else if (!panel.contains(event.target)) panel.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    const cell = cited(event.target);
    if (event.key === "Escape") panel.hidden = true;
    if (!cell || cell !== event.target) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      cite(cell);
    } else if (event.key.startsWith("Arrow")) {
      const next = neighbour(cell, event.key);
      if (!next) return;
      event.preventDefault();
      cell.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
  });
}

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
