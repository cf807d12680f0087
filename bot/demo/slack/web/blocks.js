// Block Kit: one function a kind of block.

import { chart } from "./chart.js";
import { h, icon, svg } from "./dom.js";
import { drawElement } from "./elements.js";
import { markdown } from "./markdown.js";
import { link, plainText, textObject } from "./mrkdwn.js";
import { picture } from "./picture.js";
import { richText } from "./rich.js";
import { dataTable, table } from "./tables.js";

const open = new Map(); // message and title → whether a collapsible container was opened by the reader

const DRAW = {
  actions: (block, place) => h("div", { class: "actions" }, block.elements.map((element) => drawElement(element, place, block.block_id))),
  alert: (block) => h("div", { class: `alert ${block.level ?? "default"}`, role: "note" }, h("div", {}, textObject(block.text))),
  card,
  carousel: (block, place) => h("div", { class: "carousel" }, block.elements.map((one) => card(one, place))),
  container,
  context: (block) => h("div", { class: "context" }, block.elements.map((element) => (element.type === "image" ? picture(element, "tiny") : h("span", {}, textObject(element))))),
  context_actions: (block, place) => h("div", { class: "context-actions" }, block.elements.map((element) => drawElement(element, place, block.block_id))),
  data_table: dataTable,
  data_visualization: chart,
  divider: () => h("hr"),
  header: (block) => h("h3", { class: "header" }, plainText(block.text.text, block.text.emoji !== false)),
  image: (block) => h("figure", { class: "image" }, block.title ? h("figcaption", {}, plainText(block.title.text)) : null, picture(block)),
  input,
  markdown: (block) => h("div", { class: "markdown" }, markdown(block.text)),
  plan: (block, place) => h("div", { class: "plan" }, h("strong", {}, plainText(block.title)), (block.tasks ?? []).map((task) => drawBlock(task, place))),
  rich_text: richText,
  section,
  table,
  task_card: task,
  video: (block) => h("div", { class: "section" }, link(block.title_url ?? block.video_url, plainText(block.title.text))),
};

function section(block, place) {
  const accessory = block.accessory ? h("div", { class: `accessory is-${block.accessory.type}` }, drawElement(block.accessory, place, block.block_id)) : null;
  return h("div", { class: "section" },
    h("div", { class: "section-body" },
      block.text ? h("div", { class: "text" }, textObject(block.text)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field" }, textObject(field)))) : null),
    accessory);
}

function card(block, place) {
  return h("article", { class: "card" },
    block.hero_image ? picture(block.hero_image, "hero") : null,
    h("div", { class: "card-body" },
      h("div", { class: "card-head" }, block.icon ? picture(block.icon, "small") : null,
        h("div", {}, block.title ? h("div", { class: "card-title" }, textObject(block.title)) : null, block.subtitle ? h("div", { class: "muted" }, textObject(block.subtitle)) : null)),
      block.body ? h("div", { class: "text" }, textObject(block.body)) : null,
      block.subtext ? h("div", { class: "muted" }, textObject(block.subtext)) : null,
      block.actions ? h("div", { class: "actions" }, block.actions.map((element) => drawElement(element, place, block.block_id))) : null));
}

function container(block, place) {
  const inside = h("div", { class: "container-body" }, drawBlocks(block.child_blocks, place));
  const head = [block.icon ? picture(block.icon, "small") : null, h("div", { class: "container-words" },
    h("div", { class: "container-title" }, block.rich_text_title ? richText(block.rich_text_title) : plainText(block.title.text)),
    block.subtitle ? h("div", { class: "muted" }, textObject(block.subtitle)) : null)];
  const width = `container ${block.width ?? "standard"}${block.has_header_divider ? " divided" : ""}`;
  if (!block.is_collapsible) return h("section", { class: width }, h("div", { class: "container-head" }, head), inside);
  const key = `${place.ts ?? place.view}/${block.title?.text ?? block.block_id}`; // an edit brings new block ids
  const isOpen = open.get(key) ?? !block.default_collapsed;
  const made = h("details", { class: width, open: isOpen, "data-testid": "container", ontoggle: () => open.set(key, made.open) },
    h("summary", { class: "container-head" }, head, h("span", { class: "turn" }, icon("down", 17))), inside);
  return made;
}

function task(block, place) {
  const marks = { complete: icon("check", 14), error: icon("close", 14), in_progress: spinner(), pending: "" };
  return h("div", { class: `task ${block.status}` }, h("span", { class: "task-mark" }, marks[block.status]),
    h("div", {}, h("div", { class: "task-title" }, plainText(block.title)),
      block.details ? h("div", { class: "muted" }, richText(block.details)) : null,
      block.output ? h("div", {}, richText(block.output)) : null,
      block.sources?.length ? h("div", { class: "sources" }, block.sources.map((one) => link(one.url, one.text ?? one.url))) : null));
}

/** A small turning circle. */
export function spinner() {
  return svg("svg", { viewBox: "0 0 24 24", class: "spinner", width: 15, height: 15, "aria-hidden": "true" }, svg("circle", { cx: 12, cy: 12, r: 9, fill: "none", "stroke-width": 3.2, stroke: "currentColor", "stroke-dasharray": "38 20", "stroke-linecap": "round" }));
}

function input(block, place) {
  const error = place.errors?.[block.block_id];
  return h("div", { class: `input${error ? " wrong" : ""}`, "data-testid": `input-${block.block_id}` },
    h("div", { class: "input-label" }, plainText(block.label.text), block.optional ? h("span", { class: "muted" }, " (optional)") : null),
    drawElement(block.element, place, block.block_id, Boolean(block.dispatch_action)),
    error ? h("div", { class: "input-error", role: "alert", "data-testid": "input-error" }, error) : null,
    block.hint ? h("div", { class: "muted hint" }, textObject(block.hint)) : null);
}

/** One block; a kind that this page does not know is named. */
export function drawBlock(block, place) {
  const draw = DRAW[block.type];
  return draw ? draw(block, place) : h("div", { class: "muted" }, `(${block.type})`);
}

/** All blocks of a message or view. `place` is {view} or {channel, ts}, with `me` and `errors`. */
export function drawBlocks(blocks, place) {
  return blocks.map((block) => drawBlock(block, place));
}
