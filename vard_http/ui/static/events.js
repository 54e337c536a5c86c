// The event stream: the latest first, with a filter and a pause.

import { path } from "./cluster.js";
import { PLAIN, h, setText } from "./dom.js";
import { clock, integer } from "./measure.js";

const KEPT = 2000;
const SHOWN = 200;
const FRESH = 500; // ms; when much happens nothing stands out

export class Events {
	constructor(root, feed, open) {
		this.kept = [];
		this.seen = 0;
		this.open = open;
		this.filter = h("input", { type: "search", placeholder: "Filter by key, value or action", "aria-label": "Filter events", spellcheck: "false", oninput: () => this.draw(true) });
		const below = h("input", { value: "/", "aria-label": "Watch below this key", size: 14, ...PLAIN });
		this.pauseButton = h("button", { "aria-pressed": "false", onclick: () => this.pause() }, "Pause");
		this.count = h("span", { class: "dim", role: "status" }, "waiting for the stream");
		this.trouble = h("p", { class: "trouble", hidden: true });
		this.body = h("tbody");
		root.append(
			h("div", { class: "toolbar" }, this.filter,
				h("form", { class: "inline", onsubmit: (event) => { event.preventDefault(); feed.restart(below.value.startsWith("/") ? below.value : `/${below.value}`); } }, h("label", {}, "Below ", below)),
				this.pauseButton, h("button", { class: "quiet", onclick: () => { this.kept = []; this.draw(true); } }, "Clear"), this.count),
			this.trouble,
			h("div", { class: "panel scroll" }, h("table", { class: "events" },
				h("thead", {}, h("tr", {}, ["Time", "Index", "Action", "Key", "Value"].map((name) => h("th", { scope: "col" }, name)))), this.body)),
			this.empty = h("p", { class: "empty" }, "Nothing has happened since the page was opened. Writes show here at once."));
		feed.addEventListener("live", () => this.draw(true));
		feed.addEventListener("events", ({ detail }) => this.#take(detail));
		feed.addEventListener("hole", () => this.#take([{ action: "missed", node: { key: "", modifiedIndex: "" }, text: "Some events were too many or too old to be told." }]));
		feed.addEventListener("trouble", ({ detail }) => { this.trouble.hidden = !detail; setText(this.trouble, detail); });
	}

	#take(events) {
		const now = Date.now();
		for (const event of events) this.kept.unshift({ ...event, at: now, number: ++this.seen });
		this.kept.length = Math.min(this.kept.length, KEPT);
		this.draw();
	}

	pause() {
		this.paused = !this.paused;
		this.pausedAt = this.seen;
		this.pauseButton.setAttribute("aria-pressed", String(this.paused));
		setText(this.pauseButton, this.paused ? "Resume" : "Pause");
		this.draw(true);
	}

	// A frame draws once, however many events came.
	draw(anyway = false) {
		this.#drawCount();
		if ((this.paused && !anyway) || this.planned) return;
		this.planned = requestAnimationFrame(() => { this.planned = null; this.#drawRows(); });
	}

	#drawCount() {
		const behind = this.paused ? this.seen - this.pausedAt : 0;
		setText(this.count, this.paused ? `paused, ${integer(behind)} new` : `${integer(this.seen)} event${this.seen === 1 ? "" : "s"}`);
		this.empty.hidden = this.seen > 0;
	}

	#drawRows() {
		const wanted = this.filter.value.toLowerCase();
		const until = this.paused ? this.pausedAt : Infinity;
		const rows = [];
		const recent = this.kept.findIndex((event) => Date.now() - event.at > FRESH);
		const calm = recent >= 0 && recent < 10;
		for (const event of this.kept) {
			if (event.number > until) continue;
			const value = event.text ?? event.node.value ?? (event.node.dir ? "directory" : event.prevNode?.value !== undefined ? `was ${event.prevNode.value}` : "");
			if (wanted && !`${event.action} ${event.node.key} ${value}`.toLowerCase().includes(wanted)) continue;
			rows.push(this.#row(event, value, calm && Date.now() - event.at < FRESH));
			if (rows.length === SHOWN) break;
		}
		this.body.replaceChildren(...rows);
	}

	#row(event, value, fresh) {
		const key = event.node.key ? h("a", { href: `#keys${path(event.node.key)}`, onclick: () => this.open(event.node.key) }, event.node.key) : "";
		return h("tr", { class: fresh ? "fresh" : "" }, h("td", { class: "dim" }, clock(event.at)), h("td", { class: "number" }, String(event.node.modifiedIndex)),
			h("td", {}, h("span", { class: `action ${event.action}` }, event.action)), h("td", { class: "key-cell" }, key), h("td", { class: `value ${event.node.value === undefined ? "dim" : ""}` }, value.slice(0, 300)));
	}
}
