// Forecasts of stored laws in the browser: the same numbers as scalescope.forecast.stored, from the same replicates.
"use strict";

const LAWS = {
  PowerLaw: (p, x) => Math.exp(p.slope * Math.log(x[0]) + p.intercept),
  ShiftedPowerLaw: (p, x) => p.E + p.A * Math.pow(x[0], -p.alpha),
  ChinchillaLaw: (p, x) => p.E + p.A * Math.pow(x[0], -p.alpha) + p.B * Math.pow(x[1], -p.beta),
  OvertrainingLaw: (p, x) => p.E + p.a * Math.pow(6 * x[0] * x[0], -p.eta) + p.b * Math.pow(6 * x[1] * x[1], -p.eta),
};

// NumPy's default: linear between the two nearest of the sorted values; q from 0 to 100
function percentile(values, q) {
  const sorted = Float64Array.from(values).sort();
  const place = ((sorted.length - 1) * q) / 100;
  const low = Math.floor(place), high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

function predict(stored, x) {
  return LAWS[stored.law](stored.params, x);
}

// what every replicate says at sizes x, an array
function replicates(stored, x) {
  const names = Object.keys(stored.replicates);
  return stored.replicates[names[0]].map((_, b) => {
    const p = {};
    for (const name of names) p[name] = stored.replicates[name][b];
    return LAWS[stored.law](p, x);
  });
}

// lower and upper bound of the law ("law") or of one new run ("run") at sizes x; level is one of stored.levels
function interval(stored, x, level, kind) {
  const middle = predict(stored, x), laws = replicates(stored, x), at = stored.levels[level];
  let low, high;
  if (kind === "law") {
    low = percentile(laws, at.law[0]);
    high = percentile(laws, at.law[1]);
  } else {
    const grow = Math.sqrt(stored.units / stored.free);
    const off = stored.normal.map((z, i) => {
      const value = laws[i % laws.length];
      const away = stored.logarithmic ? Math.log(Math.max(value, 1e-300) / middle) : value - middle;
      return away * grow + stored.deviation * z;
    });
    const ends = at.run.map((q) => percentile(off, q) * at.student);
    if (stored.logarithmic) {
      low = middle * Math.exp(ends[0]);
      high = middle * Math.exp(ends[1]);
    } else {
      low = Math.max(middle + ends[0], 0);
      high = middle + ends[1];
    }
    [low, high] = [low, high].map((end) => middle * Math.pow(end / middle, stored.widening));
  }
  return [Math.min(low, middle), Math.max(high, middle)];
}

function digits(value) {
  if (!isFinite(value)) return "∞";
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(Number(value.toPrecision(4)));
  const [mantissa, power] = value.toExponential(2).split("e");
  const raised = [...String(Number(power))].map((sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻").join("");
  return `${Number(mantissa)} × 10${raised}`;
}

// ------------------------------------------------------------------ the page
const SVG = "http://www.w3.org/2000/svg";

function node(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function chart(svg, stored, x, level) {
  const width = 640, height = 340, left = 64, bottom = 44, top = 12, right = 16, steps = 40;
  const at = x[0], all = [...stored.points.map((p) => p.x[0]), at];
  const low = Math.min(...all) / 1.4, high = Math.max(...all) * 1.4;
  const path = [...Array(steps).keys()].map((k) => {
    const place = low * Math.pow(high / low, k / (steps - 1));
    const sizes = [place, ...x.slice(1)];
    return { at: place, value: predict(stored, sizes), law: interval(stored, sizes, level, "law"),
             run: interval(stored, sizes, level, "run") };
  });
  const target = interval(stored, x, level, "run");
  const ys = [...stored.points.map((p) => p.y), ...path.flatMap((p) => [...p.law, p.value]), ...target]
    .filter((y) => isFinite(y) && y > 0);
  const floor = Math.min(...ys) / 1.05, ceiling = Math.max(...ys) * 1.05;
  const px = (v) => left + ((width - left - right) * Math.log(v / low)) / Math.log(high / low);
  const py = (v) => {
    const inside = Math.min(Math.max(v, floor), ceiling);
    return top + ((height - top - bottom) * Math.log(ceiling / inside)) / Math.log(ceiling / floor);
  };
  const area = (name) => path.map((p) => `${px(p.at)},${py(p[name][1])}`)
    .concat([...path].reverse().map((p) => `${px(p.at)},${py(p[name][0])}`)).join(" ");
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.append(node("polygon", { points: area("run"), fill: "#0072B2", opacity: 0.13 }));
  svg.append(node("polygon", { points: area("law"), fill: "#0072B2", opacity: 0.28 }));
  svg.append(node("polyline", { points: path.map((p) => `${px(p.at)},${py(p.value)}`).join(" "), fill: "none",
                                stroke: "#0072B2", "stroke-width": 2 }));
  for (const p of stored.points) svg.append(node("circle", { cx: px(p.x[0]), cy: py(p.y), r: 4, fill: "#222222" }));
  const mean = predict(stored, x);
  svg.append(node("line", { x1: px(at), x2: px(at), y1: py(target[0]), y2: py(target[1]), stroke: "#D55E00",
                            "stroke-width": 2 }));
  svg.append(node("circle", { cx: px(at), cy: py(mean), r: 6, fill: "#D55E00" }));
  for (const share of [0, 0.5, 1]) {
    const v = low * Math.pow(high / low, share), y = floor * Math.pow(ceiling / floor, share);
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    svg.append(node("text", { x: px(v), y: height - 24, "font-size": 11, "text-anchor": anchor }, digits(v)));
    svg.append(node("text", { x: left - 6, y: py(y) + 4, "font-size": 11, "text-anchor": "end" }, digits(y)));
  }
  svg.append(node("text", { x: width / 2, y: height - 6, "font-size": 12, "text-anchor": "middle" }, stored.inputs[0]));
}

// fill the element `root` (see the template) with a panel over a list of stored laws
function mount(root, list) {
  const find = (name) => root.querySelector(`[data-panel="${name}"]`);
  const series = find("series"), level = find("level"), out = find("out"), svg = find("chart"), sizes = find("sizes");
  list.forEach((stored, k) => series.add(new Option(stored.title, k)));
  const current = () => list[Number(series.value)];
  const asked = () => [...sizes.querySelectorAll("input")].map((input) => Number(input.value));
  function show() {
    const stored = current(), x = asked();
    if (x.some((v) => !(v > 0) || !isFinite(v))) {
      out.textContent = "sizes must be numbers above zero";
      return;
    }
    const mean = predict(stored, x), run = interval(stored, x, level.value, "run");
    const law = interval(stored, x, level.value, "law"), percent = Math.round(100 * Number(level.value));
    out.textContent = `${stored.response} ${digits(mean)}; one new run, ${percent} %: ${digits(run[0])} to ` +
      `${digits(run[1])}; the law alone: ${digits(law[0])} to ${digits(law[1])}`;
    out.dataset.mean = mean;
    out.dataset.low = run[0];
    out.dataset.high = run[1];
    chart(svg, stored, x, level.value);
  }
  function choose() {
    const stored = current();
    level.replaceChildren(...Object.keys(stored.levels).map((name) => new Option(`${Math.round(100 * name)} %`, name)));
    level.value = "0.95";
    sizes.replaceChildren(...stored.inputs.map((name, i) => {
      const label = document.createElement("label"), input = document.createElement("input");
      input.name = name;
      input.value = String(Number(stored.target[i].toPrecision(4)));
      input.addEventListener("input", show);
      label.append(`${name} `, input);
      return label;
    }));
    show();
  }
  series.addEventListener("change", choose);
  level.addEventListener("change", show);
  choose();
}

if (typeof module !== "undefined") module.exports = { predict, interval, percentile };
