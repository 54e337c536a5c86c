// The page: views, colours, shortcuts, and what it says of the cluster's health.

import { signIn } from "./actions.js";
import { Cluster, unpath } from "./cluster.js";
import { $, dialog, h, notice, setText } from "./dom.js";
import { Events } from "./events.js";
import { Feed } from "./feed.js";
import { Keys } from "./keys.js";
import { Overview } from "./overview.js";

const VIEWS = ["cluster", "keys", "events"];
const THEMES = ["auto", "light", "dark"];
const THEME_TEXTS = { auto: ["◐", "as the system"], light: ["☀", "light"], dark: ["☾", "dark"] };
const SHORTCUTS = [
	["1 2 3", "Cluster, keys, events"], ["/", "Search keys, or filter events"], ["n", "New key"], ["↑ ↓ ← →", "Walk through the tree"],
	["Enter", "Open the key, or the directory"], ["Delete", "Delete what is open"], ["Ctrl Enter", "Save the value"], ["p", "Pause or resume the events"], ["t", "Colours"], ["Esc", "Close a dialog, leave a field"], ["?", "This list"],
];

const cluster = new Cluster();
const feed = new Feed(cluster);
new Overview($("view-cluster"), cluster);
const keys = new Keys($("view-keys"), cluster, feed);
const events = new Events($("view-events"), feed, (key) => { show("keys"); keys.open(key); });

let current = "";

function show(view) {
	if (!VIEWS.includes(view)) view = "cluster";
	if (view === current) return;
	current = view;
	for (const name of VIEWS) {
		$(`view-${name}`).hidden = name !== view;
		const tab = $(`tab-${name}`);
		tab.setAttribute("aria-selected", String(name === view));
		tab.tabIndex = name === view ? 0 : -1;
	}
	if (view === "keys") keys.shown();
	if (view === "events") events.draw(true);
	if (!location.hash.startsWith(`#${view}`)) history.replaceState(null, "", `#${view}`);
}

function followHash() {
	const [, view, key] = /^#?([a-z]*)(.*)$/.exec(location.hash);
	show(view);
	if (view === "keys" && key) keys.open(unpath(key));
}

for (const view of VIEWS) {
	$(`tab-${view}`).addEventListener("click", () => { show(view); history.replaceState(null, "", `#${view}`); });
	$(`tab-${view}`).addEventListener("keydown", (event) => {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (!step) return;
		const next = VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length];
		show(next);
		$(`tab-${next}`).focus();
	});
}
window.addEventListener("hashchange", followHash);

function stored() {
	try { return localStorage.getItem("vard-theme") ?? "auto"; } catch { return "auto"; }
}

function setTheme(theme) {
	if (!THEMES.includes(theme)) theme = "auto";
	document.documentElement.dataset.theme = theme;
	const [sign, text] = THEME_TEXTS[theme];
	setText($("theme"), sign);
	$("theme").setAttribute("aria-label", `Colours: ${text}`);
	$("theme").title = `Colours: ${text} (t)`;
	try { localStorage.setItem("vard-theme", theme); } catch { /* It is only for the next time. */ }
}

const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);

const help = () => dialog("Keyboard shortcuts", (close) => [
	h("dl", { class: "shortcuts" }, SHORTCUTS.map(([key, text]) => [h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, text)])),
	h("div", { class: "buttons" }, h("button", { class: "quiet", onclick: () => close() }, "Close"))]);

document.addEventListener("keydown", (event) => {
	const writing = event.target.closest("input, textarea, dialog[open]");
	if (event.key === "Escape" && writing && !event.target.closest("dialog[open]")) return event.target.blur();
	if (writing || event.ctrlKey || event.metaKey || event.altKey) return undefined;
	const actions = {
		1: () => show("cluster"), 2: () => show("keys"), 3: () => show("events"), "?": help, t: nextTheme,
		"/": () => { if (current === "events") events.filter.focus(); else { show("keys"); keys.search.focus(); } },
		n: () => { show("keys"); keys.create(); },
		p: () => { if (current === "events") events.pause(); },
		Delete: () => { if (current === "keys") keys.remove(); },
	};
	if (!(event.key in actions)) return undefined;
	event.preventDefault();
	return actions[event.key]();
});

$("theme").addEventListener("click", nextTheme);
$("help").addEventListener("click", help);
$("sign-in").addEventListener("click", () => signIn(cluster));

function tellState() {
	const { leader, answering, list, quorum } = cluster;
	const state = $("state");
	const [kind, text] = !answering.length ? ["bad", "no member answers"]
		: !leader ? ["bad", answering.length < quorum ? "no quorum" : "no leader"]
		: answering.length < list.length ? ["warn", `${answering.length} of ${list.length} answer`] : ["good", "healthy"];
	setText(state, text);
	state.className = `pill ${kind}`;
	$("sign-in").hidden = !cluster.auth;
	setText($("sign-in"), cluster.authorization ? cluster.user : "Sign in");
	document.title = `${leader ? leader.label : "no leader"} · vard_http`;
}

cluster.addEventListener("change", tellState);
cluster.addEventListener("credentials", tellState);
cluster.addEventListener("lost", ({ detail: member }) => {
	if (member.id !== cluster.home) return;
	const other = cluster.answering.find((one) => one.url);
	notice("home", `${member.label}, which served this page, does not answer. ${other ? `The page goes on with ${other.label}; if you reload, take ${other.url}/ui` : "No other member answers either; it keeps trying."}`, "warn");
});
cluster.addEventListener("back", ({ detail: member }) => { if (member.id === cluster.home) notice("home", ""); });

setTheme(stored());
followHash();
cluster.start();
