// Buttons, menus and inputs. What is done goes to `act`, what is typed stays in `held`.

import { act, ask } from "./api.js";
import { h, icon, popover } from "./dom.js";
import { plainText, textObject } from "./mrkdwn.js";
import { picture } from "./picture.js";

let everyone = { users: {}, channels: {}, people: [], joined: [] };

/** Tell the menus whom and which channels they can offer. */
export function setChoices(state) {
  everyone = { users: state.users, channels: state.names, people: state.people, joined: state.channels };
}

const held = new Map(); // view or message, block, action → what stands in an input
const keyOf = (place, block, element) => `${place.view ?? place.ts}/${block}/${element.action_id}`;
export const heldValue = (place, block, element) => held.get(keyOf(place, block, element));
export const forget = (view) => [...held.keys()].filter((key) => key.startsWith(`${view}/`)).forEach((key) => held.delete(key));

const confirmed = (element) => new Promise((resolve) => {
  const asked = element.confirm;
  if (!asked) { resolve(true); return; }
  const done = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
  const dialog = h("dialog", { class: "modal small", "data-testid": "confirm", oncancel: () => done(false) },
    h("header", {}, h("h2", {}, plainText(asked.title.text))),
    h("div", { class: "modal-body" }, h("p", {}, textObject(asked.text))),
    h("footer", {}, h("button", { class: "button", onclick: () => done(false) }, plainText(asked.deny.text)),
      h("button", { class: `button ${asked.style ?? "primary"}`, "data-testid": "confirm-yes", onclick: () => done(true) }, plainText(asked.confirm.text))));
  document.body.append(dialog);
  dialog.showModal();
});

async function use(place, block, element, value, shown) {
  if (!(await confirmed(element))) return;
  shown?.setAttribute("aria-busy", "true");
  try {
    await act({ what: "click", ...place, block, action: element.action_id, value });
  } finally {
    shown?.removeAttribute("aria-busy");
  }
}

function button(element, place, block) {
  if (element.visible_to_user_ids && !element.visible_to_user_ids.includes(place.me)) return null;
  const made = h("button", { class: `button ${element.style ?? ""}`, type: "button", "data-testid": `action-${element.action_id}`,
    "aria-label": element.accessibility_label, onclick: () => {
      if (element.url) window.open(element.url, "_blank", "noopener");
      use(place, block, element, undefined, made);
    } }, plainText(element.text.text), element.url ? h("span", { class: "out", "aria-hidden": true }, "↗") : null);
  return made;
}

function overflow(element, place, block) {
  const made = h("button", { class: "button quiet", type: "button", "aria-label": "More actions", "data-testid": `action-${element.action_id}`, onclick: () => {
    const menu = popover(made, h("div", { class: "menu", role: "menu" }, element.options.map((option) => h("button", { role: "menuitem", onclick: () => {
      menu.close();
      if (option.url) window.open(option.url, "_blank", "noopener");
      use(place, block, element, option.value, made);
    } }, optionLabel(option)))), { align: "end" });
  } }, icon("more"));
  return made;
}

const optionLabel = (option) => [h("span", {}, textObject(option.text)), option.description ? h("small", {}, textObject(option.description)) : null];

const idOption = (id, words) => ({ value: id, text: { type: "plain_text", text: words } });
const SOURCES = {
  users: () => everyone.people.map((user) => idOption(user.id, user.real_name)),
  channels: () => everyone.joined.filter((one) => one.kind === "public").map((one) => idOption(one.id, `# ${one.name}`)),
  conversations: () => everyone.joined.map((one) => idOption(one.id, `# ${one.name}`)),
};

function groupsOf(element, options) {
  if (options) return [{ options }];
  const source = /(users|channels|conversations)_select$/.exec(element.type);
  if (source) return [{ options: SOURCES[source[1]]() }];
  return element.option_groups ?? [{ options: element.options ?? [] }];
}

