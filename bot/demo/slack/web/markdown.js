// Standard Markdown, as markdown blocks and streamed answers use it.

import { emoji } from "./emoji.js";
import { h } from "./dom.js";
import { dateNode, link, mention } from "./mrkdwn.js";

const RULES = [
  [/^\\([\\`*_{}[\]()#+\-.!|<>~])/, (m) => m[1]],
  [/^``\s?(.+?)\s?``/, (m) => h("code", {}, m[1])],
  [/^`([^`]+)`/, (m) => h("code", {}, m[1])],
  [/^!?\[((?:\\.|[^\]\\])*)\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/, (m) => link(m[2], inline(m[1]))],
  [/^<@(\w+)>/, (m) => mention(m[1])],
  [/^<!date\^(\d+)\^([^|>]+)(?:\|([^>]*))?>/, (m) => dateNode(Number(m[1]), m[2], m[3])],
  [/^<(https?:[^>|]+)(?:\|([^>]+))?>/, (m) => link(m[1], m[2])],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*/, (m) => h("strong", {}, inline(m[1]))],
  [/^__(?=\S)([\s\S]*?\S)__/, (m) => h("strong", {}, inline(m[1]))],
  [/^\*(?=\S)([\s\S]*?\S)\*(?!\*)/, (m) => h("em", {}, inline(m[1]))],
  [/^_(?=\S)([\s\S]*?\S)_(?![\p{L}\p{N}_])/u, (m) => h("em", {}, inline(m[1]))],
  [/^~~(?=\S)([\s\S]*?\S)~~/, (m) => h("s", {}, inline(m[1]))],
  [/^:([a-z0-9_+\-]+):/, (m) => emoji(m[1])],
  [/^https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"]/, (m) => link(m[0])],
  [/^(?: {2,}|\\)\n/, () => h("br")],
  [/^&(amp|lt|gt|quot);/, (m) => ({ amp: "&", lt: "<", gt: ">", quot: '"' })[m[1]]],
];

function inline(text) {
  const out = [];
  let plain = "";
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const word = /[\p{L}\p{N}]$/u.test(text.slice(0, at));
    let taken = 0;
    for (const [pattern, make] of RULES) {
      if (word && /^[_:h]/.test(rest)) break;
      const found = pattern.exec(rest);
      if (!found) continue;
      const made = make(found);
      if (typeof made === "string") plain += made;
      else { if (plain) out.push(plain); plain = ""; out.push(made); }
      taken = found[0].length;
      break;
    }
    if (!taken) { plain += text[at] === "\n" ? " " : text[at]; taken = 1; }
    at += taken;
  }
  if (plain) out.push(plain);
  return out;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim());

function table(lines) {
  const aligns = cells(lines[1]).map((rule) => (rule.endsWith(":") ? (rule.startsWith(":") ? "center" : "right") : "left"));
  const row = (line, tag) => h("tr", {}, cells(line).map((cell, index) => h(tag, { style: `text-align:${aligns[index] ?? "left"}` }, inline(cell))));
  return h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("thead", {}, row(lines[0], "th")), h("tbody", {}, lines.slice(2).map((line) => row(line, "td")))));
}

function list(lines) {
  const item = /^(\s*)(?:([-*+])|(\d+)[.)])\s+(.*)$/;
  const first = item.exec(lines[0]);
  const root = h(first[2] ? "ul" : "ol", { start: first[3] });
  const stack = [{ indent: first[1].length, node: root }];
  for (const line of lines) {
    const found = item.exec(line);
    if (!found) { stack.at(-1).node.lastElementChild?.append(" ", ...inline(line.trim())); continue; }
    const indent = found[1].length;
    while (stack.length > 1 && indent < stack.at(-1).indent) stack.pop();
    if (indent > stack.at(-1).indent + 1 && stack.at(-1).node.lastElementChild) {
      const deeper = h(found[2] ? "ul" : "ol");
      stack.at(-1).node.lastElementChild.append(deeper);
      stack.push({ indent, node: deeper });
    }
    const task = /^\[([ xX])\]\s+(.*)$/.exec(found[4]);
    stack.at(-1).node.append(task
      ? h("li", { class: "task" }, h("input", { type: "checkbox", checked: task[1] !== " ", disabled: true }), inline(task[2]))
      : h("li", {}, inline(found[4])));
  }
  return root;
}

/** The elements of a Markdown text. */
export function markdown(text) {
  const lines = String(text ?? "").replaceAll("\r", "").split("\n");
  const out = [];
  const until = (at, keep) => { let end = at; while (end < lines.length && keep(lines[end])) end += 1; return end; };
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const fence = /^\s*(```|~~~)/.exec(line);
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    let end = at + 1;
    if (!line.trim()) { at += 1; continue; }
    if (fence) {
      end = until(at + 1, (l) => !l.trim().startsWith(fence[1]));
      out.push(h("pre", {}, lines.slice(at + 1, end).join("\n")));
      end += 1;
    } else if (heading) {
      out.push(h(`h${Math.min(6, heading[1].length + 2)}`, { class: "md-heading" }, inline(heading[2])));
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      out.push(h("hr"));
    } else if (/^>/.test(line)) {
      end = until(at, (l) => /^>/.test(l));
      out.push(h("blockquote", {}, markdown(lines.slice(at, end).map((l) => l.replace(/^> ?/, "")).join("\n"))));
    } else if (line.includes("|") && /^[\s|:\-]+$/.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-")) {
      end = until(at, (l) => l.includes("|"));
      out.push(table(lines.slice(at, end)));
    } else if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) {
      end = until(at, (l) => /^\s*([-*+]|\d+[.)])\s+/.test(l) || /^\s{2,}\S/.test(l));
      out.push(list(lines.slice(at, end)));
    } else {
      end = until(at + 1, (l) => l.trim() && !/^(#{1,6}\s|>|\s*```|\s*([-*+]|\d+[.)])\s+)/.test(l));
      out.push(h("p", {}, inline(lines.slice(at, end).join("\n"))));
    }
    at = end;
  }
  return out;
}
