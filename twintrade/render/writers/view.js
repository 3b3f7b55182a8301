// The closer look: methods by event time, and pairs in and out of the total. Nothing is estimated.

const PREFERRED = [0, -50, 100, -75, 200, -25, 50, 400, 900, -90];  // percents that an axis names, while there is room
const LEAST = -92, MOST = 400;  // percents beyond which an axis does not go on; arrows say so
const MOST_METHODS = 3;
const CHANGES = ["log points", "percent"];

function draw(parent, name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent?.append(node);
  return node;
}

function build(name, attributes, ...inside) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...inside);
  return node;
}

function drawBar(row) {
  const cell = build("div", { class: "bar" });
  row.append(cell);
  return draw(cell, "svg", { width: "100%", height: "100%" });
}

const group = (value, decimals) =>
  Math.abs(value).toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
function sign(value, decimals, unit = "") {
  const text = group(value, decimals), isZero = !/[1-9]/.test(text);
  return (isZero ? "" : value < 0 ? "\u2212" : "+") + text + unit;
}
const fill = (text, values) => text.replace(/\[(\w+)\]/g, (whole, word) => values[word] ?? whole);
const known = (end) => (end === "inf" ? Infinity : end === "-inf" ? -Infinity : end);

// Scales: changes on one of logs, all else as it is.

const toLog = (percent) => Math.log1p(Math.max(percent, -99.99) / 100);

function scaleFor(series) {
  const isChange = CHANGES.includes(series.scale);
  const read = (value) => {
    const end = known(value);
    return end === null || end === undefined ? null : series.scale === "log points" ? 100 * Math.expm1(end) : end;
  };
  return { isChange, read, place: isChange ? toLog : (value) => value };
}

function frame(values, isChange) {
  const kept = values.filter((v) => v !== null).map((v) => (isChange ? Math.min(Math.max(v, LEAST), MOST) : v));
  const placed = kept.filter(Number.isFinite).map((v) => (isChange ? toLog(v) : v)).concat(0);
  const low = Math.min(...placed), high = Math.max(...placed), room = 0.06 * (high - low) || (isChange ? 0.1 : 1);
  return [low - room, high + room];
}

function listTicks(bounds, isChange, height) {
  const [low, high] = bounds, away = (a, b) => (Math.abs(a - b) / (high - low)) * height;
  if (isChange) {
    const ticks = [];
    for (const tick of PREFERRED) {
      const at = toLog(tick);
      if (at > low && at < high && ticks.every(([other]) => away(at, other) > 30)) {
        ticks.push([at, tick ? sign(tick, 0, "%") : "0"]);
      }
    }
    return ticks;
  }
  const rough = (high - low) / Math.max(2, height / 60), power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const decimals = Math.max(0, -Math.floor(Math.log10(size) + 1e-9)), ticks = [];
  for (let i = Math.ceil(low / size); i * size <= high; i += 1) ticks.push([i * size, i ? sign(i * size, decimals) : "0"]);
  return ticks;
}

const pen = document.createElement("canvas").getContext("2d");
function wrap(text, width, weight = 400) {
  pen.font = weight + " 14px " + getComputedStyle(document.body).fontFamily;
  const lines = [""];
  for (const word of text.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s?|\s/g) ?? []) {
    if (lines.at(-1) && pen.measureText(lines.at(-1) + word.trim()).width > width) lines.push("");
    lines[lines.length - 1] += word;
  }
  return lines;
}

// Marks: the first method is filled, the others are hollow, each of its own shape.

const SHAPES = ["M-5.5-5.5H5.5V5.5H-5.5Z", "M0-6A6 6 0 1 1 0 6A6 6 0 1 1 0-6Z", "M0-7L7 5.5H-7Z"];
const DIAMOND = "M0-7L7 0L0 7L-7 0Z";

