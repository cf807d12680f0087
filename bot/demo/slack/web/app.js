// The page: sidebar, channel or app, thread; it draws again whatever changed.

import { act, look, session, watch } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { composer } from "./composer.js";
import { h, icon, popover } from "./dom.js";
import { setChoices } from "./elements.js";
import { avatar, continues, dayLine, drawMessage, statusLine } from "./message.js";
import { drawModals } from "./modals.js";
import { setNames } from "./mrkdwn.js";
import { drawSidebar } from "./sidebar.js";

const root = document.getElementById("app");
const main = document.getElementById("main");
const side = document.getElementById("side");
const drawn = new WeakMap(); // a list's host → Map(key → {json, node})
let state = null, tab = "home", online = true, frameKey = "", sideKey = "";

const route = /^\/archives\/(\w+)\/p(\d{10})(\d{6})/.exec(location.pathname);
if (route) { session.place = route[1]; session.thread = new URLSearchParams(location.search).get("thread_ts") ?? ""; }
else session.place = sessionStorage.getItem("place") ?? "";
const jump = route ? `${route[2]}.${route[3]}` : "";

/** Keep a list of keyed things in step with their data, touching only what changed. */
function sync(host, items) {
  const known = drawn.get(host) ?? new Map();
  const nodes = items.map(({ key, data, draw }) => {
    const json = JSON.stringify(data);
    const before = known.get(key);
    const node = before && before.json === json ? before.node : draw();
    return [key, { json, node }];
  });
  const next = new Map(nodes);
  for (const [key, { node }] of known) if (next.get(key)?.node !== node) node.remove();
  let at = host.firstChild;
  for (const [, { node }] of nodes) {
    if (node === at) at = at.nextSibling;
    else host.insertBefore(node, at);
  }
  drawn.set(host, next);
}

function listItems(messages, options = {}) {
  const items = [];
  let before = null, day = "";
  for (const message of messages) {
    const today = new Date(message.ts * 1000).toDateString();
    if (!options.inThread && today !== day) { items.push({ key: `day ${today}`, data: today, draw: () => dayLine(message.ts) }); before = null; day = today; }
    const follows = continues(before, message);
    items.push({ key: message.ts, data: [message, follows], draw: () => drawMessage(message, state, { ...options, follows }) });
    for (const reply of options.inline?.[message.ts] ?? []) items.push({ key: reply.ts, data: [reply, "inline"], draw: () => h("div", { class: "inline" }, drawMessage(reply, state, { inThread: true })) });
    const status = options.inThread ? null : statusLine(state, message.ts);
    if (status) items.push({ key: `status ${message.ts}`, data: [state.channel.statuses[message.ts], state.channel.sessions[message.ts]], draw: () => status });
    before = message;
  }
  return items;
}

const atEnd = (scroller) => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;

/** Fill a list that stays at its end, also when pictures arrive late, until the reader scrolls up. */
function fill(scroller, items) {
  const stick = () => { if (scroller.dataset.away !== "yes") scroller.scrollTop = scroller.scrollHeight; };
  if (!scroller.dataset.watched) {
    scroller.dataset.watched = "yes";
    scroller.addEventListener("scroll", () => { scroller.dataset.away = atEnd(scroller) ? "" : "yes"; }, { passive: true });
    scroller.addEventListener("load", stick, true);
  }
  sync(scroller, items);
  stick();
}

function channelHead(channel) {
  return h("header", { class: "head" }, backButton(),
    h("div", { class: "head-title" }, icon(channel.kind === "private" ? "lock" : "hash", 18), h("h1", {}, channel.name), channel.shared ? h("span", { class: "tag" }, "Shared") : null),
    h("span", { class: "topic" }, channel.topic),
    h("span", { class: "grow" }),
    channel.bot || channel.archived ? null : h("button", { class: "button small", "data-testid": "invite", onclick: () => act({ what: "invite", channel: channel.id }) }, `Invite @${state.app.handle}`),
    state.app.shortcuts.some((one) => one.kind === "global") ? shortcutButton() : null,
    h("span", { class: "members", title: `${channel.members} members` }, icon("people", 17), String(channel.members)));
}

