// The cluster's view: figures, members, elections and charts.

import { addMember, moveLeader, removeMember } from "./actions.js";
import { LineChart, sparkline } from "./charts.js";
import { h, setText } from "./dom.js";
import { bytes, integer, rate, seconds, shortSeconds, span } from "./measure.js";
import { Timeline } from "./timeline.js";

const KINDS = [["GET", "reads", "c1"], ["QGET", "quorum reads", "c2"], ["PUT", "PUT", "c3"], ["POST", "POST", "c4"], ["DELETE", "DELETE", "c5"]];
const BEAT = 1000;

export class Overview {
	constructor(root, cluster) {
		this.cluster = cluster;
		this.colours = new Map();
		this.figures = new Map();
		this.tiles = h("dl", { class: "tiles" });
		this.body = h("tbody");
		this.rows = new Map();
		const columns = ["Member", "State", "Term", "Heard", "Commit", "Applied", "Lag", "Requests/s", "p99", "fsync p99", ""];
		const table = h("table", { class: "members" },
			h("thead", {}, h("tr", {}, columns.map((name, i) => h("th", { scope: "col", "aria-label": name || "Actions", class: i > 1 && i < 10 ? "number" : "" }, name)))), this.body);
		this.timeline = new Timeline((member) => this.colour(member));
		this.charts = {
			kinds: new LineChart("Requests a second", "whole cluster, by kind", rate),
			requests: new LineChart("Request time", "p99, and p50 dashed, by member", seconds, shortSeconds),
			fsync: new LineChart("fsync time", "p99, and p50 dashed, by member", seconds, shortSeconds),
			commits: new LineChart("Entries committed a second", "by member, as it hears of them", rate),
		};
		root.append(this.tiles,
			h("div", { class: "panel" }, h("div", { class: "head" }, h("h3", {}, "Members"),
				h("button", { class: "quiet small", onclick: () => addMember(cluster) }, "Add member")), h("div", { class: "scroll" }, table)),
			this.timeline.root, h("div", { class: "charts" }, Object.values(this.charts).map((one) => one.root)));
		cluster.addEventListener("change", () => this.draw());
	}

	colour(member) {
		if (!this.colours.has(member.id)) this.colours.set(member.id, `c${(this.colours.size % 7) + 1}`);
		return this.colours.get(member.id);
	}

	draw() {
		const members = this.cluster.list;
		for (const member of members) this.colour(member);
		this.#drawTiles(members);
		this.#drawMembers(members);
		this.timeline.update(members);
		this.#drawCharts(members);
	}

