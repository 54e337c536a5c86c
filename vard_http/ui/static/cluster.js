// The cluster as its members tell it: who is asked, how often, and whom to ask instead.

import { counted, quantile, summed } from "./measure.js";

const POLL = 1000;
const HIDDEN_POLL = 5000;
const STATUS_TIMEOUT = 2000;
const READ_TIMEOUT = 6000;
const WRITE_TIMEOUT = 12000;
const SILENT = 2500;
export const KEPT = 150;
const PERCENTILE_WINDOW = 10;

export class Unreachable extends Error {
	constructor(sent) {
		super(sent ? "The member did not answer; what was asked for may have been done." : "No member answers.");
		this.sent = sent;
	}
}

class Member {
	constructor(id) {
		Object.assign(this, { id, name: "", urls: [], peerURLs: [], learner: false, status: null, at: 0, lostAt: 0, offset: 0, turn: 0, asking: false, samples: [], gaps: [] });
	}

	get label() { return this.name || this.id; }
	get url() { return this.urls[this.turn % this.urls.length]; }
	get answers() { return this.status !== null && !this.lostAt; }
	get last() { return this.samples[this.samples.length - 1] ?? null; }
}

export class Cluster extends EventTarget {
	#begun;

	constructor() {
		super();
		this.members = new Map();
		this.home = null;
		this.current = null;
		this.authorization = null;
		this.ready = new Promise((resolve) => { this.#begun = resolve; });
		this.allowed = document.querySelector("meta[name=vard-members]").content.split(" ").filter(Boolean);
	}

	// Members as a list in a steady order.
	get list() { return [...this.members.values()].sort((a, b) => a.label.localeCompare(b.label) || a.id.localeCompare(b.id)); }
	get answering() { return this.list.filter((member) => member.answers); }

	// Of those who answer, the one who knows most.
	get view() {
		return this.answering.reduce((best, one) => (!best || one.status.term > best.status.term || (one.status.term === best.status.term && one.status.applied > best.status.applied) ? one : best), null);
	}

	get leader() { return this.answering.filter((one) => one.status.role === "Leader").sort((a, b) => b.status.term - a.status.term)[0] ?? null; }
	get quorum() { return Math.floor(this.list.filter((one) => !one.learner).length / 2) + 1; }
	get auth() { return this.view?.status.auth ?? false; }

	async start() {
		for (;;) {
			try {
				const status = await this.#fetch(location.origin, "/ui/status", {}, STATUS_TIMEOUT).then((answer) => answer.json());
				this.home = this.current = status.id;
				const member = this.#member(status.id);
				member.urls = [location.origin];
				this.#note(member, status);
				break;
			} catch {
				this.dispatchEvent(new Event("change"));
				await new Promise((resolve) => setTimeout(resolve, POLL));
			}
		}
		this.#begun();
		this.#round();
		document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#round(); });
	}

	#round() {
		clearTimeout(this.timer);
		this.round = Date.now();
		for (const member of this.members.values()) this.#ask(member);
		this.timer = setTimeout(() => this.#round(), document.hidden ? HIDDEN_POLL : POLL);
		this.dispatchEvent(new Event("change"));
	}

	async #ask(member) {
		if (member.asking || !member.url) return;
		member.asking = true;
		try {
			const answer = await this.#fetch(member.url, "/ui/status", {}, STATUS_TIMEOUT);
			if (answer.ok) this.#note(member, await answer.json());
			else this.#miss(member);
		} catch { this.#miss(member); }
		member.asking = false;
	}

	#miss(member) {
		member.turn++;
		if (member.lostAt || Date.now() - member.at < SILENT) return;
		member.lostAt = member.at || Date.now();
		member.samples.push({ t: this.round });
		this.dispatchEvent(new CustomEvent("lost", { detail: member }));
	}

	#note(member, status) {
		const now = Date.now();
		if (member.lostAt) {
			if (member.status) member.gaps.push([member.lostAt, now]);
			member.lostAt = 0;
			this.dispatchEvent(new CustomEvent("back", { detail: member }));
		}
		const before = member.status?.started === status.started ? member.status : null;
		this.#sample(member, status, before, now);
		Object.assign(member, { status, at: now, offset: now - status.now });
		const view = this.view;
		if (view === member) this.#follow(status.members);
	}

