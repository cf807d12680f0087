// Slack's mark-up and standard Markdown become elements; entities are read once, nothing is HTML.

import { emoji } from "./emoji.js";
import { h } from "./dom.js";

let names = { users: {}, channels: {}, me: "" };

/** Tell the texts who is who: users by id, channel names by id, and the reader's own id. */
export function setNames(users, channels, me) {
  names = { users, channels, me };
}

export const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** A mention of a person, highlighted where it is the reader. */
export function mention(id) {
  const user = names.users[id];
  return h("span", { class: `mention${id === names.me ? " me" : ""}` }, `@${user ? user.real_name : id}`);
}

export const channelMention = (id, label) => h("span", { class: "mention" }, `#${names.channels[id] ?? label ?? id}`);

/** A link that leaves the page; only web and mail addresses are followed. */
export function link(url, label) {
  const safe = /^(https?:|mailto:)/i.test(url);
  return h("a", { href: safe ? url : undefined, target: "_blank", rel: "noopener noreferrer" }, label ?? url);
}

const two = (number) => String(number).padStart(2, "0");

/** A moment in the reader's own zone, by Slack's date tokens. */
export function dateText(seconds, format, fallback) {
  const at = new Date(seconds * 1000);
  if (Number.isNaN(at.getTime())) return fallback ?? "";
  const say = (options) => new Intl.DateTimeFormat("en-GB", options).format(at);
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);
  const pretty = { 0: "Today", 1: "Tomorrow", "-1": "Yesterday" }[days];
  const short = say({ day: "numeric", month: "short", year: "numeric" });
  const long = say({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const medium = say({ day: "numeric", month: "long", year: "numeric" });
  const ago = () => {
    const gone = (Date.now() - at) / 1000;
    const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]].find(([, s]) => Math.abs(gone) >= s) ?? ["second", 1];
    return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.round(gone / size), unit);
  };
  const parts = {
    date_num: () => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`, date_slash: () => say({ day: "2-digit", month: "2-digit", year: "numeric" }),
    date: () => medium, date_short: () => short, date_long: () => long, date_pretty: () => pretty ?? medium, date_short_pretty: () => pretty ?? short,
    date_long_pretty: () => pretty ?? long, day_divider_pretty: () => pretty ?? long, date_long_full: () => long,
    time: () => `${two(at.getHours())}:${two(at.getMinutes())}`, time_secs: () => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`, ago,
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => parts[name]?.() ?? whole);
}

/** A time element for a moment. */
export function dateNode(seconds, format, fallback, url) {
  const words = dateText(seconds, format, fallback);
  const title = new Date(seconds * 1000).toLocaleString();
  return url ? link(url, words) : h("time", { title }, words);
}

function angle(inside) {
  const [target, label] = [inside.split("|")[0], inside.split("|").slice(1).join("|") || undefined];
  const words = label === undefined ? undefined : unescape(label);
  if (target.startsWith("@")) return mention(target.slice(1));
  if (target.startsWith("#")) return channelMention(target.slice(1), words);
  if (target.startsWith("!date^")) {
    const [, seconds, format, url] = target.split("^");
    return dateNode(Number(seconds), unescape(format), words, url && unescape(url));
  }
  if (target.startsWith("!")) return h("span", { class: "mention me" }, words ?? `@${target.slice(1).split("^")[0]}`);
  return link(unescape(target), words);
}

const INLINE = [
  [/^```\n?([\s\S]*?)\n?```/, (m) => h("pre", {}, unescape(m[1].replace(/<(https?:[^|>]+)(?:\|([^>]*))?>/g, (_, u, l) => l ?? u)))],
  [/^`([^`\n]+)`/, (m) => h("code", {}, unescape(m[1]))],
  [/^<([^<>]+)>/, (m) => angle(m[1])],
  [/^:([a-z0-9_+\-]+(?:::skin-tone-\d)?):/, (m) => h("span", { class: "emoji", title: m[0] }, emoji(m[1]))],
];
const STYLES = [["*", "strong"], ["_", "em"], ["~", "s"]];

function styled(text, before) {
  for (const [mark, tag] of STYLES) {
    if (text[0] !== mark || /[\p{L}\p{N}]$/u.test(before)) continue;
    const end = text.slice(1).search(new RegExp(`(?<=\\S)[${mark}](?![\\p{L}\\p{N}])`, "u"));
    if (end < 1 || /^\s/.test(text.slice(1)) || text.slice(1, end + 1).includes("\n")) continue;
    return { node: h(tag, {}, inline(text.slice(1, end + 1))), length: end + 2 };
  }
  return null;
}

/** Inline mark-up of one piece of text. */
function inline(text) {
  const out = [];
  let plain = "";
  const flush = () => { if (plain) out.push(...unescape(plain).split("\n").flatMap((line, i) => (i ? [h("br"), line] : [line]))); plain = ""; };
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    let taken = 0;
    for (const [pattern, make] of INLINE) {
      const found = pattern.exec(rest);
      if (found) { flush(); out.push(make(found)); taken = found[0].length; break; }
    }
    if (!taken) {
      const style = styled(rest, text.slice(0, at));
      if (style) { flush(); out.push(style.node); taken = style.length; }
    }
    if (!taken) { plain += text[at]; taken = 1; }
    at += taken;
  }
  flush();
  return out;
}

/** Slack's mark-up: quotes by line, all else inline. */
export function mrkdwn(text) {
  const out = [];
  let quote = [], normal = [];
  const flush = () => {
    if (quote.length) out.push(h("blockquote", {}, inline(quote.join("\n"))));
    if (normal.length) out.push(...inline(normal.join("\n")));
    quote = []; normal = [];
  };
  for (const part of String(text ?? "").split(/(```[\s\S]*?```)/)) {
    if (part.startsWith("```")) { flush(); out.push(...inline(part)); continue; }
    for (const line of part.split("\n")) {
      const quoted = /^&gt; ?(.*)$/.exec(line);
      if (quoted ? normal.length : quote.length) flush();
      (quoted ? quote : normal).push(quoted ? quoted[1] : line);
    }
    while (normal.length && normal[normal.length - 1] === "" && part.endsWith("\n")) normal.pop();
    flush();
  }
  return out;
}

/** Text without mark-up, in which only shortcodes mean something. */
export function plainText(text, withEmoji = true) {
  const read = unescape(String(text ?? ""));
  return withEmoji ? read.replace(/:([a-z0-9_+\-]+):/g, (whole, name) => { const found = emoji(name); return found; }) : read;
}

/** A text object of either kind. */
export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return plainText(object.text, object.emoji !== false).split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}