function initial(element) {
  const single = element.initial_option ?? element.initial_user ?? element.initial_channel ?? element.initial_conversation;
  const many = element.initial_options ?? element.initial_users ?? element.initial_channels ?? element.initial_conversations;
  const known = groupsOf(element).flatMap((group) => group.options);
  const read = (one) => (typeof one === "string" ? known.find((option) => option.value === one) ?? idOption(one, one) : one);
  return many ? many.map(read) : single ? [read(single)] : [];
}

/** A select of any kind, with a search field; `multi_…` keeps several. */
function select(element, place, block, dispatch) {
  const several = element.type.startsWith("multi_");
  const external = element.type.includes("external");
  const key = keyOf(place, block, element);
  let chosen = held.get(key)?.options ?? initial(element);
  const label = h("span", { class: "select-label" });
  const draw = () => {
    label.replaceChildren(...(chosen.length ? (several
      ? chosen.map((option) => h("span", { class: "token" }, textObject(option.text)))
      : textObject(chosen[0].text)) : [h("span", { class: "muted" }, plainText(element.placeholder?.text ?? "Choose…"))]));
  };
  const value = () => {
    const values = chosen.map((option) => (external ? option : option.value));
    return several ? values : values[0] ?? null;
  };
  const keep = () => { held.set(key, { options: chosen, value: value() }); draw(); };
  const choose = (option, menu) => {
    const index = chosen.findIndex((one) => one.value === option.value);
    if (!several) chosen = [option];
    else if (index >= 0) chosen = chosen.filter((one) => one.value !== option.value);
    else if (chosen.length < (element.max_selected_items ?? Infinity)) chosen = [...chosen, option];
    keep();
    if (!several) { menu.close(); made.focus(); }
    if (dispatch) use(place, block, element, value(), made);
  };
  const made = h("button", { class: "select", type: "button", "aria-haspopup": "listbox", "data-testid": `action-${element.action_id}`, onclick: () => openMenu() }, label, icon("down", 15));
  const openMenu = () => {
    const list = h("div", { class: "options", role: "listbox" });
    const search = h("input", { type: "search", placeholder: external ? "Type to search" : "Search", "aria-label": "Search options", "data-testid": "select-search" });
    const menu = popover(made, h("div", { class: "select-menu" }, h("div", { class: "select-search" }, icon("search", 16), search), list), { testid: "select-menu" });
    menu.panel.style.minWidth = `${made.offsetWidth}px`;
    const fill = (groups, wanted) => {
      const shown = groups.map((group) => ({ ...group, options: group.options.filter((option) => !wanted || plainText(option.text.text).toLocaleLowerCase().includes(wanted)) })).filter((group) => group.options.length);
      list.replaceChildren(...shown.flatMap((group) => [group.label ? h("div", { class: "group" }, plainText(group.label.text)) : "",
        ...group.options.map((option) => h("button", { role: "option", type: "button", "aria-selected": String(chosen.some((one) => one.value === option.value)), "data-testid": `option-${option.value}`,
          onclick: () => { choose(option, menu); fill(groups, wanted); } }, h("span", { class: "option-words" }, optionLabel(option)), icon("check", 15)))]));
      if (!shown.length) list.append(h("div", { class: "muted pad" }, "Nothing found"));
      menu.place();
    };
    let turn = 0;
    const look = async () => {
      const query = search.value;
      if (!external) { fill(groupsOf(element), query.toLocaleLowerCase()); return; }
      if (query.length < (element.min_query_length ?? 3)) { list.replaceChildren(h("div", { class: "muted pad" }, "Keep typing…")); return; }
      const mine = ++turn;
      list.replaceChildren(h("div", { class: "muted pad" }, "Searching…"));
      const answer = await ask({ what: "options", ...place, block, action: element.action_id, query });
      if (mine === turn) fill(groupsOf(element, answer.options ?? []), "");
    };
    let pause;
    search.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, external ? 180 : 0); });
    search.addEventListener("keydown", (event) => {
      const first = list.querySelector("[role=option]");
      if (event.key === "Enter" && first) { event.preventDefault(); first.click(); }
      if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (!step) return;
      event.preventDefault();
      (document.activeElement[step] ?? search).focus();
    });
    look();
    search.focus();
  };
  draw();
  return made;
}

