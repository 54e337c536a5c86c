// Elements from code. What is a value anywhere becomes text here, never HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
	for (const [name, value] of Object.entries(properties ?? {})) {
		if (value === undefined || value === null || value === false) continue;
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else if (name === "style") for (const [key, it] of Object.entries(value)) element.style.setProperty(key, it);
		else if (name in element && ["value", "checked", "disabled", "hidden"].includes(name)) element[name] = value;
		else element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.flat(3).filter((it) => it !== null && it !== undefined && it !== false));
	return element;
}

export const h = (tag, properties, ...children) =>
	fill(document.createElement(tag), properties, children);

export const s = (tag, properties, ...children) =>
	fill(document.createElementNS(SVG, tag), properties, children);

// Of fields for names and values, which are no prose.
export const PLAIN = { spellcheck: "false", autocomplete: "off" };
export const NUMBER = { ...PLAIN, inputmode: "numeric", placeholder: "none", size: 8 };

export const $ = (id) => document.getElementById(id);

export function setText(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
	if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// A modal dialog; its promise is what `close` was called with, undefined if it was dismissed.
// `build(close)` gives what stands below the title.
export function dialog(title, build, { wide = false } = {}) {
	return new Promise((resolve) => {
		let result;
		const close = (value) => { result = value; element.close(); };
		const heading = h("h2", { id: "dialog-title" }, title);
		const element = h("dialog", { class: wide ? "wide" : "", "aria-labelledby": "dialog-title" }, heading, build(close));
		element.addEventListener("close", () => { element.remove(); resolve(result); });
		element.addEventListener("click", (event) => { if (event.target === element) element.close(); });
		document.body.append(element);
		element.showModal();
		(element.querySelector("[autofocus]") ?? element.querySelector("input, textarea, button"))?.focus();
	});
}

// The lowest line of a dialog: a way out, and `more`.
export const buttons = (close, ...more) =>
	h("div", { class: "buttons" }, h("button", { type: "button", class: "quiet", onclick: () => close() }, "Cancel"), more);

// Asks first. Resolves to true only if `action` was pressed.
export const confirm = (title, paragraphs, action, { danger = true } = {}) =>
	dialog(title, (close) => [
		paragraphs.map((text) => (typeof text === "string" ? h("p", {}, text) : text)),
		buttons(close, h("button", { class: danger ? "danger" : "primary", onclick: () => close(true) }, action)),
	]);

// A line at the top that stays until it is closed, or until `notice` with the same id is called.
export function notice(id, text, kind = "info", ...more) {
	const old = document.getElementById(`notice-${id}`);
	if (!text) return old?.remove();
	const element = h("div", { id: `notice-${id}`, class: `notice ${kind}`, role: kind === "error" ? "alert" : null },
		h("span", {}, text), more,
		h("button", { class: "quiet icon", "aria-label": "Close", onclick: () => element.remove() }, "×"));
	if (old) { if (old.firstChild.textContent !== text) old.replaceWith(element); } else $("notices").append(element);
	if (kind === "info") setTimeout(() => element.remove(), 8000);
}