	#figure(name, value, note = "", kind = "") {
		if (!this.figures.has(name)) {
			const parts = [h("b"), h("span", { class: "dim" })];
			this.figures.set(name, parts);
			this.tiles.append(h("div", {}, h("dt", {}, name), h("dd", {}, parts)));
		}
		const [strong, dim] = this.figures.get(name);
		setText(strong, value);
		setText(dim, note);
		strong.className = kind;
	}

	#drawTiles(members) {
		const { leader, view, quorum, answering } = this.cluster;
		if (!view) return;
		const { status } = view;
		const last = answering.map((one) => one.last);
		const sum = (name) => last.reduce((total, one) => total + (one?.[name] ?? 0), 0);
		const worst = (name) => last.reduce((most, one) => (one?.[name] > (most ?? -1) ? one[name] : most), null);
		const missing = members.length - answering.length;
		this.#figure("Leader", leader?.label ?? "none", leader ? `term ${status.term}` : "no quorum?", leader ? "" : "bad");
		this.#figure("Members", `${answering.length}/${members.length}`, `quorum ${quorum}`, answering.length < quorum ? "bad" : missing ? "warn" : "");
		this.#figure("Requests/s", rate(sum("rate")), "");
		this.#figure("Request p99", seconds(worst("p99")), "");
		this.#figure("fsync p99", seconds(worst("fsync99")), "");
		this.#figure("Commit", integer(status.commit), `${rate(leader?.last?.commits)}/s`);
		this.#figure("etcd index", integer(status.store.index), "");
		this.#figure("Data", bytes(status.store.bytes), status.store.quota ? `of ${bytes(status.store.quota)}` : "");
		this.#figure("Watches", integer(answering.reduce((n, one) => n + one.status.store.watchers, 0)), "");
	}

	#drawMembers(members) {
		const furthest = Math.max(0, ...this.cluster.answering.map((one) => one.status.commit));
		for (const [id, row] of this.rows) if (!members.some((one) => one.id === id)) { row.root.remove(); this.rows.delete(id); }
		members.forEach((member, i) => {
			if (!this.rows.has(member.id)) this.rows.set(member.id, this.#row(member));
			const row = this.rows.get(member.id);
			if (this.body.children[i] !== row.root) this.body.insertBefore(row.root, this.body.children[i] ?? null);
			this.#fillRow(row, member, furthest);
		});
	}

	#row(member) {
		const cell = (label, kind = "number") => h("td", { "data-label": label, class: kind });
		const row = {
			name: h("b"), where: h("span", { class: "dim id" }), state: h("span", { class: "state" }), beat: h("i", { class: "beat" }), heard: h("span"),
			term: cell("Term"), commit: cell("Commit"), applied: cell("Applied"), lag: cell("Lag"), rate: h("span"), spark: h("span", { class: "sparks" }), p99: cell("p99"), fsync: cell("fsync p99"),
		};
		row.lead = h("button", { class: "quiet small", onclick: () => moveLeader(this.cluster, member) }, "Make leader");
		row.remove = h("button", { class: "quiet small danger-text", onclick: () => removeMember(this.cluster, member) }, "Remove");
		row.root = h("tr", {},
			h("th", { scope: "row" }, h("div", { class: "member" }, h("i", { class: `swatch ${this.colour(member)}` }), h("span", { class: "who" }, row.name, row.where))),
			h("td", { "data-label": "State" }, row.state), row.term,
			h("td", { "data-label": "Heard", class: "number" }, h("span", {}, row.heard, row.beat)), row.commit, row.applied, row.lag,
			h("td", { "data-label": "Requests/s", class: "number" }, row.spark, row.rate), row.p99, row.fsync,
			h("td", { class: "actions" }, h("div", {}, row.lead, row.remove)));
		return row;
	}

	#fillRow(row, member, furthest) {
		const { leader } = this.cluster;
		const { status, last } = member;
		const alive = member.answers;
		const progress = leader?.status.progress[member.id];
		setText(row.name, member.label);
		setText(row.where, member.url ?? (member.clientURLs?.length ? "joined after this page: reload it to ask it" : "not started yet"));
		const state = alive ? (member.learner ? "Learner" : status.role) : status || !member.url ? "no answer" : "asking";
		setText(row.state, !alive && member.lostAt && status ? `no answer for ${span((Date.now() - member.lostAt) / 1000)}` : state);
		row.state.className = `state ${alive ? status.role.toLowerCase() : "silent"}`;
		setText(row.term, alive ? integer(status.term) : "–");
		// What the leader knows of a member stands in for one that cannot be asked.
		const heard = alive ? (status.role === "Leader" ? 0 : status.heard) : progress ? progress.contact : null;
		setText(row.heard, alive && status.role === "Leader" ? "leads" : heard === null ? "–" : heard > 9999 ? span(heard / 1000) : `${heard} ms`);
		row.beat.className = `beat ${alive && status.leader ? (heard < BEAT ? "on" : "late") : ""}`;
		setText(row.commit, alive ? integer(status.commit) : "–");
		setText(row.applied, alive ? integer(status.applied) : progress?.match ? `≥ ${integer(progress.match)}` : "–");
		const lag = alive ? Math.max(0, furthest - status.applied) : progress?.match ? furthest - progress.match : null;
		setText(row.lag, lag === null ? "–" : integer(Math.max(0, lag)));
		row.lag.className = `number ${lag > 1000 ? "bad" : lag > 100 ? "warn" : ""}`;
		setText(row.rate, alive ? rate(last?.rate) : "–");
		row.spark.replaceChildren(sparkline(member.samples.slice(-60).map((one) => one.rate ?? null), this.colour(member)));
		setText(row.p99, alive ? seconds(last?.p99) : "–");
		setText(row.fsync, alive ? seconds(last?.fsync99) : "–");
		row.lead.hidden = !alive || member.learner || status.role === "Leader" || !leader;
		row.remove.setAttribute("aria-label", `Remove ${member.label}`);
		row.lead.setAttribute("aria-label", `Make ${member.label} the leader`);
	}

	#drawCharts(members) {
		const now = Date.now();
		const points = (member, name) => member.samples.map((one) => [one.t, one[name] ?? null]);
		const both = (p99, p50) => members.flatMap((member) => [
			{ name: `${member.label} p99`, colour: this.colour(member), points: points(member, p99) },
			{ name: "p50", colour: this.colour(member), dash: true, points: points(member, p50) },
		]);
		const total = this.#totals(members);
		this.charts.kinds.update(KINDS.filter(([kind], i) => i === 0 || i === 2 || total.some(([, sums]) => sums[kind])).map(([kind, name, colour]) => ({ name, colour, points: total.map(([t, sums]) => [t, sums[kind] ?? 0]) })), now);
		this.charts.requests.update(both("p99", "p50"), now);
		this.charts.fsync.update(both("fsync99", "fsync50"), now);
		this.charts.commits.update(members.map((member) => ({ name: member.label, colour: this.colour(member), points: points(member, "commits") })), now);
	}

	// Sums over the members, round by round.
	#totals(members) {
		const sums = new Map();
		for (const member of members) for (const one of member.samples) {
			if (!one.rates) continue;
			if (!sums.has(one.t)) sums.set(one.t, { seen: 0 });
			const sum = sums.get(one.t);
			sum.seen++;
			for (const [kind, n] of Object.entries(one.rates)) sum[kind] = (sum[kind] ?? 0) + n;
		}
		// The newest round is not whole before all have answered.
		const asked = this.cluster.answering.length;
		const entries = [...sums.entries()].sort((a, b) => a[0] - b[0]);
		while (entries.length > 1 && entries[entries.length - 1][1].seen < asked) entries.pop();
		return entries;
	}
}
