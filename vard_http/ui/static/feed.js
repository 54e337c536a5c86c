// What happens to keys, from one endless question to whoever answers it.

import { path, reason } from "./cluster.js";

const PAUSE = 1000;
const TIMEOUT = 30_000;

// Events: "live" when it begins, "events" with a list of etcd's events, "hole" when some were missed, "trouble" with a
// text, empty when there is none any more.
export class Feed extends EventTarget {
	constructor(cluster) {
		super();
		this.cluster = cluster;
		this.below = "";
		this.trouble = "";
		this.restart();
		cluster.addEventListener("credentials", () => this.restart());
		// A member that hangs holds its answer back: do not wait for it longer than for its status.
		cluster.addEventListener("lost", ({ detail }) => { if (detail.id === cluster.current) this.again?.abort(); });
	}

	// Watch below another key, or with other credentials.
	restart(below = this.below) {
		this.below = below.replace(/\/+$/, "");
		this.stop?.abort();
		this.stop = new AbortController();
		this.#follow(this.stop.signal);
	}

	async #follow(stop) {
		let after = "";
		await this.cluster.ready;
		while (!stop.aborted) {
			if (document.hidden) await visible(stop); // A browser has few connections for all its tabs.
			this.again = new AbortController();
			try {
				const answer = await this.cluster.request(`/ui/events${path(this.below)}${after === "" ? "" : `?after=${after}`}`, { signal: AbortSignal.any([stop, this.again.signal]), timeout: TIMEOUT });
				if (!answer.ok) {
					this.#report(answer.status === 401 ? `Live changes need the right to read all below ${this.below || "/"}.` : answer.status === 404 ? "The v2 API is off here." : reason(answer));
					await pause(5 * PAUSE, stop);
					continue;
				}
				this.#report("");
				const { index, missed, events } = answer.value;
				if (after === "") this.dispatchEvent(new Event("live"));
				if (missed) this.dispatchEvent(new Event("hole"));
				if (events.length) this.dispatchEvent(new CustomEvent("events", { detail: events }));
				after = index;
			} catch {
				if (stop.aborted) return;
				if (!this.again.signal.aborted) this.#report("No member answers; trying again.");
				await pause(PAUSE, stop);
			}
		}
	}

	#report(trouble) {
		if (trouble === this.trouble) return;
		this.trouble = trouble;
		this.dispatchEvent(new CustomEvent("trouble", { detail: trouble }));
	}
}

const visible = (stop) => new Promise((resolve) => {
	document.addEventListener("visibilitychange", resolve, { once: true, signal: stop });
	stop.addEventListener("abort", resolve, { once: true });
});
const pause = (ms, stop) => new Promise((resolve) => { setTimeout(resolve, ms); stop.addEventListener("abort", resolve, { once: true }); });
