// Line charts in SVG that move with time.

import { h, s, setAttribute, setText } from "./dom.js";
import { niceCeiling } from "./measure.js";

const WINDOW = 120_000;
const HEIGHT = 132;
const MARGIN = { left: 52, right: 8, top: 8, bottom: 18 };

export class LineChart {
	// `format` writes a value, `axis` one beside the axis.
	constructor(title, note, format, axis = format) {
		Object.assign(this, { format, axis });
		this.series = [];
		this.legend = h("ul", { class: "legend" });
		this.svg = s("svg", { class: "chart", role: "img", height: HEIGHT });
		this.root = h("figure", { class: "panel" },
			h("figcaption", {}, h("h3", {}, title), h("span", { class: "dim" }, note)), this.svg, this.legend);
		this.title = title;
		this.grid = s("g", { class: "grid" });
		this.lines = s("g", { class: "lines" });
		this.cursor = s("line", { class: "cursor", visibility: "hidden" });
		this.svg.append(this.grid, this.lines, this.cursor);
		this.width = 0;
		new ResizeObserver(([entry]) => { this.width = Math.floor(entry.contentRect.width); this.draw(); }).observe(this.svg);
		this.svg.addEventListener("pointermove", (event) => { this.hover = event.offsetX; this.draw(); });
		this.svg.addEventListener("pointerleave", () => { this.hover = null; this.draw(); });
	}

	// `series`: { name, colour (a class), dash, points: [[t, value or null]] }, at time `now`.
	update(series, now) {
		this.series = series;
		this.now = now;
		this.draw();
	}

	draw() {
		if (this.width < 60 || !this.now) return;
		const { left, right, top, bottom } = MARGIN;
		const from = this.now - WINDOW;
		const values = this.series.flatMap((one) => one.points.filter(([t, v]) => t >= from && v !== null).map(([, v]) => v));
		const most = niceCeiling(Math.max(0, ...values));
		const x = (t) => left + ((t - from) / WINDOW) * (this.width - left - right);
		const y = (v) => HEIGHT - bottom - (v / most) * (HEIGHT - top - bottom);
		setAttribute(this.svg, "viewBox", `0 0 ${this.width} ${HEIGHT}`);
		this.#drawGrid(most, x, y, from);
		this.#drawLines(x, y, from);
		this.#drawLegend(x);
	}

	#drawGrid(most, x, y, from) {
		const key = `${most}/${this.width}`;
		if (this.gridKey === key) return;
		this.gridKey = key;
		const rules = [0, most / 2, most].map((v) => [
			s("line", { x1: MARGIN.left, x2: this.width - MARGIN.right, y1: y(v), y2: y(v) }),
			s("text", { x: MARGIN.left - 6, y: y(v) + 3.5, "text-anchor": "end" }, this.axis(v)),
		]);
		const times = [[0, "−2 min", "start"], [0.5, "−1 min", "middle"], [1, "now", "end"]].map(([part, text, anchor]) =>
			s("text", { x: x(from + part * WINDOW), y: HEIGHT - 4, "text-anchor": anchor }, text));
		this.grid.replaceChildren(...rules.flat(), ...times);
	}

	#drawLines(x, y, from) {
		while (this.lines.childElementCount > this.series.length) this.lines.lastChild.remove();
		this.series.forEach((one, i) => {
			let d = "";
			let pen = false;
			for (const [t, v] of one.points) {
				if (t < from) continue;
				if (v === null) { pen = false; continue; }
				d += `${pen ? "L" : "M"}${x(t).toFixed(1)} ${y(v).toFixed(1)}`;
				pen = true;
			}
			const line = this.lines.children[i] ?? this.lines.appendChild(s("path"));
			setAttribute(line, "class", `line ${one.colour}${one.dash ? " dash" : ""}`);
			setAttribute(line, "d", d);
		});
	}

	#drawLegend(x) {
		const at = this.hover ?? null;
		setAttribute(this.cursor, "visibility", at === null ? "hidden" : "visible");
		if (at !== null) for (const [name, value] of [["x1", at], ["x2", at], ["y1", MARGIN.top], ["y2", HEIGHT - MARGIN.bottom]]) setAttribute(this.cursor, name, String(value));
		const shown = this.series.map((one) => {
			const points = one.points.filter(([, v]) => v !== null);
			const near = at === null ? one.points[one.points.length - 1] : points.reduce((best, p) => (!best || Math.abs(x(p[0]) - at) < Math.abs(x(best[0]) - at) ? p : best), null);
			return this.format(near ? near[1] : null);
		});
		while (this.legend.childElementCount > this.series.length) this.legend.lastChild.remove();
		this.series.forEach((one, i) => {
			const item = this.legend.children[i] ?? this.legend.appendChild(h("li", {}, h("i"), h("span"), h("b")));
			setAttribute(item.children[0], "class", `swatch ${one.colour}${one.dash ? " dash" : ""}`);
			setText(item.children[1], one.name);
			setText(item.children[2], shown[i]);
		});
		setAttribute(this.svg, "aria-label", `${this.title}: ${this.series.map((one, i) => `${one.name} ${shown[i]}`).join(", ")}`);
	}
}

// A line without axes for a cell of a table.
export function sparkline(values, colour) {
	const [w, height] = [84, 18];
	const most = Math.max(1e-9, ...values.map((v) => v ?? 0));
	const step = w / Math.max(1, values.length - 1);
	const d = values.map((v, i) => `${i ? "L" : "M"}${(i * step).toFixed(1)} ${(height - 1 - ((v ?? 0) / most) * (height - 3)).toFixed(1)}`).join("");
	return s("svg", { class: "spark", width: w, height, "aria-hidden": "true" }, s("path", { class: `line ${colour}`, d }));
}