function shortcutButton() {
  const made = h("button", { class: "button quiet icon", title: "Shortcuts", "aria-label": "Shortcuts", "data-testid": "shortcuts", onclick: () => {
    const menu = popover(made, h("div", { class: "menu", role: "menu" }, state.app.shortcuts.filter((one) => one.kind === "global").map((one) => h("button", { role: "menuitem", onclick: () => { menu.close(); act({ what: "shortcut", callback: one.id }); } }, h("span", {}, one.name), h("small", {}, state.app.name)))), { align: "end" });
  } }, icon("bolt", 18));
  return made;
}

const backButton = () => h("button", { class: "button quiet icon back", "aria-label": "Back to channels", onclick: () => { root.dataset.view = "list"; } }, icon("back", 20));

function frame(key, build) {
  if (frameKey === key) return;
  frameKey = key;
  main.replaceChildren(...build());
}

function drawChannel() {
  const channel = state.channel;
  const facts = ["channel", channel.id, channel.bot, channel.archived, channel.members, channel.topic, session.me].join("|");
  frame(facts, () => {
    const box = composer({ placeholder: channel.archived ? "This channel is archived" : `Message #${channel.name}`, testid: "composer", disabled: channel.archived,
      target: () => ({ channel: channel.id }), state: () => state });
    return [channelHead(channel), h("div", { class: "scroll", "data-testid": "messages", tabindex: 0 }, welcome(channel)), box.host];
  });
  const scroller = main.querySelector(".scroll");
  scroller.querySelector(".welcome").hidden = channel.messages.length > 3;
  fill(scroller, [{ key: "welcome", data: channel.id, draw: () => scroller.querySelector(".welcome") }, ...listItems(channel.messages)]);
}

function welcome(channel) {
  return h("div", { class: "welcome" }, h("span", { class: "welcome-mark" }, icon(channel.kind === "private" ? "lock" : "hash", 30)), h("h2", {}, `Welcome to #${channel.name}`),
    h("p", {}, channel.topic || "This is the start of the channel."), h("p", { class: "muted" }, "Type ", h("kbd", {}, state.app.commands[0]?.name ?? "/"), ` for commands, or `, h("kbd", {}, `@${state.app.handle}`), " to ask in your own words."));
}

function drawApp() {
  const app = state.app;
  const tabs = [["home", "Home", app.home], ["messages", "Messages", app.messages]].filter(([, , on]) => on);
  frame(`app|${tab}|${session.me}`, () => [
    h("header", { class: "head app-head" }, backButton(), avatar({ kind: "app" }, 30), h("div", { class: "head-title" }, h("h1", {}, app.name), h("span", { class: "tag" }, "App")),
      h("div", { class: "tabs", role: "tablist" }, tabs.map(([name, words]) => h("button", { role: "tab", "aria-selected": String(tab === name), "data-testid": `tab-${name}`, onclick: () => openApp(name) }, words)))),
    ...(tab === "home" ? [h("div", { class: "scroll home", "data-testid": "home" })] : [h("div", { class: "scroll agent", "data-testid": "messages", tabindex: 0 }), agentComposer().host])]);
  const scroller = main.querySelector(".scroll");
  if (tab === "home") {
    const draw = () => h("div", { class: "blocks sheet" }, state.home ? drawBlocks(state.home.blocks, { view: state.home.id, me: session.me }) : h("p", { class: "muted" }, "Nothing is published here yet."));
    sync(scroller, [{ key: "home", data: state.home, draw }]);
    return;
  }
  const messages = state.channel?.messages ?? [];
  const hero = { key: "hero", data: [state.channel?.prompts, messages.length === 0], draw: () => agentHero(messages.length === 0) };
  fill(scroller, [hero, ...listItems(messages, { inline: state.channel?.replies ?? {}, bare: true })]);
}

function agentComposer() {
  return composer({ placeholder: `Ask ${state.app.name}`, testid: "composer", target: () => ({ channel: state.app.channel }), state: () => state });
}