function drawMark(parent, path, colour, isHollow) {
  return draw(parent, "path", { class: "mark", d: path, fill: isHollow ? "var(--paper)" : colour, stroke: colour, "stroke-width": 2 });
}

function openLook(root) {
  const open = (key, value) => (value?.fields && value.rows
    ? value.rows.map((row) => Object.fromEntries(value.fields.map((field, i) => [field, row[i]]))) : value);
  const data = JSON.parse(root.querySelector("script").textContent, open), words = data.words;
  for (const series of data.series) series.overall = series.overall[0];
  const every = new Map(data.series.map((series) => [series.key, series]));
  const first = data.series[0], units = data.pairs.map((pair) => pair.unit);
  const start = () => ({ methods: [first.key], interval: "pointwise", without: [], at: "" });
  let state = start();

  // The address holds the view.

  function read() {
    const [name, ...rest] = location.hash.slice(1).split("&");
    if (name !== root.id || !rest.length) return false;
    const held = new URLSearchParams(rest.join("&")), list = (key) => (held.get(key) ?? "").split(",").filter(Boolean);
    state = start();
    const methods = [...new Set(list("methods"))].filter((key) => every.has(key)).slice(0, MOST_METHODS);
    if (methods.length) state.methods = data.series.map((s) => s.key).filter((key) => methods.includes(key));
    state.without = list("without").map(decodeURIComponent).filter((unit) => units.includes(unit));
    if (held.get("interval") === "simultaneous" && hasBand) state.interval = "simultaneous";
    state.at = held.get("at") ?? "";
    return true;
  }

  function keep() {
    const held = new URLSearchParams({ methods: state.methods.join(",") });
    if (state.without.length) held.set("without", state.without.map(encodeURIComponent).join(","));
    if (state.interval !== "pointwise") held.set("interval", state.interval);
    if (state.at) held.set("at", state.at);
    history.replaceState(null, "", "#" + root.id + "&" + held);
  }

  // What the chosen mark says, and where its numbers lie.

  const keysOf = (series, mark) => {
    const [effect, band] = mark.place.split("|"), form = series.scale === "log points" ? ":log" : "";
    if (!effect) return [];
    const ends = state.interval === "simultaneous" && mark.band_sentence ? ["simultaneous_low", "simultaneous_high"] : ["low", "high"];
    const shown = mark.is_reference || (known(mark.values[2]) === null && ends[0] === "low") ? [] : ends;
    return ["effect", ...shown].map((column) => (column === "effect" ? effect : band ?? effect) + ":" + column + form);
  };
  const head = (series, said) => fill(words.mark, { label: series.label, said });
  const sayMark = (series, mark) =>
    head(series, state.interval === "simultaneous" ? mark.band_sentence || mark.sentence : mark.sentence);

  function tell(readout, text, keys) {
    readout.replaceChildren(make("strong", "", text), ...listSources(data.analysis, keys, true));
  }

  const meanings = new WeakMap();  // of each mark: what it says, its sources, and its name in the address
  const chooser = (readout) => (mark, isMeant) => {
    if (!mark) return;
    const { text, keys, at } = meanings.get(mark);
    tell(readout, text, keys);
    if (isMeant && state.at !== at) { state.at = at; keep(); }
  };
  function name(mark, text, keys, at) {
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", text);
    meanings.set(mark, { text, keys, at });
    return mark;
  }

  // Methods to choose, each with its overall effect: the ladder.

  const hasBand = data.series.some((series) => series.marks.some((mark) => mark.band_sentence));
  const charts = build("div", { class: "charts" }), legend = build("ul", { class: "legend" });
  const readout = build("div", { class: "readout" }), boxes = new Map();
  const full = build("p", { class: "notes", role: "status" });

  function drawLadder() {
    const list = build("ul", { class: "rows" }), marks = [];
    const changes = data.series.filter((s) => s.overall && CHANGES.includes(s.scale));
    const bounds = frame(changes.flatMap((s) => [0, 2, 3].map((i) => scaleFor(s).read(s.overall.values[i]))), true);
    for (const series of data.series) {
      const box = build("input", { type: "checkbox" }), overall = series.overall;
      boxes.set(series.key, box);
      box.addEventListener("change", () => {
        const others = state.methods.filter((key) => key !== series.key);
        const chosen = box.checked ? [...others, series.key] : others;
        state.methods = chosen.length ? data.series.map((s) => s.key).filter((key) => chosen.includes(key)) : [series.key];
        keep();
        update();
      });
      const label = build("label", {}, box, make("span", "", series.label));
      if (series === first) label.lastChild.append(" ", make("em", "", words.answer));
      const row = build("li", {}, label);
      if (overall) {
        const svg = drawBar(row), { isChange, read, place } = scaleFor(series);
        const share = (v) => (100 * (Math.min(Math.max(place(v), bounds[0]), bounds[1]) - bounds[0])) / (bounds[1] - bounds[0]);
        if (isChange) {
          const [effect, , low, high] = overall.values.map(read), colour = series === first ? "var(--after)" : "var(--muted)";
          draw(svg, "line", { x1: share(0) + "%", x2: share(0) + "%", y1: 0, y2: "100%", stroke: "var(--ink)" });
          const mark = draw(svg, "g", {});
          if (low !== null && high !== null) {
            draw(mark, "line", { x1: share(low) + "%", x2: share(high) + "%", y1: "50%", y2: "50%", stroke: colour, "stroke-width": series === first ? 3 : 2 });
          }
          const spot = draw(mark, "svg", { x: share(effect) + "%", y: "50%", overflow: "visible" });
          drawMark(spot, DIAMOND, colour, series !== first);
          marks.push(name(mark, head(series, overall.sentence), keysOf(series, overall), series.key));
        }
        row.append(build("span", { class: "value" }, make("strong", "", overall.value), " ", make("span", "", overall.spread)));
      }
      list.append(row);
    }
    walk(list, marks, { next: column, away: (x, y) => Math.abs(y), reach: 16, choose: chooser(readout) });
    return list;
  }

  function column(place, key, marks) {
    return step(place, { ArrowDown: "ArrowRight", ArrowUp: "ArrowLeft" }[key] ?? key, marks);
  }

  // Effects by event time, a chart for each scale among the methods chosen.

  function drawCharts() {
    const chosen = state.methods.map((key) => every.get(key));
    const scales = [...new Set(chosen.map((s) => (CHANGES.includes(s.scale) ? "percent" : s.axis)))];
    charts.replaceChildren(...scales.map((scale) =>
      drawChart(chosen.filter((s) => (CHANGES.includes(s.scale) ? "percent" : s.axis) === scale), chosen)));
    const isUnlike = new Set(chosen.map((s) => s.base)).size > 1;
    legend.replaceChildren(...chosen.map((series, k) => {
      const svg = draw(null, "svg", { class: "key", viewBox: "-9 -9 18 18", "aria-hidden": "true" });
      drawMark(svg, SHAPES[k], k ? "var(--muted)" : "var(--after)", k > 0);
      return build("li", {}, svg, series.label, make("span", "", isUnlike ? " \u00b7 " + series.base : ""));
    }));
    const missing = chosen.every((s) => s.marks.every((m) => m.is_reference || !(state.interval === "simultaneous" ? m.band_sentence : m.values[2] !== null)));
    readout.replaceChildren(make("p", "", missing ? words.missing : words.hint));
    told.replaceChildren(make("p", "", words.hint));
  }

  function drawChart(list, chosen) {
    const width = Math.max(260, charts.clientWidth || root.clientWidth - 32), isWide = width > 560;
    const { isChange } = scaleFor(list[0]), apart = list.every((s) => s.is_apart);
    const ends = state.interval === "simultaneous" ? [4, 5] : [2, 3];
    const times = [...new Set(list.flatMap((s) => s.marks.map((m) => m.time)))].sort((a, b) => a - b);
    const named = new Map(list.flatMap((s) => s.marks.map((m) => [m.time, m.name])));
    const hasMargin = isWide && list.some((s) => s.overall);
    const left = 56, right = hasMargin ? 84 : 6, slot = (width - left - right) / times.length;
    const nBefore = times.filter((t) => t < 0).length, onset = left + nBefore * slot, end = width - right;
    const heads = [[left, onset, apart ? words["half-before-apart"] : words["half-before"], "var(--before)", nBefore],
      [onset, end, apart ? words["half-after-apart"] : words["half-after"], "var(--after)", times.length - nBefore]]
      .filter(([, , text, , n]) => n && text).map(([from, to, text, colour]) => [from, wrap(text, to - from - 12, 700), colour]);
    const foot = wrap(words.times, width - left);
    const top = 12 + 18 * Math.max(...heads.map(([, lines]) => lines.length), 0), bottom = 46 + 18 * foot.length;
    const height = top + bottom + (isWide ? 280 : 230), base = height - bottom;
    const svg = draw(null, "svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": words.chart + ": " + list[0].axis });
    const shown = list.flatMap((s) => [...s.marks, ...(hasMargin && s.overall ? [s.overall] : [])].flatMap((m) =>
      (m.is_reference ? [0] : [0, ...ends]).map((i) => scaleFor(s).read(m.values[i]))));
    const bounds = frame(shown, isChange), place = scaleFor(list[0]).place;
    const x = (i) => left + (i + 0.5) * slot, y = (v) => top + ((bounds[1] - place(v)) / (bounds[1] - bounds[0])) * (base - top);
    const clamp = (at) => Math.min(Math.max(at, top), base);

    if (onset < end) draw(svg, "rect", { x: onset, y: top, width: end - onset, height: base - top, fill: "var(--box)" });
    for (const [from, lines, colour] of heads) {
      lines.forEach((line, i) => draw(svg, "text", { class: "head", x: from + (from > left ? 8 : 0), y: 16 + 18 * i, fill: colour }, line));
    }
    for (const [at, text] of listTicks(bounds, isChange, base - top)) {
      const level = top + ((bounds[1] - at) / (bounds[1] - bounds[0])) * (base - top);
      draw(svg, "line", { x1: left, x2: end, y1: level, y2: level, stroke: at ? "var(--soft)" : "var(--ink)" });
      draw(svg, "text", { class: "quiet", x: left - 8, y: level + 5, "text-anchor": "end" }, text);
    }
    const widest = Math.max(...times.map((t) => named.get(t).length), ...list[0].marks.map((m) => String(m.n).length));
    const skip = Math.ceil((8 * widest + 10) / slot), counts = new Map(list[0].marks.map((m) => [m.time, m.n]));
    const zero = Math.max(0, times.indexOf(0));
    times.forEach((time, i) => {
      if ((i - zero) % skip) return;
      draw(svg, "text", { x: x(i), y: base + 20, "text-anchor": "middle" }, named.get(time));
      if (counts.has(time)) draw(svg, "text", { class: "quiet", x: x(i), y: base + 38, "text-anchor": "middle" }, String(counts.get(time)));
    });
    foot.forEach((line, i) => draw(svg, "text", { class: "quiet", x: left, y: base + 60 + 18 * i }, line));
    if (words.simulated) draw(svg, "text", { class: "head", x: end - 6, y: base - 8, "text-anchor": "end" }, words.simulated);

    const marks = [], grid = [], size = Math.max(0.6, Math.min(1, slot / (13 * list.length)));
    list.forEach((series, k) => {
      const { read } = scaleFor(series), rank = chosen.indexOf(series), shift = (k - (list.length - 1) / 2) * Math.min(18, slot / (list.length + 0.6));
      const at = (mark) => x(times.indexOf(mark.time)) + shift;
      const halves = series.is_apart ? [series.marks.filter((m) => m.time < 0), series.marks.filter((m) => m.time >= 0)] : [series.marks];
      for (const half of halves) {
        const path = half.filter((m) => m.is_reference || read(m.values[0]) !== null)
          .map((m) => at(m) + " " + clamp(y(m.is_reference ? 0 : read(m.values[0]))));
        if (path.length > 1) draw(svg, "path", { d: "M" + path.join("L"), fill: "none", stroke: rank ? "var(--soft)" : "var(--trace)", "stroke-width": 1.5, "stroke-dasharray": rank === 2 ? "4 4" : "none" });
      }
      const rows = hasMargin && series.overall ? [...series.marks, series.overall] : series.marks;
      for (const mark of rows) {
        const isOverall = mark.time === null, effect = mark.is_reference ? 0 : read(mark.values[0]);
        if (effect === null) continue;
        const centre = isOverall ? end + 26 + 20 * k : at(mark), level = clamp(y(effect));
        const colour = rank ? "var(--muted)" : mark.time !== null && mark.time < 0 ? "var(--before)" : "var(--after)";
        const node = draw(svg, "g", {});
        const [low, high] = ends.map((i) => read(mark.values[i]));
        if (!mark.is_reference && low !== null && high !== null) {
          draw(node, "line", { class: "range", x1: centre, x2: centre, y1: clamp(y(low)), y2: clamp(y(high)), stroke: colour, "stroke-width": rank ? 1.6 : 2.6 });
          if (y(high) < top - 0.5) draw(node, "path", { d: `M${centre - 5} ${top + 8}L${centre} ${top - 1}L${centre + 5} ${top + 8}Z`, fill: colour });
          if (y(low) > base + 0.5) draw(node, "path", { d: `M${centre - 5} ${base - 8}L${centre} ${base + 1}L${centre + 5} ${base - 8}Z`, fill: colour });
        }
        const spot = draw(node, "g", { transform: `translate(${centre} ${level}) scale(${isOverall ? 1 : size})` });
        drawMark(spot, SHAPES[rank], colour, mark.is_reference || rank > 0 || (series.is_apart && mark.time !== null && mark.time < 0));
        marks.push(name(node, sayMark(series, mark), keysOf(series, mark), series.key + ":" + (isOverall ? "overall" : mark.time)));
        grid.push([k, isOverall ? times.length : times.indexOf(mark.time)]);
      }
    });
    if (hasMargin) draw(svg, "text", { class: "head", x: end + 12, y: 16 }, list[0].overall?.name ?? "");
    const next = (from, key) => {
      const [row, at] = grid[from], way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[key];
      const line = grid.map((cell, i) => [cell, i]);
      if (key === "Home" || key === "End") return line.filter(([cell]) => cell[0] === row).at(key === "Home" ? 0 : -1)[1];
      if (!way) return undefined;
      const along = key === "ArrowRight" || key === "ArrowLeft";
      const ahead = line.filter(([cell]) => (along ? cell[0] === row && (cell[1] - at) * way > 0 : cell[1] === at && (cell[0] - row) * way > 0));
      return (way > 0 ? ahead[0] : ahead.at(-1))?.[1];
    };
    walk(svg, marks, { next, away: (dx, dy) => Math.hypot(3 * dx, dy / 4), reach: 400, choose: chooser(readout) });
    return build("figure", {}, build("figcaption", {}, list[0].axis), svg);
  }

  // Pairs in and out of the total: from the expected to the observed sum.

  const steps = build("ul", { class: "rows pairs" }), total = build("p", { class: "total", role: "status" });
  const told = build("div", { class: "readout" }), rows = new Map();
  const inSum = () => data.pairs.filter((pair) => !state.without.includes(pair.unit));
  const sums = () => inSum().reduce(([o, e], pair) => [o + pair.observed, e + pair.expected], [0, 0]);
  const decimals = Math.max(...data.pairs.map((p) => Math.abs(p.observed - p.expected))) / data.size < 100 ? 1 : 0;

  function drawPairs() {
    const order = [...data.pairs].sort((a, b) => Math.abs(b.observed - b.expected) - Math.abs(a.observed - a.expected));
    const add = (key, label) => {
      const row = build("li", {}, label), svg = drawBar(row), value = build("strong", { class: "value" });
      row.append(value);
      steps.append(row);
      rows.set(key, { row, svg, value });
    };
    add("expected", make("span", "end", words.expected));
    for (const pair of order) {
      const box = build("input", { type: "checkbox" });
      box.addEventListener("change", () => {
        state.without = box.checked ? state.without.filter((unit) => unit !== pair.unit) : [...state.without, pair.unit];
        keep();
        updatePairs();
      });
      add(pair.unit, build("label", {}, box, make("span", "", pair.name)));
      const entry = rows.get(pair.unit), mark = draw(entry.svg, "g", {});
      const keys = pair.place ? ["observed", "expected", "n_periods"].map((one) => pair.place + ":" + one) : [];
      Object.assign(entry, { box, pair, mark: name(mark, pair.sentence, keys, "pair:" + pair.unit) });
    }
    add("observed", make("span", "end", words.observed));
    walk(steps, [...rows.values()].filter((e) => e.mark).map((e) => e.mark), { next: column, away: (x, y) => Math.abs(y), reach: 16, choose: chooser(told) });
  }

  function updatePairs() {
    const [observed, expected] = sums(), kept = inSum();
    let at = expected;
    const walls = [expected, observed], spans = new Map();
    for (const { pair } of rows.values()) {
      if (!pair) continue;
      const to = kept.includes(pair) ? at + pair.observed - pair.expected : at;
      spans.set(pair.unit, [at, to]);
      walls.push(to);
      at = to;
    }
    const low = Math.min(...walls), room = 0.04 * (Math.max(...walls) - low) || 1;
    const share = (v) => (100 * (v - low + room)) / (Math.max(...walls) - low + 2 * room);
    const money = (v) => group(v / data.size, decimals);
    for (const [key, { row, svg, value, box, pair, mark }] of rows) {
      const isIn = !pair || kept.includes(pair);
      row.classList.toggle("out", !isIn);
      svg.querySelectorAll(".wall").forEach((line) => line.remove());
      const wall = (v, extra) => svg.prepend(draw(null, "line", { class: "wall", x1: share(v) + "%", x2: share(v) + "%", y1: 0, y2: "100%", ...extra }));
      if (!pair) {
        wall(key === "expected" ? expected : observed, { stroke: "var(--ink)", "stroke-width": 3, "stroke-dasharray": key === "expected" ? "4 3" : "none" });
        value.textContent = money(key === "expected" ? expected : observed);
        continue;
      }
      wall(expected, { stroke: "var(--soft)", "stroke-dasharray": "4 3" });
      box.checked = isIn;
      const [from, to] = spans.get(pair.unit), gap = pair.observed - pair.expected;
      mark.replaceChildren();
      const colour = gap < 0 ? "var(--before)" : "var(--after)";
      draw(mark, "rect", { class: "mark", x: Math.min(share(from), share(to)) + "%", y: "20%", width: Math.max(Math.abs(share(to) - share(from)), 0.6) + "%", height: "60%",
        fill: isIn ? colour : "none", stroke: isIn ? colour : "var(--muted)", "stroke-width": 1 });
      value.textContent = sign(gap / data.size, decimals);
    }
    const n = kept.length, change = expected > 0 ? sign(100 * (observed / expected - 1), 1, "%") : "\u2013";
    const text = n === units.length ? words.whole : n ? fill(words.some, { k: n }) : words.none;
    total.replaceChildren(make("strong", "", change), " ", make("span", "", text));
  }

  // What is shown, as files.

  const quote = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = typeof value === "string" && /^[=+@\-\t]/.test(text) && !/^-inf$/.test(text) ? "'" + text : text;
    return /[",\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  };

  function save(name, lines) {
    const address = URL.createObjectURL(new Blob([lines.map((line) => line.map(quote).join(",")).join("\n") + "\n"], { type: "text/csv" }));
    build("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  const COLUMNS = ["effect", "se", "low", "high", "simultaneous_low", "simultaneous_high"];
  const savePoints = () => save("event-study.csv", [["method", "label", "kind", "event_time", ...COLUMNS, "scale", "n_units", "source"],
    ...state.methods.map((key) => every.get(key)).flatMap((series) => [...series.marks, ...(series.overall ? [series.overall] : [])].map((mark) =>
      [series.key, series.label, mark.time === null ? "overall" : "event", mark.time, ...mark.values, series.scale, mark.n, mark.place.replace("|", " ")]))]);
  const savePairs = () => save("pairs.csv", [["unit", "name", "observed", "expected", "difference", "in_total", "source"],
    ...data.pairs.map((p) => [p.unit, p.name, p.observed, p.expected, p.observed - p.expected, !state.without.includes(p.unit), p.place])]);

  // The parts in their order, and how they follow the state.

  const radios = new Map();
  function buildIntervals() {
    const set = build("fieldset", { class: "intervals" }, build("legend", {}, words.intervals));
    for (const kind of Object.keys(data.intervals)) {
      const radio = build("input", { type: "radio", name: root.id + "-interval" });
      radios.set(kind, radio);
      radio.addEventListener("change", () => { state.interval = kind; keep(); update(); });
      set.append(build("label", {}, radio, make("span", "", data.intervals[kind])));
    }
    return set;
  }

  function update() {
    const isFull = state.methods.length >= MOST_METHODS;
    for (const [key, box] of boxes) {
      box.checked = state.methods.includes(key);
      box.disabled = isFull && !box.checked;
    }
    full.textContent = isFull && boxes.size > MOST_METHODS ? words.full : "";
    for (const [kind, radio] of radios) radio.checked = state.interval === kind;
    drawCharts();
    if (units.length) updatePairs();
    const mark = [...root.querySelectorAll("[role=img]")].find((node) => meanings.get(node)?.at === state.at);
    if (mark && state.at) {
      const { text, keys } = meanings.get(mark);
      mark.classList.add("chosen");
      tell(state.at.startsWith("pair:") ? told : readout, text, keys);
    }
  }

  const button = (text, act) => {
    const node = make("button", "act", text);
    node.type = "button";
    node.addEventListener("click", () => act(node));
    return node;
  };
  const copyAddress = async (node) => {
    keep();
    await write(location.href);
    node.textContent = say.copied;
    setTimeout(() => { node.textContent = words.address; }, 1500);
  };
  root.append(
    build("fieldset", { class: "methods" }, build("legend", {}, words.methods), drawLadder(), full),
    ...(hasBand ? [buildIntervals()] : []), charts, legend, readout,
    build("p", { class: "acts" }, button(words["csv-points"], savePoints)),
  );
  if (units.length) {
    drawPairs();
    root.append(make("h3", "", words.pairs), make("p", "notes", words["pairs-note"]), total, steps, told,
      build("p", { class: "acts" }, button(words["csv-pairs"], savePairs)));
  }
  root.append(build("p", { class: "acts last" }, button(words.address, copyAddress),
    button(words.reset, () => { state = start(); keep(); update(); })));
  root.hidden = false;
  if (read()) root.scrollIntoView();
  update();
  let seen = charts.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(charts.clientWidth - seen) < 2) return;
    seen = charts.clientWidth;
    update();
  }).observe(charts);
  addEventListener("hashchange", () => { if (read()) update(); });
}

document.querySelectorAll("section.view").forEach(openLook);
