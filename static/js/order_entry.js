// The order desk: lines by keyboard, one question to the server for all lines, one order however often it is sent.

import { Typeahead } from "./typeahead.js";

const QUOTE_MS = 200;
const form = document.getElementById("order-entry");
const texts = JSON.parse(document.getElementById("entry-texts").textContent);
const lines = document.getElementById("lines");
const byId = (id) => document.getElementById(id);
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const field = (row, name) => row.querySelector(`[data-field=${name}]`);
const rows = () => [...lines.children];
const isEmpty = (row) => !field(row, "product").value.trim();

async function getRows(url, parameters) {
  try {
    const response = await fetch(`${url}?${new URLSearchParams(parameters)}`, { headers: { Accept: "application/json" } });
    return (await response.json()).results;
  } catch {
    return [];
  }
}

function post(url, body, headers = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token, ...headers },
    body: JSON.stringify(body),
  });
}

function focus(input) {
  input.focus();
  input.select?.();
}

// ---- lines

function addLine() {
  lines.append(byId("line-template").content.cloneNode(true));
  const row = lines.lastElementChild;
  new Typeahead(field(row, "product"), {
    emptyText: texts.no_match,
    search: async (q) => {
      const found = await getRows(form.dataset.productsUrl, { q, warehouse: byId("warehouse").value });
      return found.map((product) => ({
        ...product,
        hint: product.available === null ? "" : fill(texts.available, { available: product.available }),
      }));
    },
    picked: (product) => {
      mark(field(row, "product"), "");
      if (product) {
        field(row, "unit_price").value = product.price;
        if (!field(row, "quantity").value) field(row, "quantity").value = "1";
        focus(field(row, "quantity"));
      }
      askQuote();
    },
  });
  number();
  return row;
}

function number() {
  rows().forEach((row, index) => {
    row.querySelector(".entry-position").textContent = index + 1;
    row.setAttribute("aria-label", fill(texts.line, { line: index + 1 }));
  });
}

function removeLine(row) {
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  focus(field(next || addLine(), "product"));
  number();
  askQuote();
}

/** Enter goes on: product → quantity → price → the next line, a new one after the last. */
function enterIn(row, name) {
  if (name === "product" && field(row, "product").dataset.id) return focus(field(row, "quantity"));
  if (name === "quantity") return focus(field(row, "unit_price"));
  if (name === "unit_price") return focus(field(row.nextElementSibling || addLine(), "product"));
}

// ---- what can ship now and when the rest

let quoteTimer = 0;
let quoteNumber = 0;
let quoted = "";

function askQuote() {
  clearTimeout(quoteTimer);
  quoteTimer = setTimeout(quote, QUOTE_MS);
}

async function quote() {
  const mine = ++quoteNumber;
  const shown = rows();
  const body = {
    warehouse: byId("warehouse").value,
    lines: shown.map((row) => ({
      product_id: field(row, "product").dataset.id || null,
      quantity: field(row, "quantity").value,
      unit_price: field(row, "unit_price").value,
    })),
  };
  let answer;
  try {
    const response = await post(form.dataset.quoteUrl, body);
    if (!response.ok) return;
    answer = await response.json();
  } catch {
    return;
  }
  if (mine !== quoteNumber) return;
  quoted = JSON.stringify(answer);
  byId("total").textContent = answer.total;
  shown.forEach((row, index) => showQuote(row, answer.lines[index]));
}

function showQuote(row, answer) {
  const part = (name) => row.querySelector(`[data-part=${name}]`);
  part("amount").textContent = answer ? answer.amount : "";
  part("promise").textContent = answer ? answer.text : "";
  part("promise").className = `entry-promise ${answer ? (answer.short ? "is-short" : "is-ok") : ""}`;
  if (part("margin")) part("margin").textContent = answer ? `${answer.margin} (${answer.margin_share})` : "";
}

// ---- errors, each at its field

function mark(input, text) {
  input.classList.toggle("is-invalid", Boolean(text));
  input.setAttribute("aria-invalid", String(Boolean(text)));
  const feedback = input.closest("div:not(.typeahead)").querySelector(".invalid-feedback");
  feedback.textContent = text;
  feedback.style.display = text ? "block" : "none";
}

function clearErrors() {
  byId("entry-errors").hidden = true;
  form.querySelectorAll("[data-field]").forEach((input) => mark(input, ""));
}

/** Say what is wrong above the form and at each field; the first wrong field gets the focus. */
function showErrors(summary, errors, sent) {
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
  byId("entry-errors").scrollIntoView({ block: "nearest" });
  focus(first || byId("entry-errors"));
}

