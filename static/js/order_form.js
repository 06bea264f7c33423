// The order desk's form: its fields, what the server answers, and what is wrong, each at its field.

import { csrfToken } from "./shell.js";

export const LINE = ["product", "quantity", "unit_price", "discount"];
export const form = document.getElementById("order-entry");
export const texts = JSON.parse(document.getElementById("entry-texts").textContent);
export const lines = document.getElementById("lines");
export const byId = (id) => document.getElementById(id);
// The days of a quotation stand there only for those who may make one.
export const HEAD = ["channel", "warehouse", "requested_date", "note", "discount", "freight", "valid_until", "held_until"].filter(byId);
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
export const field = (row, name) => row.querySelector(`[data-field=${name}]`);
// Chinese input methods type full-width digits; the server reads the ordinary ones.
export const typed = (input) => input.value.normalize("NFKC").trim();
export const rows = () => [...lines.children];
export const isEmpty = (row) => LINE.every((name) => !typed(field(row, name)));

/** The rows found, null when there is no answer. */
export async function getRows(url, parameters) {
  try {
    const response = await fetch(`${url}?${new URLSearchParams(parameters)}`, { headers: { Accept: "application/json" } });
    if (hasEnded(response)) return null;
    return (await response.json()).results;
  } catch {
    return null;
  }
}

export function post(url, body, headers = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken(), ...headers },
    body: JSON.stringify(body),
  });
}

/** Whether the session is over (pages answer with the sign-in page, the API with 401); says so. */
export function hasEnded(response) {
  const ended = response.redirected || response.status === 401;
  const link = byId("entry-sign-in");
  if (ended) showErrors(texts.session, [], [], false);
  else if (!link.hidden) byId("entry-errors").hidden = true;
  link.hidden = !ended;
  return ended;
}

export function focus(input) {
  input.focus();
  input.select?.();
}

// ---- errors, each at its field

export function mark(input, text) {
  input.classList.toggle("is-invalid", Boolean(text));
  input.setAttribute("aria-invalid", String(Boolean(text)));
  const feedback = input.closest("div:not(.typeahead)").querySelector(".invalid-feedback");
  if (!feedback) return;
  feedback.textContent = text;
  feedback.style.display = text ? "block" : "none";
}

export function clearErrors() {
  byId("entry-errors").hidden = true;
  if (byId("release-credit")) byId("release-credit").hidden = true;
  form.querySelectorAll("[data-field]").forEach((input) => mark(input, ""));
}

/** Say what is wrong above the form and at each field; the first wrong field gets the focus, if wanted. */
export function showErrors(summary, errors, sent, moveFocus = true) {
  byId("entry-error").textContent = summary;
  let first = null;
  const items = errors.map(({ field: name, detail }) => {
    const [, index, part] = name.match(/^lines\.(\d+)\.?(\w*)$/) || [];
    const row = index === undefined ? null : sent[Number(index)];
    const wrong = row ? field(row, part || "product") || field(row, "product") : form.querySelector(`:scope > .card [data-field="${name}"]`);
    if (wrong) mark(wrong, detail);
    first ||= wrong;
    const item = document.createElement("li");
    item.textContent = row ? `${row.getAttribute("aria-label")} ${detail}` : detail;
    return item;
  });
  byId("entry-error-list").replaceChildren(...items);
  byId("entry-errors").hidden = false;
  if (!moveFocus) return;
  byId("entry-errors").scrollIntoView({ block: "nearest" });
  focus(first || byId("entry-errors"));
}