function agentHero(empty) {
  const prompts = state.channel?.prompts;
  return h("div", { class: `hero${empty ? "" : " calm"}` }, avatar({ kind: "app" }, 52), h("h2", {}, prompts?.title || `How can ${state.app.name} help?`),
    prompts ? h("div", { class: "prompts" }, prompts.prompts.map((one) => h("button", { class: "prompt", "data-testid": "prompt", onclick: () => act({ what: "type", channel: state.app.channel, text: one.message }) }, one.title))) : null);
}

function drawSide() {
  const thread = state.thread;
  side.hidden = !thread;
  root.classList.toggle("with-side", Boolean(thread));
  if (!thread) { sideKey = ""; side.replaceChildren(); return; }
  if (sideKey !== thread.ts) {
    sideKey = thread.ts;
    const box = composer({ placeholder: "Reply…", testid: "thread-composer", target: () => ({ channel: state.channel.id, thread: sideKey }), state: () => state });
    side.replaceChildren(h("header", { class: "head" }, h("div", { class: "head-title" }, h("h1", {}, "Thread")), h("span", { class: "topic" }, `#${state.channel.name}`), h("span", { class: "grow" }),
      h("button", { class: "button quiet icon", "aria-label": "Close thread", "data-testid": "thread-close", onclick: () => openThread("") }, icon("close"))),
    h("div", { class: "scroll", "data-testid": "thread" }), box.host);
  }
  const scroller = side.querySelector(".scroll");
  const count = thread.replies.length;
  const rule = { key: "rule", data: count, draw: () => h("div", { class: "day" }, h("span", {}, count === 1 ? "1 reply" : `${count} replies`)) };
  const status = statusLine(state, thread.ts);
  const last = status ? [{ key: "status", data: [state.channel.statuses[thread.ts], state.channel.sessions[thread.ts]], draw: () => status }] : [];
  fill(scroller, [...listItems([thread.parent], { inThread: true }), rule, ...listItems(thread.replies, { inThread: true }), ...last]);
}

function openThread(ts) {
  session.thread = ts;
  refresh();
}

function openChannel(id) {
  Object.assign(session, { place: id, thread: "" });
  root.dataset.view = "channel";
  sessionStorage.setItem("place", id);
  refresh();
}

async function openApp(name) {
  tab = name;
  Object.assign(session, { place: state.app.channel ?? "", thread: "" });
  root.dataset.view = "app";
  sessionStorage.setItem("place", session.place);
  await act({ what: "home", tab: name });
  if (!session.place) session.place = (await look()).app.channel ?? "";
  refresh();
}

function become(id) {
  session.me = id;
  sessionStorage.setItem("me", id);
  Object.assign(session, { place: "", thread: "" });
  frameKey = "";
  root.dataset.view = "channel";
  refresh();
}

function draw() {
  session.me = state.me.id;
  setNames(state.users, state.names, state.me.id);
  setChoices(state);
  document.title = `${state.channel?.kind === "im" ? state.app.name : `#${state.channel?.name ?? ""}`} · ${state.team}`;
  if (root.dataset.view === "channel" && state.channel?.kind === "im") root.dataset.view = "app";
  const inApp = root.dataset.view === "app" || (root.dataset.view === "list" && state.channel?.kind === "im");
  if (!inApp && state.channel) localStorage.setItem(`read ${session.me} ${state.channel.id}`, state.channel.latest);
  drawSidebar(state, { inApp, online, openChannel, openApp, become });
  if (inApp) drawApp();
  else if (state.channel) drawChannel();
  drawSide();
  drawModals(state.stack);
  root.setAttribute("aria-busy", "false");
}

let running = false, again = false;
async function refresh() {
  if (running) { again = true; return; }
  running = true;
  try {
    do {
      again = false;
      state = await look();
      draw();
    } while (again);
  } catch (problem) {
    console.error(problem);
  } finally {
    running = false;
  }
}

document.addEventListener("thread", (event) => openThread(event.detail));
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && session.thread && !event.defaultPrevented) openThread(""); });
await refresh();
if (jump) document.querySelector(`[data-ts="${CSS.escape(jump)}"]`)?.classList.add("found");
watch(refresh, (up) => { if (online !== up) { online = up; if (state) draw(); } });
