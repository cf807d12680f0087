// The stack of modals: only the topmost is seen; what was typed survives an update.

import { act, session } from "./api.js";
import { drawBlocks, spinner } from "./blocks.js";
import { h, icon } from "./dom.js";
import { forget, heldValue } from "./elements.js";
import { plainText } from "./mrkdwn.js";

let shown = null; // {id, hash, errors, dialog}

function submit(view, dialog) {
  const busy = dialog.querySelector("[data-testid=modal-submit]");
  busy.replaceChildren(spinner(), plainText(view.submit.text));
  busy.disabled = true;
  const inputs = view.blocks.filter((block) => block.type === "input");
  const values = inputs.map((block) => ({ block: block.block_id, action: block.element.action_id, kept: heldValue({ view: view.id }, block.block_id, block.element) }))
    .filter((one) => one.kept).map(({ block, action, kept }) => ({ block, action, value: kept.value }));
  return act({ what: "submit", view: view.id, values }).then(() => {
    busy.disabled = false;
    busy.replaceChildren(plainText(view.submit.text));
  });
}

function draw(view, depth) {
  const close = (everything) => { forget(view.id); act({ what: "close", view: view.id, everything }); };
  const place = { view: view.id, me: session.me, errors: view.errors };
  const form = h("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); if (view.submit) submit(view, dialog); } },
    h("header", {},
      depth > 1 ? h("button", { class: "button quiet icon", type: "button", "aria-label": "Back", "data-testid": "modal-back", onclick: () => close(false) }, icon("back")) : h("img", { src: "/static/icon.svg", alt: "", class: "modal-icon" }),
      h("h2", { "data-testid": "modal-title" }, plainText(view.title.text)),
      h("button", { class: "button quiet icon", type: "button", "aria-label": "Close", "data-testid": "modal-close", onclick: () => close(true) }, icon("close"))),
    h("div", { class: "modal-body blocks" }, view.errors[""] ? h("div", { class: "alert error" }, view.errors[""]) : null, drawBlocks(view.blocks, place)),
    h("footer", {},
      h("button", { class: "button", type: "button", onclick: () => close(false) }, plainText(view.close?.text ?? "Cancel")),
      view.submit ? h("button", { class: "button primary", type: "submit", "data-testid": "modal-submit", disabled: view.submit_disabled }, plainText(view.submit.text)) : null));
  const dialog = h("dialog", { class: "modal", "data-testid": "modal", oncancel: (event) => { event.preventDefault(); close(false); } }, form);
  return dialog;
}

/** Show what is on the stack. */
export function drawModals(stack) {
  const host = document.getElementById("modals");
  const view = stack.at(-1);
  if (!view) {
    if (shown) { shown.dialog.remove(); forget(shown.id); }
    shown = null;
    return;
  }
  const errors = JSON.stringify(view.errors);
  if (shown && shown.id === view.id && shown.hash === view.hash && shown.errors === errors) return;
  const scroll = shown?.id === view.id ? shown.dialog.querySelector(".modal-body").scrollTop : 0;
  const dialog = draw(view, stack.length);
  host.replaceChildren(dialog);
  dialog.showModal();
  dialog.querySelector(".modal-body").scrollTop = scroll;
  dialog.querySelector(".input-error")?.scrollIntoView({ block: "center" });
  shown = { id: view.id, hash: view.hash, errors, dialog };
}
