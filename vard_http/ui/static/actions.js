// Changes of the cluster, each with what it means for the quorum, and signing in.

import { PLAIN, buttons, confirm, dialog, h, notice } from "./dom.js";
import { Unreachable, reason } from "./cluster.js";

const majority = (n) => Math.floor(n / 2) + 1;
const count = (n, one) => `${n} ${n === 1 ? one : `${one}s`}`;

// What the cluster can bear with `voters`, of whom `alive` answer.
const bears = (voters, alive) => `Of ${count(voters, "member")} ${majority(voters)} have to be up. ${alive >= majority(voters) ? `${alive} are, so ${alive - majority(voters) || "no"} more may fail.` : `Only ${alive} are: the cluster would stop taking writes.`}`;

async function attempt(cluster, what, send) {
	try {
		const answer = await send();
		if (answer.status === 401) {
			notice("action", `${what}: root's credentials are needed.`, "error");
			if (await signIn(cluster)) return attempt(cluster, what, send);
		} else notice("action", answer.ok ? `${what}: done.` : `${what}: ${reason(answer)}`, answer.ok ? "info" : "error");
		return answer.ok;
	} catch (error) {
		if (!(error instanceof Unreachable)) throw error;
		notice("action", `${what}: ${error.message}`, "error");
		return false;
	}
}

export async function moveLeader(cluster, member) {
	const { leader } = cluster;
	if (!leader) return;
	const sure = await confirm(`Make ${member.label} the leader?`,
		[`${leader.label} hands over once ${member.label} has its whole log; writes wait for some milliseconds. The quorum stays as it is.`], "Move leader", { danger: false });
	if (sure) await attempt(cluster, `Moving the leader to ${member.label}`, () => cluster.request("/ui/leader", { method: "POST", body: { to: member.id }, member: cluster.leader ?? leader }));
}

export async function removeMember(cluster, member) {
	const voters = cluster.list.filter((one) => !one.learner);
	const alive = voters.filter((one) => one.answers && one !== member).length;
	const left = voters.length - (member.learner ? 0 : 1);
	const texts = [
		`${member.label} leaves for ever: its process ends, and its id never comes back. To have it again, add it as a new member with empty data.`,
		left ? bears(left, alive) : "It is the last member.",
	];
	if (member.status?.role === "Leader" && member.answers) texts.push("It is the leader: another is elected first.");
	const sure = await confirm(`Remove ${member.label}?`, texts, `Remove ${member.label}`);
	const other = cluster.answering.find((one) => one !== member && one.status.leader);
	if (sure) await attempt(cluster, `Removing ${member.label}`, () => cluster.request(`/ui/v2/members/${member.id}`, { method: "DELETE", member: other }));
}

export async function addMember(cluster) {
	const voters = cluster.list.filter((one) => !one.learner).length;
	const urls = await dialog("Add a member", (close) => {
		const input = h("input", { id: "peer-urls", required: true, placeholder: "http://10.0.0.4:2380", ...PLAIN });
		return h("form", { onsubmit: (event) => { event.preventDefault(); close(input.value.split(",").map((url) => url.trim()).filter(Boolean)); } },
			h("label", { for: "peer-urls" }, "Its peer URLs, with commas between them"), input,
			h("p", {}, `It counts from now on, before it has started. ${bears(voters + 1, cluster.answering.filter((one) => !one.learner).length)}`),
			h("p", { class: "dim" }, "Then start it with --initial-cluster-state=existing and all members in --initial-cluster."),
			buttons(close, h("button", { class: "primary" }, "Add member")));
	});
	if (urls?.length) await attempt(cluster, "Adding a member", () => cluster.request("/ui/v2/members", { method: "POST", body: { peerURLs: urls } }));
}

// Asks for a name and a password, which stay in this page's memory. Whether they were given.
export async function signIn(cluster) {
	const given = await dialog("Sign in", (close) => {
		const user = h("input", { id: "user", autocomplete: "username", value: "root", required: true });
		const password = h("input", { id: "password", type: "password", autocomplete: "current-password", autofocus: true });
		return h("form", { onsubmit: (event) => { event.preventDefault(); close([user.value, password.value]); } },
			h("label", { for: "user" }, "User"), user, h("label", { for: "password" }, "Password"), password,
			h("p", { class: "dim" }, "Kept until this page is closed, and sent to the members of this cluster only."),
			buttons(close,
				cluster.authorization ? h("button", { type: "button", class: "quiet", onclick: () => close(["", ""]) }, "Sign out") : null,
				h("button", { class: "primary" }, "Sign in")));
	});
	if (!given) return false;
	const [user, password] = given;
	cluster.user = user;
	cluster.authorization = user ? `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}` : null;
	notice("action", "");
	cluster.dispatchEvent(new Event("credentials"));
	return Boolean(user);
}
