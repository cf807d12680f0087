// Native charts as SVG: line, area, bar and pie, in colours that colour-blind readers tell apart.

import { h, svg } from "./dom.js";

const COLOURS = Array.from({ length: 12 }, (_, index) => `var(--chart-${(index % 8) + 1})`);
const W = 560, H = 238, LEFT = 60, RIGHT = 14, TOP = 12, BOTTOM = 46;

const short = (value) => {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e4 || size < 1e-3) return value.toExponential(1).replace("e+", "e");
  return String(Number(value.toPrecision(3)));
};

function ticks(low, high) {
  const raw = (high - low) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((m) => m >= raw) ?? raw;
  const out = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) out.push(Number(at.toPrecision(10)));
  return out;
}

function frame(series, categories, zero) {
  const values = series.flatMap((one) => one.data.map((point) => point.value));
  let low = Math.min(...values, ...(zero ? [0] : [])), high = Math.max(...values, ...(zero ? [0] : []));
  if (low === high) { low -= Math.abs(low) * 0.1 || 1; high += Math.abs(high) * 0.1 || 1; }
  const pad = (high - low) * 0.06;
  if (!(zero && low === 0)) low -= pad;
  if (!(zero && high === 0)) high += pad;
  const y = (value) => TOP + (H - TOP - BOTTOM) * (1 - (value - low) / (high - low));
  const grid = ticks(low, high).map((tick) => [
    svg("line", { x1: LEFT, x2: W - RIGHT, y1: y(tick), y2: y(tick), class: "grid" }),
    svg("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end", class: "tick" }, short(tick)),
  ]);
  return { y, grid, low, high };
}

function labels(categories, x) {
  const every = Math.ceil(categories.length / 7);
  return categories.map((name, index) => (index % every ? null
    : svg("text", { x: x(index), y: H - BOTTOM + 20, "text-anchor": "middle", class: "tick" }, name)));
}

const ordered = (one, categories) => categories.map((name) => one.data.find((point) => point.label === name)?.value ?? 0);

function xy(chart) {
  const { series, axis_config: axes, type } = chart;
  const { y, grid, low } = frame(series, axes.categories, type !== "line");
  const count = axes.categories.length;
  const band = (W - LEFT - RIGHT) / count;
  const x = type === "bar" ? (i) => LEFT + band * (i + 0.5) : (i) => LEFT + (count === 1 ? (W - LEFT - RIGHT) / 2 : ((W - LEFT - RIGHT) * i) / (count - 1));
  const marks = series.map((one, index) => {
    const values = ordered(one, axes.categories);
    const colour = COLOURS[index];
    const tip = (i) => svg("title", {}, `${one.name} · ${axes.categories[i]}: ${values[i]}`);
    if (type === "bar") {
      const width = Math.min(34, (band * 0.72) / series.length);
      const base = y(Math.max(0, low));
      return values.map((value, i) => {
        const top = Math.min(y(value), base), height = Math.max(1, Math.abs(y(value) - base));
        return svg("rect", { x: x(i) - (width * series.length) / 2 + width * index, y: top, width: width - 2, height, rx: 3, fill: colour }, tip(i));
      });
    }
    const path = values.map((value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)},${y(value).toFixed(1)}`).join("");
    const floor = y(Math.max(0, low));
    return [
      type === "area" ? svg("path", { d: `${path}L${x(count - 1)},${floor}L${x(0)},${floor}Z`, fill: colour, opacity: 0.18 }) : null,
      svg("path", { d: path, fill: "none", stroke: colour, "stroke-width": 2.4, "stroke-linejoin": "round", "stroke-linecap": "round" }),
      values.map((value, i) => svg("circle", { cx: x(i), cy: y(value), r: 3, fill: colour, class: "dot" }, tip(i))),
    ];
  });
  const axis = [
    axes.y_label ? svg("text", { x: 12, y: (H - BOTTOM) / 2 + TOP, class: "axis", "text-anchor": "middle", transform: `rotate(-90 12 ${(H - BOTTOM) / 2 + TOP})` }, axes.y_label) : null,
    axes.x_label ? svg("text", { x: (W + LEFT - RIGHT) / 2, y: H - 5, class: "axis", "text-anchor": "middle" }, axes.x_label) : null,
  ];
  return svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "plot" }, grid, labels(axes.categories, x), marks, axis);
}

function pie(chart) {
  const total = chart.segments.reduce((sum, one) => sum + one.value, 0);
  let turn = -Math.PI / 2;
  const slices = chart.segments.map((one, index) => {
    const next = turn + (one.value / total) * Math.PI * 2;
    const at = (angle, r) => `${(100 + r * Math.cos(angle)).toFixed(2)},${(100 + r * Math.sin(angle)).toFixed(2)}`;
    const large = next - turn > Math.PI ? 1 : 0;
    const whole = chart.segments.length === 1;
    const d = whole ? "M100,10A90,90 0 1 1 99.9,10ZM100,48A52,52 0 1 0 100.1,48Z"
      : `M${at(turn, 90)}A90,90 0 ${large} 1 ${at(next, 90)}L${at(next, 52)}A52,52 0 ${large} 0 ${at(turn, 52)}Z`;
    turn = next;
    const share = `${((100 * one.value) / total).toFixed(1)} %`;
    return svg("path", { d, fill: COLOURS[index], class: "slice" }, svg("title", {}, `${one.label}: ${one.value} (${share})`));
  });
  return svg("svg", { viewBox: "0 0 200 200", class: "pie" }, slices);
}

/** A data_visualization block. */
export function chart(block) {
  const kind = block.chart.type;
  const entries = kind === "pie" ? block.chart.segments.map((one) => one.label) : block.chart.series.map((one) => one.name);
  const legend = h("div", { class: "legend" }, entries.map((name, index) => h("span", {}, h("i", { style: `background:${COLOURS[index]}` }), name)));
  const figure = kind === "pie" ? pie(block.chart) : xy(block.chart);
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", `${block.title}: ${kind} chart of ${entries.join(", ")}`);
  return h("figure", { class: `chart ${kind}`, "data-testid": "chart" }, h("figcaption", {}, block.title), figure, legend);
}
