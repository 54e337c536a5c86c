// Who led when: one lane a member, put together from what all of them noted.

import { h, s, setAttribute } from "./dom.js";
import { clock, span } from "./measure.js";

const LANE = 26;
const BOTTOM = 18;
const LEFT = 74;
const SPANS = [[120, "2 min"], [600, "10 min"], [3600, "1 h"]];

// The reigns [{ term, id, from, to }] in order; `to` is null for the one that lasts. Times are the
// browser's. Each member notes a leader when it hears from him, and his loss when it stands itself.
export function reigns(members) {
	const begun = new Map();
	const lost = [];
	for (const member of members) {
		if (!member.status) continue;
		let term = 0;
		for (const [at, t, leader] of member.status.leaders) {
			const when = at + member.offset;
			if (leader) {
				term = t;
				const key = `${t}/${leader}`;
				if (!(begun.get(key)?.from <= when)) begun.set(key, { term: t, id: leader, from: when, to: null });
			} else lost.push({ term, at: when });
		}
	}
	const found = [...begun.values()].sort((a, b) => a.term - b.term);
	found.forEach((reign, i) => {
		const next = found[i + 1]?.from ?? null;
		const losses = lost.filter((one) => one.term === reign.term && (next === null || one.at <= next)).map((one) => one.at);
		const member = members.find((one) => one.id === reign.id);
		const silent = member?.lostAt > reign.from ? member.lostAt : null;
		const gap = member?.gaps.find(([from]) => from > reign.from && (next === null || from < next))?.[0] ?? null;
		if (next !== null) reign.to = Math.min(next, ...[losses.length ? Math.max(...losses) : next, silent ?? next, gap ?? next]);
		else if (silent) reign.to = silent;
		else if (members.some((one) => one.answers) && !members.some((one) => one.answers && one.status.leader === reign.id)) reign.to = losses.length ? Math.max(...losses) : null;
	});
	return found;
}

export class Timeline {
	constructor(colour) {
		this.colour = colour;
		this.seconds = 120;
		this.svg = s("svg", { class: "timeline", role: "img", "aria-label": "Who led when" });
		this.log = h("ol", { class: "log", "aria-label": "Changes of leader, the latest first" });
		const choices = SPANS.map(([seconds, text]) => h("button", { class: "quiet small", "aria-pressed": String(seconds === this.seconds), onclick: (event) => this.#choose(seconds, event.target) }, text));
		this.root = h("div", { class: "panel" },
			h("div", { class: "head" }, h("h3", {}, "Elections"), h("div", { class: "group", role: "group", "aria-label": "Span" }, choices)),
			this.svg, this.log);
		this.width = 0;
		new ResizeObserver(([entry]) => { this.width = Math.floor(entry.contentRect.width); this.draw(); }).observe(this.svg);
	}

	#choose(seconds, button) {
		this.seconds = seconds;
		for (const one of button.parentElement.children) one.setAttribute("aria-pressed", String(one === button));
		this.draw();
	}

	update(members) {
		this.members = members;
		this.reigns = reigns(members);
		this.draw();
		this.#drawLog();
	}

	draw() {
		if (!this.members || this.width < 120) return;
		const now = Date.now();
		const from = now - this.seconds * 1000;
		const height = this.members.length * LANE + BOTTOM;
		const x = (t) => LEFT + ((Math.max(from, Math.min(now, t)) - from) / (now - from)) * (this.width - LEFT - 4);
		setAttribute(this.svg, "viewBox", `0 0 ${this.width} ${height}`);
		setAttribute(this.svg, "height", String(height));
		const lanes = this.members.map((member, i) => {
			const y = i * LANE + 4;
			const started = member.status ? member.status.started + member.offset : now;
			const silent = [...member.gaps, ...(member.lostAt ? [[member.lostAt, now]] : [])].filter(([, to]) => to > from);
			const led = this.reigns.filter((reign) => reign.id === member.id && (reign.to ?? now) > from);
			return [
				s("text", { x: 0, y: y + 13, class: "label" }, member.label.length > 10 ? `${member.label.slice(0, 9)}…` : member.label),
				s("rect", { class: "lane", x: x(started), y: y + 7, width: Math.max(0, x(now) - x(started)), height: 4, rx: 2 }),
				silent.map(([a, b]) => s("rect", { class: "silent", x: x(a), y: y + 5, width: Math.max(2, x(b) - x(a)), height: 8 })),
				led.map((reign) => [
					s("rect", { class: `reign ${this.colour(member)}`, x: x(reign.from), y, width: Math.max(3, x(reign.to ?? now) - x(reign.from)), height: 18, rx: 4 },
						s("title", {}, `${member.label} led term ${reign.term} from ${clock(reign.from)}${reign.to ? ` for ${span((reign.to - reign.from) / 1000)}` : ""}`)),
					x(reign.to ?? now) - x(reign.from) > 30 ? s("text", { x: (x(reign.from) + x(reign.to ?? now)) / 2, y: y + 13, class: "term" }, String(reign.term)) : null,
				]),
			];
		});
		const marks = [0, 0.5, 1].map((part) => s("text", { x: LEFT + part * (this.width - LEFT - 4), y: height - 3, class: "time", "text-anchor": ["start", "middle", "end"][part * 2] }, clock(from + part * (now - from))));
		this.svg.replaceChildren(...lanes.flat(4).filter(Boolean), ...marks);
		const latest = this.reigns[this.reigns.length - 1];
		setAttribute(this.svg, "aria-label", latest ? `Who led when; the latest is ${this.#label(latest.id)}, term ${latest.term}` : "Who led when: nobody yet");
	}

	#label(id) { return this.members.find((one) => one.id === id)?.label ?? id; }

	#drawLog() {
		const latest = this.reigns.slice(-5).reverse();
		const key = JSON.stringify([latest, this.reigns.length]);
		if (key === this.logKey) return;
		this.logKey = key;
		this.log.replaceChildren(...latest.map((reign) => {
			const before = this.reigns[this.reigns.indexOf(reign) - 1];
			const pause = before?.to ? (reign.from - before.to) / 1000 : 0;
			return h("li", {}, h("time", {}, clock(reign.from)), h("span", {}, h("b", {}, this.#label(reign.id)), ` leads term ${reign.term}`,
				pause >= 0.05 ? h("span", { class: "dim" }, `, after ${pause < 10 ? pause.toFixed(1) : Math.round(pause)} s without a leader`) : null));
		}));
		if (!latest.length) this.log.append(h("li", { class: "dim" }, "No leader has been seen yet."));
	}
}