function choices(element, place, block, dispatch, kind) {
  const key = keyOf(place, block, element);
  const start = held.get(key)?.chosen ?? initial(element).map((option) => option.value);
  const name = crypto.randomUUID?.() ?? String(Math.random());
  const host = h("div", { class: "choices", role: kind === "radio" ? "radiogroup" : "group", "data-testid": `action-${element.action_id}` });
  const change = () => {
    const chosen = [...host.querySelectorAll("input:checked")].map((input) => input.value);
    const value = kind === "radio" ? chosen[0] ?? null : chosen;
    held.set(key, { chosen, value });
    if (dispatch) use(place, block, element, value);
  };
  host.append(...element.options.map((option) => h("label", {}, h("input", { type: kind, name, value: option.value, checked: start.includes(option.value), onchange: change }), h("span", {}, optionLabel(option)))));
  return host;
}

const TYPES = { email_text_input: "email", url_text_input: "url", number_input: "text", datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };

function field(element, place, block, dispatch) {
  const key = keyOf(place, block, element);
  const start = held.get(key)?.value ?? element.initial_value ?? element.initial_date ?? element.initial_time ?? "";
  const common = { value: typeof start === "string" ? start : "", placeholder: plainText(element.placeholder?.text ?? ""), maxlength: element.max_length, "data-testid": `action-${element.action_id}`, autofocus: element.focus_on_load };
  const input = element.multiline || element.type === "rich_text_input" ? h("textarea", { rows: 4, ...common })
    : h("input", { type: TYPES[element.type] ?? "text", inputmode: element.type === "number_input" ? "decimal" : undefined, ...common });
  const read = () => {
    if (!input.value) return null;
    if (element.type === "datetimepicker") return Math.floor(new Date(input.value) / 1000);
    if (element.type === "rich_text_input") return { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: input.value }] }] };
    return input.value;
  };
  input.addEventListener("input", () => held.set(key, { value: read() }));
  if (dispatch) input.addEventListener("change", () => use(place, block, element, read(), input));
  if (element.multiline) return input;
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); input.closest("form")?.requestSubmit(); }
  });
  return input;
}

function feedback(element, place, block) {
  const one = (side, words, name) => {
    const made = h("button", { class: "button quiet icon", type: "button", title: plainText(words.text.text), "aria-label": words.accessibility_label ?? plainText(words.text.text), "data-testid": `feedback-${side}`,
      onclick: async () => { await use(place, block, element, side, made); made.classList.add("chosen"); } }, icon(name, 17));
    return made;
  };
  return h("span", { class: "feedback" }, one("positive", element.positive_button, "up"), one("negative", element.negative_button, "thumbdown"));
}

function iconButton(element, place, block) {
  const made = h("button", { class: "button quiet icon", type: "button", title: plainText(element.text.text), "aria-label": element.accessibility_label ?? plainText(element.text.text), "data-testid": `action-${element.action_id}`, onclick: () => use(place, block, element, undefined, made) }, icon("trash", 17));
  return made;
}

/**
 * Any element. `place` is {view} or {channel, ts}, with `me`; `dispatch` says whether a choice is
 * sent at once, as in messages, or kept until a modal is submitted.
 */
export function drawElement(element, place, block, dispatch = true) {
  const kind = element.type;
  if (kind === "button" || kind === "workflow_button") return button(element, place, block);
  if (kind === "overflow") return overflow(element, place, block);
  if (kind === "image") return picture(element, "thumbnail");
  if (kind === "feedback_buttons") return feedback(element, place, block);
  if (kind === "icon_button") return iconButton(element, place, block);
  if (kind === "checkboxes") return choices(element, place, block, dispatch, "checkbox");
  if (kind === "radio_buttons") return choices(element, place, block, dispatch, "radio");
  if (kind.endsWith("_select")) return select(element, place, block, dispatch);
  return field(element, place, block, dispatch);
}
