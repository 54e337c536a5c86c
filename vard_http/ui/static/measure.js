// Numbers: from counters to rates and percentiles, and how they are written.

// The quantile `q` of a histogram, in the unit of its bounds; null if nothing was counted.
// Within a bucket values are taken to be spread evenly.
export function quantile(counts, bounds, q) {
	const total = counts.reduce((a, b) => a + b, 0);
	if (!total) return null;
	let below = 0;
	for (let i = 0; i < counts.length; i++) {
		if (below + counts[i] >= q * total) {
			const from = i ? bounds[i - 1] : 0;
			const to = bounds[i] ?? from;
			return from + ((to - from) * (q * total - below)) / counts[i];
		}
		below += counts[i];
	}
	return bounds[bounds.length - 1];
}

// Counted between two readings; a process that started anew began at nothing.
export const counted = (now, before) =>
	before && now.every((n, i) => n >= before[i]) ? now.map((n, i) => n - before[i]) : now;

export const summed = (lists, length) =>
	lists.reduce((sum, one) => sum.map((n, i) => n + one[i]), new Array(length).fill(0));

const grouped = new Intl.NumberFormat("en-GB");

export const integer = (n) => (n === null || n === undefined ? "–" : grouped.format(Math.round(n)));

export function rate(n) {
	if (n === null || n === undefined) return "–";
	if (n >= 10000) return `${(n / 1000).toFixed(1)}k`;
	return n >= 100 || n === 0 ? integer(n) : n.toFixed(1);
}

export function seconds(value) {
	if (value === null || value === undefined) return "–";
	const ms = value * 1000;
	if (ms >= 1000) return `${value.toFixed(value < 10 ? 2 : 1)} s`;
	return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

// The same beside an axis.
export const shortSeconds = (value) => (value >= 1 ? `${+value.toFixed(1)} s` : `${+(value * 1000).toFixed(2)} ms`);

export function bytes(n) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let unit = 0;
	while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit++; }
	return `${unit && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

// A span of whole seconds, as a countdown or an age.
export function span(total) {
	total = Math.max(0, Math.round(total));
	const [d, hours, m, sec] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60];
	const two = (n) => String(n).padStart(2, "0");
	if (d) return `${d} d ${hours} h`;
	if (hours) return `${hours} h ${two(m)} min`;
	return m ? `${m} min ${two(sec)} s` : `${sec} s`;
}

export const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");

// The axis' end: at least `value`, and 1, 2 or 5 times a power of ten.
export function niceCeiling(value) {
	if (!(value > 0)) return 1;
	const power = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value * 0.999);
}
