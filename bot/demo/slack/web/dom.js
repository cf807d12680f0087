// Elements from data. Text only ever becomes text nodes, so nothing that is shown can be markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: h("button", {class: "x", onclick}, "words", child, [more]). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (["value", "checked", "disabled", "selected", "hidden"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const ICONS = {
  hash: "M9 4 7 20M17 4l-2 16M4 9h17M3 15h17",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  close: "M6 6l12 12M18 6 6 18",
  back: "M14 5l-7 7 7 7",
  send: "M4 12 20 4l-5 16-3.5-6.5z",
  reply: "M5 6h14v10H11l-4 4v-4H5z",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  eye: "M3 12c3-5 6-6.5 9-6.5s6 1.5 9 6.5c-3 5-6 6.5-9 6.5S6 17 3 12zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  down: "M6 9l6 6 6-6",
  right: "M9 6l6 6-6 6",
  trash: "M5 7h14M10 7V5h4v2M7 7l1 13h8l1-13M10.5 11v6M13.5 11v6",
  up: "M7 11v9H4v-9zM7 19h9.5l2.5-7v-2h-5.5l1-5-1.5-1L7 11",
  thumbdown: "M7 13V4H4v9zM7 5h9.5l2.5 7v2h-5.5l1 5-1.5 1L7 13",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6z",
  pin: "M9 3h6l-1 7 3 3H7l3-3zM12 13v8",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5 20 20",
  check: "M5 12.5 10 17 19 7",
  stop: "M7 7h10v10H7z",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 2.5-6 6-6s6 2 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M17 14.5c2.5.5 4 2.5 4 5.5",
};

/** A line icon in the colour of its surroundings. */
export function icon(name, size = 18) {
  return svg("svg", { viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": name === "more" ? 3.2 : 1.8, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" },
    svg("path", { d: ICONS[name] ?? "" }));
}

/** Show a short word at the bottom of the page for a few seconds. */
export function toast(words) {
  const shown = h("div", { class: "toast" }, words);
  document.getElementById("toasts").append(shown);
  setTimeout(() => shown.classList.add("leaving"), 4200);
  setTimeout(() => shown.remove(), 4700);
}

/** Put a floating panel next to an element; it closes on Escape and on a click elsewhere. */
export function popover(anchor, content, { align = "start", onclose, testid } = {}) {
  document.querySelector(".popover")?.dispatchEvent(new Event("dismiss"));
  const panel = h("div", { class: "popover", "data-testid": testid }, content);
  const host = anchor.closest("dialog") ?? document.body;
  host.append(panel);
  const place = () => {
    const at = anchor.getBoundingClientRect();
    const width = panel.offsetWidth;
    const left = align === "end" ? at.right - width : at.left;
    panel.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    const below = at.bottom + 6;
    const fits = below + panel.offsetHeight < innerHeight - 8;
    panel.style.top = `${fits ? below : Math.max(8, at.top - panel.offsetHeight - 6)}px`;
  };
  place();
  const close = () => {
    panel.remove();
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", key, true);
    onclose?.();
  };
  const outside = (event) => { if (!panel.contains(event.target) && !anchor.contains(event.target)) close(); };
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
    anchor.focus?.();
  };
  panel.addEventListener("dismiss", close);
  setTimeout(() => document.addEventListener("pointerdown", outside, true));
  document.addEventListener("keydown", key, true);
  return { panel, close, place };
}
