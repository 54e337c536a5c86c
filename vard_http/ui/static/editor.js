// One key: its value, its TTL, and writes that compare before they swap.

import { signIn } from "./actions.js";
import { Unreachable, path, reason } from "./cluster.js";
import { NUMBER, PLAIN, confirm, h, setText } from "./dom.js";
import { bytes, integer, span } from "./measure.js";
import { parentOf } from "./tree.js";

export const API = "/ui/v2/keys";

const remaining = (node, offset) => (node.expiration ? (Date.parse(node.expiration) + offset - Date.now()) / 1000 : null);
const unixLines = (text) => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");

export class Editor {
	// `moved(key)` is called when another key is to be shown.
	constructor(root, cluster, { moved, create }) {
		Object.assign(this, { root, cluster, moved, create, node: null });
		this.#build();
		setInterval(() => this.#tick(), 500);
	}

	#build() {
		this.title = h("h2", { class: "path", tabindex: "-1" });
		this.back = h("button", { class: "quiet back", onclick: () => this.moved(null) }, "← Keys");
		this.facts = h("dl", { class: "facts" });
		this.value = h("textarea", { "aria-label": "Value", ...PLAIN, rows: 12, oninput: () => this.#edited() });
		this.value.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.save(); } });
		this.ttl = h("input", { id: "ttl", ...NUMBER, oninput: () => this.#edited() });
		this.countdown = h("span", { class: "countdown", role: "timer" });
		this.saveButton = h("button", { class: "primary", title: "Ctrl Enter", onclick: () => this.save() }, "Save");
		this.revertButton = h("button", { class: "quiet", onclick: () => this.#revert() }, "Revert");
		this.deleteButton = h("button", { class: "quiet danger-text", onclick: () => this.remove() }, "Delete");
		this.message = h("div", { class: "message", role: "status" });
		this.conflict = h("div", { class: "conflict", role: "alert", hidden: true });
		this.form = h("div", { class: "editing" }, this.value,
			h("div", { class: "row" }, h("label", { for: "ttl" }, "TTL, seconds"), this.ttl, this.countdown),
			this.conflict, h("div", { class: "buttons" }, this.deleteButton, h("span", { class: "grow" }), this.revertButton, this.saveButton));
		this.directory = h("div", { class: "buttons" },
			h("button", { class: "quiet danger-text", onclick: () => this.remove() }, "Delete directory"), h("span", { class: "grow" }),
			h("button", { class: "primary", onclick: () => this.create(`${this.node.key}/`) }, "New key here"));
		this.placeholder = h("p", { class: "empty" }, "Choose a key to see and edit it. Press ? for the shortcuts.");
		this.card = h("div", { class: "card", hidden: true }, this.back, this.title, this.facts, this.message, this.form, this.directory);
		this.root.append(this.placeholder, this.card);
	}

	get dirty() { return Boolean(this.node && !this.node.dir && (this.value.value !== this.shownValue || this.ttl.value !== this.shownTtl)); }

	// Shows what the server has of `key`, which is known to be no directory, or not. False if there
	// is none.
	async open(key, file = false) {
		if (this.node && this.dirty && key !== this.node.key) {
			const leave = await confirm("Leave the changes behind?", [`The value of ${this.node.key} is not saved.`], "Leave them");
			if (!leave) return false;
		}
		this.#say("");
		this.#hideConflict();
		// A directory as /v2/keys tells it comes with all that is in it.
		let answer = file ? null : await this.#ask(`/ui/tree${key === "/" ? "" : path(key)}?limit=1`);
		if (file || answer?.value.errorCode === 104) answer = await this.#read(key);
		if (!answer) return false;
		if (!answer.ok) {
			this.#clear(key, answer.status === 404 ? "There is no such key." : answer.status === 401 ? "You may not read this key." : reason(answer));
			return false;
		}
		this.#show(answer.value.node);
		return true;
	}

	#read(key) { return this.#ask(`${API}${path(key)}?quorum=true`); }

	async #ask(target) {
		try {
			const answer = await this.cluster.request(target);
			this.offset = answer.member.offset;
			return answer;
		} catch (error) {
			this.#say(error.message, "bad");
			return null;
		}
	}

	#clear(key, text) {
		this.node = null;
		this.card.hidden = false;
		this.placeholder.hidden = true;
		this.form.hidden = this.directory.hidden = true;
		setText(this.title, key);
		this.facts.replaceChildren();
		this.#say(text, "bad");
	}

	close() {
		this.node = null;
		this.card.hidden = true;
		this.placeholder.hidden = false;
	}

	#show(node, { keepDraft = false } = {}) {
		this.node = { ...node, key: node.key ?? "/" };
		this.gone = false;
		this.card.hidden = false;
		this.placeholder.hidden = true;
		setText(this.title, this.node.key);
		this.form.hidden = Boolean(node.dir);
		this.directory.hidden = !node.dir;
		this.directory.firstChild.hidden = this.node.key === "/";
		if (!node.dir) {
			this.crlf = node.value.includes("\r\n") && !/(^|[^\r])\n|\r(?!\n)/.test(node.value);
			this.shownValue = unixLines(node.value);
			this.shownTtl = "";
			if (!keepDraft) { this.value.value = this.shownValue; this.ttl.value = ""; }
			const lossy = node.value.includes("\ufffd") || (unixLines(node.value) !== node.value && !this.crlf);
			if (lossy) this.#say("The value holds bytes that a text field cannot keep; saving changes them.", "warn");
		}
		this.#facts();
		this.#edited();
		this.#tick();
	}

