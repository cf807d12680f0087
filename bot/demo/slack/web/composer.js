// The box to type into: completes slash commands and mentions, sends on return.

import { act } from "./api.js";
import { h, icon } from "./dom.js";

function suggestions(text, state) {
  const command = /^\/(\S*)$/.exec(text);
  if (command) {
    return state.app.commands.filter((one) => one.name.slice(1).startsWith(command[1].toLowerCase()))
      .map((one) => ({ put: `${one.name} `, title: one.name, note: one.hint, detail: one.description, from: state.app.name }));
  }
  const hint = /^(\/\S+)\s$/.exec(text);
  if (hint) {
    const found = state.app.commands.find((one) => one.name === hint[1]);
    return found ? [{ title: found.name, note: found.hint, detail: found.description, from: state.app.name }] : [];
  }
  const who = /(?:^|\s)@(\w*)$/.exec(text);
  if (who) {
    const wanted = who[1].toLowerCase();
    const start = text.length - who[1].length - 1;
    return Object.values(state.users).filter((one) => one.name !== "slackbot" && (one.name.toLowerCase().startsWith(wanted) || one.real_name.toLowerCase().startsWith(wanted)))
      .sort((a, b) => (b.kind === "app") - (a.kind === "app")).slice(0, 6)
      .map((one) => ({ put: `${text.slice(0, start)}@${one.name} `, title: `@${one.name}`, detail: one.real_name, from: one.kind === "app" ? "App" : "" }));
  }
  return [];
}

/**
 * A composer. `target` gives {channel, thread} at the time of sending, `state` the latest state.
 */
export function composer({ placeholder, testid, target, state, disabled }) {
  const list = h("div", { class: "suggest", role: "listbox", hidden: true, "data-testid": "suggestions" });
  const box = h("textarea", { rows: 1, placeholder, "aria-label": placeholder, "data-testid": testid, disabled, autocomplete: "off", spellcheck: "true" });
  const button = h("button", { class: "send", type: "button", "aria-label": "Send", "data-testid": `${testid}-send`, disabled: true, onclick: () => send() }, icon("send", 18));
  const host = h("div", { class: "composer" }, list, h("div", { class: "composer-box" }, box, h("div", { class: "composer-row" },
    tool("/", "Commands", () => begin("/")), tool("@", "Mention someone", () => begin(box.value && !box.value.endsWith(" ") ? " @" : "@")), h("span", { class: "grow" }), button)));
  let offered = [], picked = 0;

  function tool(words, title, onclick) {
    return h("button", { class: "tool", type: "button", title, "aria-label": title, disabled, onclick }, words);
  }
  function begin(words) {
    box.value = words === "/" ? "/" : box.value + words;
    box.focus();
    changed();
  }
  function grow() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
  }
  function changed() {
    grow();
    button.disabled = !box.value.trim();
    offered = box.selectionStart === box.value.length ? suggestions(box.value, state()) : [];
    picked = 0;
    draw();
  }
  function draw() {
    list.hidden = !offered.length;
    list.replaceChildren(...offered.map((one, index) => h("button", { type: "button", role: "option", "aria-selected": String(index === picked && Boolean(one.put)), "data-testid": "suggestion", onclick: () => take(one) },
      h("span", {}, h("strong", {}, one.title), one.note ? h("span", { class: "muted" }, ` ${one.note}`) : null, one.detail ? h("small", {}, one.detail) : null), h("span", { class: "muted" }, one.from ?? ""))));
  }
  function take(one) {
    if (!one.put) return;
    box.value = one.put;
    box.focus();
    changed();
  }
  async function send() {
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    changed();
    const answer = await act({ what: "type", text, ...target() });
    if (answer.error && !box.value) { box.value = text; changed(); }
  }
  box.addEventListener("input", changed);
  box.addEventListener("blur", () => setTimeout(() => { list.hidden = true; }, 180));
  box.addEventListener("focus", changed);
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden && offered.some((one) => one.put);
    if (open && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      picked = (picked + (event.key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length;
      draw();
    } else if (open && (event.key === "Tab" || (event.key === "Enter" && box.value.trim() !== offered[picked].put.trim()))) {
      event.preventDefault();
      take(offered[picked]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      list.hidden = true;
    }
  });
  return { host, box, put: (words) => { box.value = words; box.focus(); changed(); } };
}
