// The view of keys: a tree of which only what is in sight is drawn, a search, and the editor.

import { signIn } from "./actions.js";
import { path, reason } from "./cluster.js";
import { NUMBER, PLAIN, buttons, dialog, h, s, setText } from "./dom.js";
import { API, Editor } from "./editor.js";
import { integer, span } from "./measure.js";
import { Tree, nameOf, parentOf } from "./tree.js";

const ROW = 28;
const SPARE = 12;
const SEARCH_DELAY = 250;

export class Keys {
	constructor(root, cluster, feed) {
		this.cluster = cluster;
		this.tree = new Tree((target) => cluster.request(target));
		this.found = null;
		this.active = 0;
		this.touched = new Map();
		this.search = h("input", { type: "search", placeholder: "Search keys, or a /path and Enter", "aria-label": "Search keys", ...PLAIN, oninput: () => this.#searchSoon() });
		this.search.addEventListener("keydown", (event) => this.#searchKey(event));
		this.values = h("input", { type: "checkbox", id: "values", onchange: () => this.#searchSoon() });
		this.note = h("span", { class: "dim", role: "status" });
		this.trouble = h("p", { class: "trouble", hidden: true });
		this.space = h("div", { class: "space", role: "none" });
		this.list = h("div", { class: "tree", role: "tree", tabindex: "0", "aria-label": "Keys" }, this.space);
		this.list.addEventListener("scroll", () => this.#plan());
		this.list.addEventListener("keydown", (event) => this.#key(event));
		this.list.addEventListener("focus", () => this.#plan());
		this.list.addEventListener("blur", () => this.#plan());
		const detail = h("div", { class: "detail panel" });
		this.split = h("div", { class: "split" }, h("div", { class: "panel list" }, this.list), detail);
		root.append(
			h("div", { class: "toolbar" }, this.search, h("label", { class: "check", for: "values" }, this.values, "values too"),
				h("button", { class: "primary", onclick: () => this.create() }, "New key"), this.note), this.trouble, this.split);
		this.editor = new Editor(detail, cluster, { moved: (key) => this.#moved(key), create: (key) => this.create(key) });
		feed.addEventListener("events", ({ detail: events }) => this.#take(events));
		feed.addEventListener("hole", () => this.#reload());
		feed.addEventListener("trouble", ({ detail: text }) => { this.trouble.hidden = !text; setText(this.trouble, text); });
		cluster.addEventListener("credentials", () => this.#reload());
		new ResizeObserver(() => this.#plan()).observe(this.list);
		setInterval(() => { if (!root.hidden) this.#plan(); }, 1000);
	}

	async shown() {
		await this.cluster.ready;
		if (!this.tree.isOpen("/")) await this.tree.load("/");
		this.#plan();
	}

	// Shows a key, and the way to it in the tree.
	async open(key) {
		await this.shown();
		const known = this.found?.find((node) => node.key === key) ?? this.tree.entry(key);
		if (await this.editor.open(key, Boolean(known) && !known.dir)) {
			this.split.classList.add("open");
			history.replaceState(null, "", `#keys${path(key)}`);
		} else if (!this.editor.node) this.split.classList.add("open");
		if (this.found) return this.#plan();
		const names = key === "/" ? [] : key.split("/").slice(1, this.editor.node?.dir ? undefined : -1);
		let directory = "";
		for (const name of names) {
			directory += `/${name}`;
			if (!this.tree.isOpen(directory) && this.tree.entry(directory)?.dir) await this.tree.load(directory);
		}
		this.#activate(key);
		return undefined;
	}

	#moved(key) {
		this.split.classList.remove("open");
		if (key === null) { this.editor.close(); history.replaceState(null, "", "#keys"); } else if (key === "/") this.editor.close();
		else this.open(key).then(() => this.split.classList.remove("open"));
		this.list.focus();
		this.#plan();
	}

	async #reload() {
		await this.cluster.ready;
		await this.tree.reload();
		if (this.found) await this.#find();
		if (this.editor.node && !this.editor.dirty) await this.editor.open(this.editor.node.key);
		this.#plan();
	}

	#take(events) {
		const now = Date.now();
		for (const event of events) {
			if (this.tree.isOpen("/")) this.touched.set(this.tree.apply(event), now);
			this.editor.event(event);
		}
		if (this.touched.size > 5000) this.touched.clear();
		this.#plan();
	}

	// Search.

	#searchSoon() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.#find(), SEARCH_DELAY);
	}

	async #find() {
		const text = this.search.value.trim();
		this.searching?.abort();
		if (!text) { this.found = null; setText(this.note, ""); return this.#plan(); }
		this.searching = new AbortController();
		const { signal } = this.searching;
		setText(this.note, "searching…");
		try {
			const answer = await this.cluster.request(`/ui/search?q=${encodeURIComponent(text)}${this.values.checked ? "&values=true" : ""}`, { signal, timeout: 15_000 });
			if (answer.ok) {
				this.found = answer.value.nodes;
				this.active = 0;
				this.list.scrollTop = 0;
				setText(this.note, `${integer(this.found.length)} found${answer.value.more ? ", and there are more" : ""}`);
			} else setText(this.note, reason(answer));
		} catch (error) {
			if (signal.aborted) return undefined;
			setText(this.note, error.message);
		}
		return this.#plan();
	}

	#searchKey(event) {
		if (event.key === "Escape") { this.search.value = ""; this.#find(); }
		if (event.key === "ArrowDown") { event.preventDefault(); this.list.focus(); }
		if (event.key !== "Enter") return;
		const text = this.search.value.trim();
		if (!text.startsWith("/")) return;
		this.search.value = "";
		this.found = null;
		setText(this.note, "");
		this.list.focus();
		this.open(`/${text.replace(/^\/+|\/+$/g, "")}`);
	}

	// The list: only the rows in sight are in the document.

	#rows() {
		if (this.found) return this.found.map((node) => ({ key: node.key, level: 1, kind: node.dir ? "dir" : "key", node }));
		return this.tree.rows();
	}

	#plan() { this.planned ??= requestAnimationFrame(() => { this.planned = null; this.#draw(); }); }

	#draw() {
		const rows = this.rows = this.#rows();
		this.active = Math.max(0, Math.min(this.active, rows.length - 1));
		const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - SPARE);
		const last = Math.min(rows.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + SPARE);
		this.space.style.height = `${rows.length * ROW}px`;
		const drawn = [];
		for (let i = first; i < last; i++) {
			drawn.push(this.#row(rows[i], i, rows.length));
			if (rows[i].kind === "more") this.#loadMore(rows[i].of);
		}
		this.space.replaceChildren(...drawn);
		if (rows.length) this.list.setAttribute("aria-activedescendant", `row-${this.active}`);
		else this.list.removeAttribute("aria-activedescendant");
	}

	#loadMore(directory) {
		const listing = this.tree.opened.get(directory);
		if (listing && !listing.loading && listing.more) this.tree.load(directory).then(() => this.#plan());
	}

	#row(row, i, count) {
		const entry = row.node ?? this.tree.entry(row.key);
		const open = row.kind === "dir" && !this.found && this.tree.isOpen(row.key);
		const fresh = Date.now() - (this.touched.get(row.key) ?? 0) < 900;
		const chosen = this.editor.node?.key === row.key;
		const element = h("div", {
			id: `row-${i}`, role: "treeitem", "aria-level": row.level, "aria-setsize": count, "aria-posinset": i + 1, "aria-selected": String(chosen),
			"aria-expanded": row.kind === "dir" && !this.found ? String(open) : null,
			class: `node ${row.kind}${i === this.active ? " active" : ""}${chosen ? " chosen" : ""}${fresh ? " fresh" : ""}`,
			style: { top: `${i * ROW}px`, "padding-left": `${row.level * 16 - 8}px` }, onclick: () => { this.active = i; this.#enter(row); },
		});
		if (row.kind === "more") element.append(h("span", { class: "dim" }, "more…"));
		else if (row.kind === "empty") element.append(h("span", { class: "dim" }, row.of === "/" ? "No keys yet." : "empty"));
		else if (row.kind === "trouble") element.append(h("span", { class: "bad" }, row.text));
		else element.append(...this.#cells(row, entry));
		return element;
	}

	#cells(row, entry) {
		const name = h("span", { class: "name" }, this.found ? row.key : nameOf(row.key));
		const left = entry.expiration ? (Date.parse(entry.expiration) - Date.now() + (this.cluster.view?.offset ?? 0)) / 1000 : null;
		return [
			row.kind === "dir" ? h("span", { class: "twist", "aria-hidden": "true" }, s("svg", { viewBox: "0 0 10 10", width: 10, height: 10 }, s("path", { d: "M3 1.5 7 5 3 8.5" }))) : h("span", { class: "twist" }),
			name,
			row.kind === "dir" ? h("span", { class: "count" }, integer(entry.count)) : h("span", { class: "preview" }, (entry.value ?? "").slice(0, 160)),
			left === null ? null : h("span", { class: `ttl${left < 10 ? " soon" : ""}`, title: "time to live" }, span(left)),
		].filter(Boolean);
	}

	async #enter(row) {
		if (row.kind === "key" || this.found) return this.open(row.key);
		if (row.kind !== "dir") return undefined;
		await this.#toggle(row);
		await this.editor.open(row.key);
		this.#plan();
		return undefined;
	}

	async #toggle(row) {
		if (this.tree.isOpen(row.key)) this.tree.close(row.key);
		else await this.tree.load(row.key);
		this.#plan();
	}

	#activate(key) {
		const at = this.tree.rows().findIndex((row) => row.key === key);
		if (at >= 0) { this.active = at; this.#reveal(); }
		this.#plan();
	}

	#reveal() {
		const top = this.active * ROW;
		if (top < this.list.scrollTop) this.list.scrollTop = top;
		else if (top + ROW > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW - this.list.clientHeight;
	}

	#key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const row = this.rows?.[this.active];
		const page = Math.max(1, Math.floor(this.list.clientHeight / ROW) - 1);
		const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
		if (step !== undefined) this.active = Math.max(0, Math.min(this.rows.length - 1, this.active + step));
		else if (!row) return;
		else if (event.key === "ArrowRight" && row.kind === "dir" && !this.found) { if (!this.tree.isOpen(row.key)) this.#toggle(row); else this.active++; }
		else if (event.key === "ArrowLeft" && !this.found) { if (row.kind === "dir" && this.tree.isOpen(row.key)) this.#toggle(row); else this.#activate(parentOf(row.of ?? row.key)); }
		else if (event.key === "Enter" || event.key === " ") this.#enter(row).then(() => { if (event.key === "Enter" && row.kind === "key" && !this.editor.form.hidden) this.editor.value.focus(); });
		else return;
		event.preventDefault();
		event.stopPropagation();
		this.#reveal();
		this.#plan();
	}

	remove() { this.editor.remove(); }

	async create(at) {
		const start = at ?? (this.editor.node ? (this.editor.node.dir ? this.editor.node.key : parentOf(this.editor.node.key)) : "/");
		const made = await dialog("New key", (close) => this.#newForm(start === "/" || start.endsWith("/") ? start : `${start}/`, close), { wide: true });
		if (made) await this.open(made);
	}

	#newForm(start, close) {
		const key = h("input", { id: "new-key", value: start, required: true, ...PLAIN, autofocus: true });
		const value = h("textarea", { id: "new-value", rows: 5, spellcheck: "false" });
		const ttl = h("input", { id: "new-ttl", ...NUMBER });
		const directory = h("input", { type: "checkbox", id: "new-dir", onchange: () => { value.disabled = directory.checked; } });
		const message = h("p", { class: "message bad", role: "alert" });
		const submit = async (event) => {
			event?.preventDefault();
			const name = `/${key.value.trim().replace(/^\/+|\/+$/g, "")}`;
			if (name === "/") return setText(message, "A key needs a name.");
			const form = directory.checked ? { dir: "true" } : { value: value.value };
			if (ttl.value.trim()) form.ttl = ttl.value.trim();
			try {
				const answer = await this.cluster.request(`${API}${path(name)}?prevExist=false`, { method: "PUT", form });
				if (answer.ok) return close(name);
				if (answer.status === 401 && await signIn(this.cluster)) return submit();
				return setText(message, answer.value.errorCode === 105 ? `${name} exists already; nothing was written.` : reason(answer));
			} catch (error) {
				return setText(message, error.message);
			}
		};
		value.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event); });
		key.addEventListener("focus", () => key.setSelectionRange(key.value.length, key.value.length));
		return h("form", { onsubmit: submit },
			h("label", { for: "new-key" }, "Key"), key, h("label", { for: "new-value" }, "Value"), value,
			h("div", { class: "row" }, h("label", { for: "new-ttl" }, "TTL, seconds"), ttl, h("label", { class: "check", for: "new-dir" }, directory, "directory")),
			message, buttons(close, h("button", { class: "primary" }, "Create")));
	}
}
