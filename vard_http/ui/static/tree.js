// The keys that are known, and the rows that they make: a directory is read when it is opened, a
// page at a time.

import { path } from "./cluster.js";

const PAGE = 200;

export const parentOf = (key) => key.slice(0, Math.max(1, key.lastIndexOf("/"))) || "/";
export const nameOf = (key) => key.slice(key.lastIndexOf("/") + 1);
const below = (key, directory) => key.startsWith(directory === "/" ? "/" : `${directory}/`);

// The order of the server: by bytes of UTF-8, which is that of code points.
function compare(a, b) {
	const [x, y] = [[...a], [...b]];
	for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
	return x.length - y.length;
}

export class Tree {
	constructor(request) {
		this.request = request;
		this.entries = new Map([["/", { key: "/", dir: true, count: 0 }]]);
		this.opened = new Map(); // directory -> { keys, more, loading, trouble }
		this.loads = 0;
		this.meanwhile = []; // events that came while something was being read
	}

	entry(key) { return this.entries.get(key); }
	isOpen(key) { return this.opened.has(key); }
	close(key) { this.opened.delete(key); }

	// Reads a directory, or the next page of one that is open.
	async load(directory) {
		const known = this.opened.get(directory);
		if (known?.loading) return;
		const listing = known ?? { keys: [], more: false };
		listing.loading = true;
		this.loads++;
		this.opened.set(directory, listing);
		try {
			const last = listing.keys[listing.keys.length - 1];
			const after = last ? `&after=${encodeURIComponent(nameOf(last))}` : "";
			const answer = await this.request(`/ui/tree${directory === "/" ? "" : path(directory)}?limit=${PAGE}${after}`);
			listing.trouble = answer.ok ? "" : (answer.value.message ?? "");
			if (answer.status === 404 && directory !== "/") this.#forget(directory);
			if (!answer.ok) return;
			for (const node of answer.value.nodes) {
				this.entries.set(node.key, node);
				if (!listing.keys.includes(node.key)) listing.keys.push(node.key);
			}
			listing.more = answer.value.more;
			const entry = this.entries.get(directory);
			if (entry) entry.count = answer.value.count;
		} catch (error) {
			listing.trouble = error.message;
		} finally {
			listing.loading = false;
			const again = this.meanwhile;
			if (!--this.loads) this.meanwhile = [];
			for (const event of again) this.#act(event);
		}
	}

	// After a hole in the events nothing that is shown is certain.
	async reload() {
		const directories = [...this.opened.entries()];
		for (const [directory, listing] of directories) {
			const wanted = listing.keys.length;
			this.opened.delete(directory);
			await this.load(directory);
			for (let now = this.opened.get(directory); now?.more && now.keys.length < wanted && !now.trouble;) await this.load(directory);
		}
	}

	// Takes an event in; the key of the row that it changed, if one did.
	apply(event) {
		if (this.loads) this.meanwhile.push(event);
		return this.#act(event);
	}

	#act({ action, node, prevNode }) {
		const { key } = node;
		if (this.entries.get(key)?.modifiedIndex > node.modifiedIndex) return key; // It was read later.
		if (["delete", "compareAndDelete", "expire"].includes(action)) {
			this.#forget(key);
			return parentOf(key);
		}
		const known = this.entries.get(key);
		const { value } = node;
		const entry = { ...node, count: known?.count ?? 0, bytes: value === undefined ? 0 : new TextEncoder().encode(value).length };
		if (this.#place(entry, !prevNode) || known) this.entries.set(key, entry);
		return key;
	}

	// Puts what is new where it belongs: itself, or the first directory on the way to it that is new.
	#place(entry, isNew) {
		let { key } = entry;
		while (key !== "/" && !this.opened.has(parentOf(key))) key = parentOf(key);
		if (key === "/" ) return false;
		const directory = parentOf(key);
		const listing = this.opened.get(directory);
		if (listing.keys.includes(key)) return key === entry.key;
		if (listing.loading) return false; // Its turn comes when the directory has been read.
		const name = nameOf(key);
		if (name.startsWith("_")) return false;
		const at = listing.keys.findIndex((one) => compare(nameOf(one), name) > 0);
		const parent = this.entries.get(directory);
		if (parent && (isNew || key !== entry.key)) parent.count = (parent.count ?? 0) + 1;
		if (at < 0 && listing.more) return false; // Its page has not been read yet.
		listing.keys.splice(at < 0 ? listing.keys.length : at, 0, key);
		if (key !== entry.key) this.entries.set(key, { key, dir: true, count: 1, modifiedIndex: entry.modifiedIndex, createdIndex: entry.modifiedIndex });
		return key === entry.key;
	}

	#forget(key) {
		const listing = this.opened.get(parentOf(key));
		const at = listing ? listing.keys.indexOf(key) : -1;
		if (at >= 0) listing.keys.splice(at, 1);
		const parent = this.entries.get(parentOf(key));
		if (parent?.count) parent.count--;
		for (const one of this.entries.keys()) if (one === key || below(one, key)) this.entries.delete(one);
		for (const one of this.opened.keys()) if (one === key || below(one, key)) this.opened.delete(one);
	}

	// What is visible, from the top: { key, level, kind }, kind one of dir, key, more, empty.
	rows() {
		const rows = [];
		const walk = (directory, level) => {
			const listing = this.opened.get(directory);
			if (!listing) return;
			for (const key of listing.keys) {
				const entry = this.entries.get(key);
				if (!entry) continue;
				rows.push({ key, level, kind: entry.dir ? "dir" : "key" });
				if (entry.dir) walk(key, level + 1);
			}
			if (listing.trouble) rows.push({ key: `${directory}\n`, of: directory, level, kind: "trouble", text: listing.trouble });
			else if (listing.more || listing.loading) rows.push({ key: `${directory}\n`, of: directory, level, kind: "more" });
			else if (!listing.keys.length) rows.push({ key: `${directory}\n`, of: directory, level, kind: "empty" });
		};
		walk("/", 1);
		return rows;
	}
}