	#facts() {
		const { node } = this;
		const facts = node.dir
			? [["Entries", integer(node.count)]]
			: [["Size", bytes(new TextEncoder().encode(node.value).length)]];
		if (node.modifiedIndex) facts.push(["Modified", integer(node.modifiedIndex)], ["Created", integer(node.createdIndex)]);
		this.facts.replaceChildren(...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
		if (node.dir && node.expiration) this.facts.append(h("dt", {}, "Expires in"), h("dd", {}, this.countdown));
		else if (!node.dir) this.ttl.after(this.countdown);
	}

	#tick() {
		if (!this.node) return;
		const left = remaining(this.node, this.offset ?? 0);
		setText(this.countdown, this.gone ? "" : left === null ? (this.ttl.value ? "" : "lives until it is deleted") : `${span(left)} left${this.ttl.value ? "" : this.node.dir ? "" : "; kept when saved"}`);
		this.countdown.classList.toggle("soon", left !== null && left < 10);
	}

	#edited() {
		this.saveButton.disabled = !this.dirty && !this.gone;
		this.revertButton.disabled = !this.dirty;
		this.form.classList.toggle("dirty", this.dirty);
	}

	#revert() {
		this.value.value = this.shownValue;
		this.ttl.value = this.shownTtl;
		this.#hideConflict();
		this.#edited();
	}

	#say(text, kind = "") {
		setText(this.message, text);
		this.message.className = `message ${kind}`;
	}

	// Somebody has changed the key that is shown: take it over, or keep what was typed beside it.
	event({ action, node }) {
		if (!this.node || (node.key !== this.node.key && !this.node.key.startsWith(`${node.key}/`))) return;
		if (this.saving || node.modifiedIndex <= this.node.modifiedIndex) return;
		const removed = ["delete", "compareAndDelete", "expire"].includes(action);
		if (node.key !== this.node.key && !removed) return;
		if (this.node.dir) {
			this.node.expiration = removed ? null : node.expiration;
			if (removed) this.#clear(this.node.key, `Gone: ${action}.`);
			return;
		}
		if (removed) this.#lost(action === "expire" ? "expired" : "was deleted");
		else if (this.dirty) this.#offer(node);
		else { this.#show(node); this.#say(`Changed just now: ${action}.`); }
	}

	#lost(how) {
		this.gone = true;
		this.#edited();
		this.#tick();
		this.#conflict([h("p", {}, `The key ${how}. What is above is not stored any more.`),
			h("div", { class: "buttons" }, h("button", { class: "quiet", onclick: () => this.moved(parentOf(this.node.key)) }, "Let it go"), h("button", { onclick: () => this.save() }, "Create it again"))]);
	}

	// Theirs beside mine; nothing is lost until one is chosen.
	#offer(theirs) {
		const take = () => { this.#hideConflict(); this.#show(theirs); this.#say("Theirs was taken."); };
		const keep = () => { this.#hideConflict(); this.#show(theirs, { keepDraft: true }); this.save(); };
		this.#conflict([
			h("p", {}, `Somebody changed this key while you edited it (index ${integer(this.node.modifiedIndex)} → ${integer(theirs.modifiedIndex)}). Yours is above, theirs is:`),
			h("pre", { class: "theirs", tabindex: "0", "aria-label": "Their value" }, theirs.value),
			h("div", { class: "buttons" }, h("button", { class: "quiet", onclick: take }, "Take theirs"), h("button", { onclick: keep }, "Save mine over it"))]);
	}

	#conflict(parts) { this.conflict.replaceChildren(...parts); this.conflict.hidden = false; }
	#hideConflict() { this.conflict.hidden = true; this.conflict.replaceChildren(); }

	async save() {
		if (!this.node || this.node.dir || this.saving || (!this.dirty && !this.gone)) return;
		const { key, modifiedIndex } = this.node;
		const value = this.crlf ? this.value.value.replaceAll("\n", "\r\n") : this.value.value;
		const left = this.gone ? null : remaining(this.node, this.offset ?? 0);
		const ttl = this.ttl.value.trim() || (left === null ? "" : String(Math.max(1, Math.round(left))));
		if (ttl && !/^[0-9]+$/.test(ttl)) return this.#say("The TTL is a whole number of seconds.", "bad");
		const query = this.gone ? "prevExist=false" : `prevIndex=${modifiedIndex}`;
		await this.#write(`${API}${path(key)}?${query}`, { method: "PUT", form: ttl === "0" || !ttl ? { value } : { value, ttl } }, value, () => this.save());
	}

	async #write(target, options, value, again) {
		this.saving = true;
		this.saveButton.disabled = true;
		try {
			const answer = await this.cluster.request(target, options);
			this.saving = false;
			if (answer.ok) {
				this.offset = answer.member.offset;
				this.#hideConflict();
				// What was typed while the request was on its way stays typed.
				const typed = this.value.value;
				this.#show(answer.value.node);
				this.#say(`Saved: index ${integer(answer.value.node.modifiedIndex)}.`, "good");
				if (unixLines(value) !== typed) { this.value.value = typed; this.#edited(); }
				return;
			}
			await this.#refused(answer, again);
		} catch (error) {
			this.saving = false;
			if (!(error instanceof Unreachable)) throw error;
			await this.#uncertain(value);
		} finally {
			this.saving = false;
			this.#edited();
		}
	}

	async #refused(answer, again) {
		const code = answer.value.errorCode;
		if (answer.status === 401) {
			this.#say("You may not write this key.", "bad");
			if (await signIn(this.cluster)) await again();
		} else if (code === 101 || code === 105) {
			const now = await this.#read(this.node.key);
			this.#say("Not saved: the key was changed meanwhile.", "bad");
			if (now?.ok && !now.value.node.dir) { this.gone = false; this.#offer(now.value.node); }
		} else if (code === 100) {
			this.#say("Not saved.", "bad");
			this.#lost("was deleted");
		} else this.#say(`Not saved: ${reason(answer)}`, "bad");
	}

	// The member did not answer a write: only the key can tell whether it was done.
	async #uncertain(value) {
		const { key, modifiedIndex } = this.node;
		this.#say("The member did not answer. Looking whether the value was saved…", "warn");
		const now = await this.#read(key);
		if (!now) return;
		if (now.ok && now.value.node.modifiedIndex !== modifiedIndex && now.value.node.value === value) {
			this.#show(now.value.node);
			this.#say("The member did not answer, but the value is saved.", "good");
		} else if (now.ok && now.value.node.modifiedIndex !== modifiedIndex) this.#offer(now.value.node);
		else this.#say("Not saved so far. Save again to be sure: it compares first.", "warn");
	}

	async remove() {
		if (!this.node || this.node.key === "/") return;
		const { key, dir, modifiedIndex, count } = this.node;
		const sure = await confirm(`Delete ${key}?`, [dir ? `The directory goes with ${integer(count)} entries and all that is below them.` : `Its value goes, if it is still that of index ${integer(modifiedIndex)}.`], dir ? "Delete all of it" : "Delete");
		if (!sure) return;
		try {
			const answer = await this.cluster.request(`${API}${path(key)}?${dir ? "dir=true&recursive=true" : `prevIndex=${modifiedIndex}`}`, { method: "DELETE" });
			if (answer.ok) { this.node = null; this.moved(parentOf(key)); }
			else if (answer.status === 401 && await signIn(this.cluster)) await this.remove();
			else if (answer.value.errorCode === 101) {
				const now = await this.#read(key);
				if (now?.ok) this.#show(now.value.node, { keepDraft: this.dirty });
				this.#say("Not deleted: it was changed meanwhile. This is what it is now.", "bad");
			} else this.#say(`Not deleted: ${reason(answer)}`, "bad");
		} catch (error) {
			this.#say(error.message, "bad");
		}
	}
}

