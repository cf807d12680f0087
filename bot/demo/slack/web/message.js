// A message: who, when, what, and what can be done with it.

import { act, session } from "./api.js";
import { drawBlocks, spinner } from "./blocks.js";
import { h, icon, popover } from "./dom.js";
import { emoji } from "./emoji.js";
import { link, mrkdwn, plainText, textObject } from "./mrkdwn.js";
import { picture } from "./picture.js";

const HUES = [262, 18, 168, 212, 330, 42, 128, 290];

/** A round-cornered square with initials, or the app's mark. */
export function avatar(user, size = 36) {
  const box = `width:${size}px;height:${size}px;font-size:${Math.round(size * 0.38)}px`;
  if (user?.kind === "app") return h("span", { class: "avatar app", style: box, "aria-hidden": "true" }, h("img", { src: "/static/icon.svg", alt: "" }));
  const name = user?.real_name ?? "?";
  const hue = HUES[[...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES.length];
  const letters = name.split(/\s+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
  return h("span", { class: "avatar", style: `${box};--hue:${hue}`, "aria-hidden": "true" }, letters);
}

const clock = (ts) => new Date(Number(ts) * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

function file(message, one) {
  const ready = message.ready[one.id];
  if (ready && one.mimetype.startsWith("image/")) {
    return h("figure", { class: "image" }, h("figcaption", {}, one.title), picture({ slack_file: { id: one.id }, alt_text: one.alt_txt || one.title }));
  }
  return h("a", { class: "file", href: ready ? `/page/file/${one.id}` : undefined, download: one.name }, icon("file", 26), h("span", {}, h("strong", {}, one.title), h("small", {}, ready ? `${Math.max(1, Math.round(one.size / 1024))} kB` : "Processing…")));
}

const ownText = (message) => message.text && !message.blocks?.length;

function attachment(one, place) {
  const colour = /^#?[0-9a-f]{6}$/i.test(one.color ?? "") ? `#${one.color.replace("#", "")}` : { good: "#2eb886", warning: "#daa038", danger: "#d9434e" }[one.color];
  const entity = one.work_object;
  return h("div", { class: "attachment", style: colour ? `--bar:${colour}` : undefined, "data-testid": one.from_url ? "unfurl" : undefined },
    one.pretext ? h("div", {}, mrkdwn(one.pretext)) : null,
    one.title ? h("div", { class: "card-title" }, one.title_link ? link(one.title_link, one.title) : one.title) : null,
    one.text ? h("div", {}, mrkdwn(one.text)) : null,
    entity ? h("div", { class: "card-title" }, link(entity.url ?? one.from_url, entity.entity_payload?.attributes?.title?.text ?? entity.url)) : null,
    one.blocks ? drawBlocks(one.blocks, place) : null,
    one.footer ? h("div", { class: "muted" }, one.footer) : null);
}

function tools(message, state, inThread) {
  const shortcuts = state.app.shortcuts.filter((one) => one.kind === "message");
  const place = { channel: message.channel, ts: message.ts };
  const more = h("button", { class: "tool", title: "More actions", "aria-label": "More actions", "data-testid": "message-more", onclick: () => {
    const menu = popover(more, h("div", { class: "menu", role: "menu" },
      shortcuts.map((one) => h("button", { role: "menuitem", onclick: () => { menu.close(); act({ what: "shortcut", callback: one.id, ...place }); } }, h("span", {}, one.name), h("small", {}, state.app.name))),
      h("button", { role: "menuitem", onclick: () => { menu.close(); navigator.clipboard?.writeText(`${location.origin}/archives/${message.channel}/p${message.ts.replace(".", "")}`); } }, "Copy link"),
      h("button", { role: "menuitem", class: "danger", onclick: () => { menu.close(); act({ what: "delete", ...place }); } }, "Delete message")), { align: "end" });
  } }, icon("more"));
  return h("div", { class: "tools" },
    ["+1", "eyes", "tada"].map((name) => h("button", { class: "tool emoji", title: `React with ${name}`, onclick: () => act({ what: "react", emoji: name, ...place }) }, emoji(name))),
    inThread || message.ephemeral ? null : h("button", { class: "tool", title: "Reply in thread", "aria-label": "Reply in thread", "data-testid": "reply", onclick: () => openThread(message) }, icon("reply")),
    more);
}

function openThread(message) {
  document.dispatchEvent(new CustomEvent("thread", { detail: message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : message.ts }));
}

function threadLine(message, state) {
  if (!message.reply_count) return null;
  const users = message.reply_users.slice(0, 4).map((id) => avatar(state.users[id], 22));
  return h("button", { class: "thread-line", "data-testid": "thread-line", onclick: () => openThread(message) }, users,
    h("strong", {}, `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`), h("span", { class: "muted" }, `Last at ${clock(message.latest_reply)}`));
}

/** What the app says it is doing in a thread, with a Stop button while it works. */
export function statusLine(state, thread) {
  const status = state.channel.statuses[thread], session_ = state.channel.sessions[thread];
  const working = session_?.status === "processing";
  if (!status && !working) return null;
  const words = status?.status || "is working…";
  return h("div", { class: "status", "data-testid": "status" }, spinner(), h("span", { class: "status-words" }, h("span", {}, h("strong", {}, state.app.name), ` ${words}`),
    status?.loading?.length ? h("span", { class: "muted" }, status.loading[0]) : null),
    working ? h("button", { class: "button small", "data-testid": "stop", onclick: () => act({ what: "stop", channel: state.channel.id, thread }) }, icon("stop", 14), "Stop") : null);
}

/** A message; `follows` hides the name below another of the same author. */
export function drawMessage(message, state, { follows = false, inThread = false, bare = false } = {}) {
  const user = state.users[message.user];
  const place = { channel: message.channel, ts: message.ts, me: session.me };
  const unfurls = Object.values(message.unfurls ?? {});
  const kinds = `message${follows ? " follows" : ""}${message.ephemeral ? " ephemeral" : ""}${message.streaming ? " streaming" : ""}`;
  const tag = { app: "App", guest: "Guest", stranger: "External" }[user?.kind];
  const body = h("div", { class: "body" },
    follows ? null : h("div", { class: "who" }, h("strong", {}, user?.real_name ?? message.user), tag ? h("span", { class: "tag" }, tag) : null, h("time", {}, clock(message.ts))),
    message.ephemeral ? h("div", { class: "only", "data-testid": "only-you" }, icon("eye", 14), "Only visible to you") : null,
    ownText(message) ? h("div", { class: "text" }, mrkdwn(message.text), message.edited ? h("span", { class: "muted" }, " (edited)") : null) : null,
    message.blocks?.length ? h("div", { class: "blocks" }, drawBlocks(message.blocks, place)) : null,
    [...(message.attachments ?? []), ...unfurls].map((one) => attachment(one, place)),
    message.files?.length ? h("div", { class: "files" }, message.files.map((one) => file(message, one))) : null,
    message.stopped ? h("div", { class: "muted" }, "Stopped") : null,
    message.reactions?.length ? h("div", { class: "reactions" }, message.reactions.map((one) => h("button", { class: `reaction${one.users.includes(session.me) ? " mine" : ""}`, onclick: () => act({ what: "react", emoji: one.name, channel: message.channel, ts: message.ts }) }, emoji(one.name), ` ${one.count}`))) : null,
    inThread || bare ? null : threadLine(message, state));
  return h("div", { class: kinds, "data-testid": "message", "data-ts": message.ts, "data-app": message.app ? "true" : undefined },
    h("div", { class: "gutter" }, follows ? h("time", {}, clock(message.ts)) : avatar(user)), body, tools(message, state, inThread));
}

/** The line between two days. */
export function dayLine(ts) {
  const day = new Date(Number(ts) * 1000);
  const gone = Math.round((new Date().setHours(0, 0, 0, 0) - day.setHours(0, 0, 0, 0)) / 864e5);
  const words = gone === 0 ? "Today" : gone === 1 ? "Yesterday" : new Date(Number(ts) * 1000).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
  return h("div", { class: "day" }, h("span", {}, words));
}

/** Whether a message continues the one before. */
export const continues = (before, message) => Boolean(before) && before.user === message.user && !before.ephemeral === !message.ephemeral
  && message.ts - before.ts < 300 && !message.reply_count && !before.reply_count && before.subtype === message.subtype;

export { plainText, textObject };
