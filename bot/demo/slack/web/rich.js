// Rich text: literal nodes in sections, lists, quotes and preformatted text.

import { emoji } from "./emoji.js";
import { h } from "./dom.js";
import { channelMention, dateNode, link, mention } from "./mrkdwn.js";

const lines = (text) => text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));

function node(part) {
  switch (part.type) {
    case "text": return lines(part.text);
    case "link": return link(part.url, part.text);
    case "emoji": return h("span", { class: "emoji" }, part.unicode ? String.fromCodePoint(...part.unicode.split("-").map((code) => parseInt(code, 16))) : emoji(part.name));
    case "user": return mention(part.user_id);
    case "usergroup": return h("span", { class: "mention" }, `@${part.usergroup_id}`);
    case "channel": return channelMention(part.channel_id);
    case "broadcast": return h("span", { class: "mention me" }, `@${part.range}`);
    case "date": return dateNode(part.timestamp, part.format, part.fallback, part.url);
    case "color": return h("span", { class: "colour" }, h("i", { style: `background:${CSS.supports("color", part.value) ? part.value : "none"}` }), part.value);
    default: return part.text ?? "";
  }
}

const TAGS = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u", highlight: "mark" };

function styled(part) {
  let made = [node(part)].flat();
  for (const [name, tag] of Object.entries(TAGS)) if (part.style?.[name]) made = [h(tag, {}, made)];
  return made;
}

const inside = (element) => element.elements.flatMap(styled);

function part(element) {
  if (element.type === "rich_text_quote") return h("blockquote", {}, inside(element));
  if (element.type === "rich_text_preformatted") return h("pre", {}, inside(element));
  if (element.type === "rich_text_list") {
    const tag = element.style === "ordered" ? "ol" : "ul";
    return h(tag, { class: `indent-${element.indent ?? 0}`, start: element.offset ? element.offset + 1 : undefined }, element.elements.map((item) => h("li", {}, inside(item))));
  }
  return h("div", { class: "rich-section" }, inside(element));
}

/** A rich_text block or cell. */
export function richText(block) {
  return h("div", { class: "rich" }, block.elements.map(part));
}