	#sample(member, status, before, now) {
		const raw = { t: this.round ?? now, status };
		const recent = member.samples.filter((one) => one.status?.started === status.started);
		const old = recent[Math.max(0, recent.length - PERCENTILE_WINDOW)]?.status;
		if (before) {
			const elapsed = (status.now - before.now) / 1000;
			if (elapsed <= 0) return;
			raw.rates = {};
			for (const [kind, n] of Object.entries(status.received)) raw.rates[kind] = Math.max(0, n - (before.received[kind] ?? 0)) / elapsed;
			raw.rate = Object.values(raw.rates).reduce((a, b) => a + b, 0);
			raw.commits = Math.max(0, status.commit - before.commit) / elapsed;
			const { bounds } = status.seconds;
			const total = summed(Object.entries(status.seconds.counts).map(([kind, counts]) => counted(counts, old?.seconds.counts[kind])), bounds.length + 1);
			raw.p50 = quantile(total, bounds, 0.5);
			raw.p99 = quantile(total, bounds, 0.99);
			const syncs = counted(status.fsync.counts, old?.fsync.counts);
			raw.fsync50 = quantile(syncs, status.fsync.bounds, 0.5);
			raw.fsync99 = quantile(syncs, status.fsync.bounds, 0.99);
		}
		const furthest = Math.max(status.commit, ...this.answering.map((one) => one.status.commit));
		raw.lag = Math.max(0, furthest - status.applied);
		member.samples.push(raw);
		if (member.samples.length > KEPT) member.samples.shift();
	}

	#member(id) {
		if (!this.members.has(id)) this.members.set(id, new Member(id));
		return this.members.get(id);
	}

	#follow(told) {
		for (const id of this.members.keys()) if (!told.some((one) => one.id === id)) this.members.delete(id);
		for (const one of told) {
			const member = this.#member(one.id);
			Object.assign(member, { name: one.name, learner: one.learner, peerURLs: one.peerURLs, clientURLs: one.clientURLs });
			member.urls = one.id === this.home ? [location.origin] : one.clientURLs.filter((url) => this.allowed.includes(url)).sort((a, b) => b.startsWith(location.protocol) - a.startsWith(location.protocol));
		}
	}

	// One request by way of whoever answers: reads are repeated elsewhere, writes are sent once.
	// Throws Unreachable.
	async request(path, { method = "GET", body, form, member, signal, timeout } = {}) {
		const write = method !== "GET";
		const options = { method, signal, headers: {} };
		if (this.authorization) options.headers.Authorization = this.authorization;
		if (write) options.headers["X-Vard-UI"] = "1";
		if (form) { options.headers["Content-Type"] = "application/x-www-form-urlencoded"; options.body = new URLSearchParams(form).toString(); }
		if (body !== undefined) { options.headers["Content-Type"] = "application/json"; options.body = JSON.stringify(body); }
		const candidates = member ? [member] : this.#candidates();
		for (const one of write ? candidates.slice(0, 1) : candidates) {
			try {
				const answer = await this.#fetch(one.url, path, options, timeout ?? (write ? WRITE_TIMEOUT : READ_TIMEOUT));
				const text = await answer.text();
				if (answer.status >= 500 && !write && candidates.length > 1 && one !== candidates[candidates.length - 1]) continue;
				if (!member) this.current = one.id;
				return { status: answer.status, ok: answer.ok, value: parsed(text), index: Number(answer.headers.get("X-Etcd-Index")), member: one };
			} catch (error) {
				if (signal?.aborted) throw error;
				if (write) throw new Unreachable(true);
			}
		}
		throw new Unreachable(false);
	}

	// Those who answer and can see a leader first; the one that served before stays.
	#candidates() {
		const worth = (one) => (one.answers ? 4 : 0) + (one.status?.leader ? 2 : 0) + (one.id === this.current ? 1 : 0);
		return this.list.filter((one) => one.url).sort((a, b) => worth(b) - worth(a));
	}

	#fetch(base, path, options, timeout) {
		const signal = options.signal ? AbortSignal.any([options.signal, AbortSignal.timeout(timeout)]) : AbortSignal.timeout(timeout);
		return fetch(base + path, { ...options, signal, mode: "cors", cache: "no-store", credentials: base === location.origin ? "same-origin" : base.startsWith("https:") ? "include" : "omit", redirect: "error" });
	}
}

function parsed(text) {
	try { return JSON.parse(text); } catch { return { message: text.trim() }; }
}

// What an answer that is no success says.
export const reason = (answer) => answer.value?.cause && answer.value?.message ? `${answer.value.message} (${answer.value.cause})` : answer.value?.message || `Status ${answer.status}`;

export const path = (key) => key.split("/").map(encodeURIComponent).join("/");

export const unpath = (text) => text.split("/").map((name) => { try { return decodeURIComponent(name); } catch { return name; } }).join("/");
