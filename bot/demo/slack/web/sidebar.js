// The sidebar: workspace, channels, the app, and who is looking.

import { h, icon, popover } from "./dom.js";
import { avatar } from "./message.js";

const themes = ["auto", "light", "dark"];
const theme = () => localStorage.getItem("theme") ?? "auto";
const paint = () => { document.documentElement.dataset.theme = theme(); };
paint();

function themeButton() {
  const made = h("button", { class: "row quiet", title: "Light, dark or as the system", onclick: () => {
    localStorage.setItem("theme", themes[(themes.indexOf(theme()) + 1) % themes.length]);
    paint();
    made.querySelector("span").textContent = `Theme: ${theme()}`;
  } }, icon("sun", 17), h("span", {}, `Theme: ${theme()}`));
  return made;
}

function personMenu(state, become) {
  const words = { admin: "Admin", guest: "Guest", stranger: "Other organisation", member: "" };
  const made = h("button", { class: "row me", "data-testid": "me", "aria-label": `You are ${state.me.real_name}; switch person`, onclick: () => {
    const menu = popover(made, h("div", { class: "menu", role: "menu" }, h("div", { class: "group" }, "Look at the workspace as"),
      state.people.map((one) => h("button", { role: "menuitem", class: "person", "data-testid": `become-${one.name}`, onclick: () => { menu.close(); become(one.id); } }, avatar(one, 26), h("span", {}, one.real_name, words[one.kind] ? h("small", {}, words[one.kind]) : null), one.id === state.me.id ? icon("check", 15) : null))));
  } }, avatar(state.me, 28), h("span", { class: "name" }, state.me.real_name), icon("down", 15));
  return made;
}

function channelRow(channel, state, current, openChannel) {
  const read = localStorage.getItem(`read ${state.me.id} ${channel.id}`) ?? "";
  const unread = channel.latest > read && !current;
  return h("button", { class: `row${current ? " current" : ""}${unread ? " unread" : ""}`, "aria-current": current ? "page" : undefined, "data-testid": `channel-${channel.name}`, onclick: () => openChannel(channel.id) },
    icon(channel.kind === "private" ? "lock" : "hash", 16), h("span", { class: "name" }, channel.name), channel.archived ? h("small", {}, "archived") : null, unread ? h("i", { class: "dot" }) : null);
}

let last = "";

/** Draw the sidebar, if anything in it changed. */
export function drawSidebar(state, { inApp, online, openChannel, openApp, become }) {
  const facts = JSON.stringify([state.channels, state.me, state.people, state.connected, inApp, online, state.channel?.id, state.app]);
  if (facts === last) return;
  last = facts;
  const ok = online && state.connected;
  const words = !online ? "Workspace is gone" : state.connected ? `${state.app.name} is connected` : `${state.app.name} is not connected`;
  document.getElementById("sidebar").replaceChildren(
    h("div", { class: "team" }, h("img", { src: "/static/icon.svg", alt: "" }), h("div", {}, h("strong", {}, state.team), h("span", { class: `link ${ok ? "up" : "down"}`, "data-testid": "connection" }, words))),
    h("div", { class: "rows" },
      h("h2", {}, "Channels"),
      state.channels.map((channel) => channelRow(channel, state, !inApp && channel.id === state.channel?.id, openChannel)),
      h("h2", {}, "Apps"),
      h("button", { class: `row${inApp ? " current" : ""}`, "data-testid": "open-app", onclick: () => openApp(state.app.home ? "home" : "messages") }, avatar({ kind: "app" }, 20), h("span", { class: "name" }, state.app.name))),
    h("div", { class: "foot" }, themeButton(), personMenu(state, become)));
}
