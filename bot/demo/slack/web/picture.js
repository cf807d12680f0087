// Images by address or by uploaded file, with a full-size view.

import { h, icon } from "./dom.js";

function source(image) {
  if (image.slack_file) return `/page/file/${image.slack_file.id ?? /files-pri\/([^/]+)/.exec(image.slack_file.url)?.[1]}`;
  return image.image_url;
}

/** Show an image large, over the page. */
function enlarge(address, words) {
  const dialog = h("dialog", { class: "lightbox", onclick: () => dialog.close(), onclose: () => dialog.remove() },
    h("img", { src: address, alt: words }), h("p", {}, words), h("button", { class: "button quiet icon light", "aria-label": "Close" }, icon("close")));
  document.body.append(dialog);
  dialog.showModal();
}

/** An image element or block. */
export function picture(image, kind = "full") {
  const address = source(image);
  const shown = h("img", { src: address, alt: image.alt_text, title: kind === "full" ? undefined : image.alt_text, loading: "lazy", class: `picture ${kind}`, "data-testid": "image" });
  if (kind !== "full") return shown;
  return h("button", { class: "enlarge", type: "button", "aria-label": `Enlarge: ${image.alt_text}`, onclick: () => enlarge(address, image.alt_text) }, shown);
}
