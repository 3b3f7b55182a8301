"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const W = 760, H = 380, LEFT = 64, RIGHT = 16, TOP = 22, BOTTOM = 62;
  const css = (name) => "var(" + name + ")";

  function add(parent, name, attributes, text) {
    const node = document.createElementNS(SVG, name);
    for (const key of Object.keys(attributes)) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  }

  function ticks(low, high) {
    const rough = (high - low) / 6 || 1;
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const values = [];
    for (let i = Math.ceil(low / step); i * step <= high; i += 1) values.push(i * step);
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const shown = (v) => (v < 0 ? "\u2212" : "") + Math.abs(v).toLocaleString("en-GB",
      { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return values.map((v) => [v, shown(v)]);
  }

  const bound = (end) => (end === "up" ? Infinity : end === "down" ? -Infinity : end);

  function drawAxes(svg, data, series, low, high, x, y) {
    for (const [value, text] of ticks(low, high)) {
      add(svg, "line", { x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value), stroke: css("--soft") });
      add(svg, "text", { x: LEFT - 8, y: y(value) + 5, "text-anchor": "end" }, text);
    }
    add(svg, "line", { x1: LEFT, x2: W - RIGHT, y1: y(0), y2: y(0), stroke: css("--ink") });
    add(svg, "line", { x1: x(-0.5), x2: x(-0.5), y1: TOP, y2: H - BOTTOM, stroke: css("--ink"), "stroke-dasharray": "5 4" });
    const every = Math.ceil(series.points.length / 16);
    series.points.forEach((point) => {
      if (point.time % every) return;
      add(svg, "text", { x: x(point.time), y: H - BOTTOM + 24, "text-anchor": "middle" }, point.timeText);
    });
    add(svg, "text", { x: (LEFT + W - RIGHT) / 2, y: H - 10, "text-anchor": "middle" }, data.xLabel);
    add(svg, "text", { x: LEFT, y: 12 }, series.axis);
  }

  function drawPoint(svg, point, ends, label, x, y, speak) {
    const colour = css(point.time < 0 ? "--before" : "--after");
    const group = add(svg, "g", { class: "point", tabindex: "0", role: "img", "aria-label": label });
    const cx = x(point.time), cy = y(point.effect);
    if (!point.reference && ends[0] !== null) {
      const at = (end) => Math.min(Math.max(y(end), TOP), H - BOTTOM);
      add(group, "line", { class: "range", x1: cx, x2: cx, y1: at(ends[0]), y2: at(ends[1]), stroke: colour,
        "stroke-width": 3 });
    }
    add(group, "rect", { x: cx - 14, y: TOP, width: 28, height: H - BOTTOM - TOP, fill: "transparent" });
    const paint = { class: "mark", fill: point.reference ? css("--paper") : colour,
      stroke: point.reference ? css("--ink") : colour, "stroke-width": 1.5 };
    if (point.time < 0) add(group, "circle", { cx, cy, r: 6, ...paint });
    else add(group, "rect", { x: cx - 6, y: cy - 6, width: 12, height: 12, ...paint });
    for (const event of ["focus", "mouseenter", "click"]) group.addEventListener(event, () => speak(label));
    group.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const all = [...svg.querySelectorAll("g.point")];
      const next = all[all.indexOf(group) + step];
      if (next) { next.focus(); event.preventDefault(); }
    });
  }

  function start(root) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const [estimator, interval] = [root.querySelector(".estimator"), root.querySelector(".interval")];
    const [svg, readout, link] = [root.querySelector("svg"), root.querySelector(".readout"), root.querySelector(".download")];
    data.series.forEach((series, i) => estimator.add(new Option(series.label, i)));
    for (const kind of Object.keys(data.intervals)) interval.add(new Option(data.intervals[kind], kind));
    const speak = (text) => { readout.textContent = text; };

    function draw() {
      const series = data.series[Number(estimator.value)];
      const kind = interval.value;
      const values = series.points.flatMap((p) => [p.effect, ...p[kind].map(bound)])
        .filter((v) => v !== null && Number.isFinite(v)).concat([0]);
      const span = Math.max(...values) - Math.min(...values) || 1;
      const low = Math.min(...values) - 0.05 * span, high = Math.max(...values) + 0.05 * span;
      const times = series.points.map((p) => p.time);
      const first = Math.min(...times) - 0.6, last = Math.max(...times) + 0.6;
      const x = (t) => LEFT + (t - first) / (last - first) * (W - LEFT - RIGHT);
      const y = (v) => TOP + (high - v) / (high - low) * (H - TOP - BOTTOM);
      svg.replaceChildren();
      drawAxes(svg, data, series, low, high, x, y);
      for (const point of series.points) {
        drawPoint(svg, point, point[kind].map(bound), point[kind + "Text"], x, y, speak);
      }
      if (data.simulated) {
        add(svg, "text", { x: W - RIGHT, y: 12, "text-anchor": "end", "font-weight": "bold" }, data.simulated);
      }
      const missing = series.points.every((p) => p.reference || p[kind][0] === null);
      speak(missing ? data.missing : data.hint);
      const rows = [data.columns, ...series.points.map((p) => p.csv)].map((r) => r.join(",")).join("\n");
      if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
      link.href = URL.createObjectURL(new Blob([rows + "\n"], { type: "text/csv" }));
    }
    estimator.addEventListener("change", draw);
    interval.addEventListener("change", draw);
    draw();
  }
  document.querySelectorAll("section.view").forEach(start);
})();