/** What is not finished, before anything is sent. */
function unfinished(sent) {
  const errors = [];
  if (!byId("customer").dataset.id) errors.push({ field: "customer", detail: texts.choose_customer });
  if (!sent.length) errors.push({ field: "lines", detail: texts.no_lines });
  sent.forEach((row, index) => {
    if (!field(row, "product").dataset.id) errors.push({ field: `lines.${index}.product`, detail: texts.choose_product });
    if (!/^[1-9]\d*$/.test(field(row, "quantity").value.trim())) errors.push({ field: `lines.${index}.quantity`, detail: texts.quantity });
    if (!/^\d+([.]\d{1,2})?$/.test(field(row, "unit_price").value.trim())) errors.push({ field: `lines.${index}.unit_price`, detail: texts.price });
  });
  return errors;
}

// ---- sending: the key names one attempt, so that the same attempt sent twice makes one order

let attempt = null;
let sending = false;

function keyFor(content) {
  // A refused order may be tried again once it or the stock has changed; an attempt without an answer keeps its key.
  const signature = content + quoted;
  if (!attempt || (attempt.answered && attempt.signature !== signature)) {
    attempt = { key: `desk-${Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("")}` };
  }
  attempt.signature = signature;
  attempt.answered = false;
  return attempt.key;
}

function order(sent) {
  return {
    customer: Number(byId("customer").dataset.id),
    channel: Number(byId("channel").value),
    warehouse: Number(byId("warehouse").value),
    requested_date: byId("requested_date").value || null,
    note: byId("note").value.trim(),
    allow_backorder: byId("allow_backorder").checked,
    lines: sent.map((row) => ({
      product: Number(field(row, "product").dataset.id),
      quantity: Number(field(row, "quantity").value.trim()),
      unit_price: field(row, "unit_price").value.trim(),
    })),
  };
}

async function confirmOrder() {
  if (sending) return;
  clearErrors();
  const sent = rows().filter((row) => !isEmpty(row));
  const errors = unfinished(sent);
  if (errors.length) return showErrors(texts.refused, errors, sent);
  sending = true;
  byId("confirm-order").disabled = true;
  try {
    const body = order(sent);
    const response = await post(form.dataset.url, body, { "Idempotency-Key": keyFor(JSON.stringify(body)) });
    const answer = await response.json();
    if (response.ok) {
      window.location = form.dataset.doneUrl.replace("/0/", `/${answer.id}/`);
      return;
    }
    attempt.answered = response.status < 500;
    showErrors(...refusal(response.status, answer), sent);
  } catch {
    showErrors(texts.offline, [], sent);
  }
  sending = false;
  byId("confirm-order").disabled = false;
}

/** The server's refusal as a summary and errors by field. */
function refusal(status, problem) {
  if (status === 401 || status === 403) return [texts.denied, []];
  if (problem.code === "duplicate") return [texts.unknown_attempt, []];
  if (problem.code === "insufficient_stock") {
    const short = problem.meta.lines.map((line) => ({ field: `lines.${line.line - 1}.quantity`, detail: fill(texts.short, line) }));
    return [texts.refused, short];
  }
  if (problem.code === "customer_blocked") return [texts.refused, [{ field: "customer", detail: problem.detail }]];
  return problem.errors?.length ? [texts.refused, problem.errors] : [`${texts.refused} ${problem.detail}`, []];
}

// ---- wiring

new Typeahead(byId("customer"), {
  emptyText: texts.no_match,
  search: async (q) => {
    const found = await getRows(form.dataset.customersUrl, { q });
    return found.map((row) => ({ ...row, hint: row.blocked ? texts.blocked : row.hint }));
  },
  picked: (customer) => {
    mark(byId("customer"), "");
    if (customer) focus(field(lines.firstElementChild, "product"));
  },
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  confirmOrder();
});
form.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const row = event.target.closest(".entry-line");
  if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    confirmOrder();
  } else if (event.key === "Delete" && event.ctrlKey && row) {
    event.preventDefault();
    removeLine(row);
  } else if (event.key === "Enter" && event.target.matches("input")) {
    // Enter must never send a half-typed order.
    event.preventDefault();
    if (row) enterIn(row, event.target.dataset.field);
    else if (event.target.id !== "customer" || event.target.dataset.id) focus(field(lines.firstElementChild, "product"));
  }
});
lines.addEventListener("input", (event) => {
  if (event.target.dataset.field !== "product") askQuote();
});
lines.addEventListener("click", (event) => {
  const button = event.target.closest(".entry-remove");
  if (button) removeLine(button.closest(".entry-line"));
});
byId("warehouse").addEventListener("change", askQuote);
byId("add-line").addEventListener("click", () => focus(field(addLine(), "product")));
document.body.addEventListener("tandem:stock-changed", askQuote);

addLine();
focus(byId(byId("customer").dataset.id ? "channel" : "customer"));
