// The order desk: lines by keyboard, one question to the server for all lines, one order however often it is sent.

import { choiceOfDelivery, delivery, deliveryKnown, lacksAddress, offerDelivery } from "./order_delivery.js";
import { forget, keep, kept } from "./order_draft.js";
import { HEAD, LINE, byId, clearErrors, field, fill, focus, form, getRows, hasEnded, isEmpty, lines, mark, post, rows, showErrors, texts, typed } from "./order_form.js";
import { pastedLines } from "./order_paste.js";
import { askQuote, quoted } from "./order_quote.js";
import { offerTemplates } from "./order_templates.js";
import { Typeahead } from "./typeahead.js";

// ---- lines

function addLine() {
  lines.append(byId("line-template").content.cloneNode(true));
  const row = lines.lastElementChild;
  new Typeahead(field(row, "product"), {
    emptyText: texts.no_match,
    search: async (q) => {
      const customer = byId("customer").dataset.id || "";
      const found = await getRows(form.dataset.productsUrl, { q, customer, warehouse: byId("warehouse").value });
      return found?.map((product) => ({
        ...product,
        hint: product.available === null ? "" : fill(texts.available, { available: product.available }),
      })) ?? null;
    },
    missed: (count) => mark(field(row, "product"), count ? texts.choose_product : texts.no_product),
    picked: (product, moveOn) => {
      mark(field(row, "product"), "");
      if (product) {
        // The list price until the customer's own comes with the quote; it follows the quantity until somebody types one.
        field(row, "unit_price").value = product.price;
        row.dataset.autoPrice = "yes";
        if (!field(row, "quantity").value) field(row, "quantity").value = "1";
        if (moveOn || document.activeElement === field(row, "quantity")) focus(field(row, "quantity"));
      }
      changed();
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
  changed();
}

/** Enter goes on: product → quantity → price → the next line, a new one after the last. */
function enterIn(row, name) {
  if (name === "product" && field(row, "product").dataset.id) return focus(field(row, "quantity"));
  if (name === "quantity") return focus(field(row, "unit_price"));
  if (name === "unit_price") return focus(field(row.nextElementSibling || addLine(), "product"));
}

const isPercent = (text) => !text || (/^\d+([.]\d{1,2})?$/.test(text) && Number(text) <= 100);

/** What is not finished, before anything is sent. */
function unfinished(sent) {
  const errors = [];
  const customer = byId("customer").dataset;
  if (!customer.id) errors.push({ field: "customer", detail: texts.choose_customer });
  else if (customer.blocked) errors.push({ field: "customer", detail: texts.customer_blocked });
  if (byId("requested_date").validity.badInput) errors.push({ field: "requested_date", detail: texts.date });
  if (!isPercent(typed(byId("discount")))) errors.push({ field: "discount", detail: texts.percent });
  if (typed(byId("freight")) && !/^\d+([.]\d{1,2})?$/.test(typed(byId("freight")))) errors.push({ field: "freight", detail: texts.price });
  if (!sent.length) errors.push({ field: "lines", detail: texts.no_lines });
  sent.forEach((row, index) => {
    const [quantity, price] = [typed(field(row, "quantity")), typed(field(row, "unit_price"))];
    const wrong = (name, detail) => errors.push({ field: `lines.${index}.${name}`, detail });
    const hasProduct = field(row, "product").dataset.id;
    if (!hasProduct) wrong("product", texts.choose_product);
    if (!/^[1-9]\d*$/.test(quantity) || Number(quantity) > Number(form.dataset.maxQuantity)) wrong("quantity", texts.quantity);
    // The price comes with the product.
    if ((hasProduct || price) && !/^\d+([.]\d{1,2})?$/.test(price)) wrong("unit_price", texts.price);
    if (!isPercent(typed(field(row, "discount")))) wrong("discount", texts.percent);
  });
  return errors;
}

// ---- sending: the key names one attempt, so that the same attempt sent twice makes one order

let attempt = null;
let sending = false;
let done = false;

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
    is_priority: byId("is_priority").checked,
    discount: typed(byId("discount")) || "0",
    freight: typed(byId("freight")) || "0",
    lines: sent.map((row) => ({
      product: Number(field(row, "product").dataset.id),
      quantity: Number(typed(field(row, "quantity"))),
      unit_price: typed(field(row, "unit_price")),
      discount: typed(field(row, "discount")) || "0",
    })),
  };
}

function busy(now, button = byId("confirm-order")) {
  sending = now;
  for (const other of [byId("confirm-order"), byId("save-quotation")]) if (other) other.disabled = now;
  button.classList.toggle("btn-loading", now);
}

let replaced = null;

/** The open quotation that was begun from, null when there is none. */
function beganFrom(quotation) {
  replaced = quotation || null;
  if (!byId("replaces")) return;
  byId("replaces-part").hidden = !replaced;
  byId("replaces-number").textContent = replaced?.number || "";
}

const ORDER = { url: form.dataset.url, doneUrl: form.dataset.doneUrl, query: "?confirmed=1" };
const QUOTATION = { url: form.dataset.quotationUrl, doneUrl: form.dataset.quotationDoneUrl, query: "" };

async function confirmOrder(more = {}) {
  await deliveryKnown();
  send(ORDER, (typedOrder) => ({ ...typedOrder, ...delivery(), allow_backorder: byId("allow_backorder").checked, ...more }), byId("confirm-order"));
}

function saveQuotation() {
  const days = { valid_until: byId("valid_until").value || null, held_until: byId("held_until").value || null };
  const replaces = replaced && byId("replaces").checked ? replaced.id : null;
  send(QUOTATION, (typedOrder) => ({ ...typedOrder, ...days, replaces }), byId("save-quotation"));
}

/** Send what is typed as an order or a quotation (`target`); `body` makes the request of what is typed. */
async function send(target, makeBody, button) {
  if (sending) return;
  clearErrors();
  const sent = rows().filter((row) => !isEmpty(row));
  const errors = unfinished(sent);
  if (target === ORDER && lacksAddress()) errors.push({ field: "other_address", detail: texts.no_address });
  if (errors.length) return showErrors(texts.refused, errors, sent);
  busy(true, button);
  try {
    const body = makeBody(order(sent));
    const headers = { "Idempotency-Key": keyFor(target.url + JSON.stringify(body)) };
    keepDraft();
    const response = await post(target.url, body, headers);
    const answer = await response.json();
    if (response.ok) {
      // Still busy: the next thing to see is the order.
      done = true;
      forget();
      window.location = target.doneUrl.replace("/0/", `/${answer.id}/`) + target.query;
      return;
    }
    attempt.answered = response.status < 500;
    keepDraft();
    if (!hasEnded(response)) showErrors(...refusal(response.status, answer), sent);
    if (byId("release-credit")) byId("release-credit").hidden = answer.code !== "credit_exceeded";
    askQuote();
  } catch {
    showErrors(texts.offline, [], sent);
  }
  busy(false, button);
}

/** The server's refusal as a summary and errors by field. */
function refusal(status, problem) {
  if (status === 403) return [texts.denied, []];
  if (problem.code === "duplicate") return [texts.unknown_attempt, []];
  if (problem.code === "insufficient_stock") {
    const short = problem.meta.lines.map((line) => ({ field: `lines.${line.line - 1}.quantity`, detail: fill(texts.short, line) }));
    return [texts.refused, short];
  }
  if (problem.code === "credit_exceeded") return [texts.refused, [{ field: "customer", detail: problem.detail }]];
  if (problem.code === "customer_blocked") return [texts.refused, [{ field: "customer", detail: problem.detail }]];
  return problem.errors?.length ? [texts.refused, problem.errors] : [`${texts.refused} ${problem.detail}`, []];
}

// ---- what is typed outlives the page

function keepDraft() {
  if (done) return;
  keep({
    head: Object.fromEntries(HEAD.map((id) => [id, byId(id).value])),
    customer: { text: byId("customer").value, id: byId("customer").dataset.id },
    backorder: byId("allow_backorder").checked,
    priority: byId("is_priority").checked,
    delivery: choiceOfDelivery(),
    replaced,
    lines: rows()
      .filter((row) => !isEmpty(row))
      .map((row) => ({
        id: field(row, "product").dataset.id,
        auto: row.dataset.autoPrice || "",
        values: LINE.map((name) => field(row, name).value),
      })),
    attempt,
  });
}

/** Fill the form with what was kept, unless the page was opened for another customer. */
function restoreDraft() {
  const draft = kept();
  const asked = byId("customer").dataset.id;
  if (!draft || (asked && asked !== draft.customer.id) || !(draft.customer.text || draft.lines.length)) return;
  for (const id of HEAD) {
    const input = byId(id);
    if (!input.options || [...input.options].some((option) => option.value === draft.head[id])) input.value = draft.head[id] ?? "";
  }
  identify(byId("customer"), draft.customer.text, draft.customer.id);
  offerDelivery(draft.delivery);
  byId("allow_backorder").checked = draft.backorder;
  byId("is_priority").checked = Boolean(draft.priority);
  for (const { id, auto, values } of draft.lines) {
    const row = addLine();
    LINE.forEach((name, index) => (field(row, name).value = values[index] ?? ""));
    if (auto) row.dataset.autoPrice = auto;
    identify(field(row, "product"), values[0], id);
  }
  beganFrom(draft.replaced);
  attempt = draft.attempt;
  byId("entry-restored").hidden = false;
}

function identify(input, text, id) {
  input.value = text;
  if (id) input.dataset.id = id;
}

function changed() {
  keepDraft();
  askQuote();
}

// ---- wiring

new Typeahead(byId("customer"), {
  emptyText: texts.no_match,
  search: async (q) => {
    const found = await getRows(form.dataset.customersUrl, { q });
    return found?.map((row) => ({ ...row, hint: row.blocked ? texts.blocked : row.hint })) ?? null;
  },
  missed: (count) => mark(byId("customer"), count ? texts.choose_customer : texts.no_customer),
  picked: (customer, moveOn) => {
    mark(byId("customer"), customer?.blocked ? texts.customer_blocked : "");
    byId("customer").dataset.blocked = customer?.blocked ? "yes" : "";
    offerDelivery();
    changed();
    if (customer && moveOn && !customer.blocked) focus(field(lines.firstElementChild, "product"));
  },
});

/** Put lines from a spreadsheet below each other, from this row on; codes that name nothing stay typed and are marked. */
async function paste(row, pasted) {
  let found = [];
  try {
    const body = { customer: byId("customer").dataset.id, codes: pasted.map((line) => line.code) };
    const response = await post(form.dataset.matchUrl, body);
    if (!hasEnded(response) && response.ok) found = (await response.json()).results;
  } catch {
    // Without an answer the codes stand there to be looked up one by one.
  }
  pasted.forEach((line, index) => {
    const target = index === 0 ? row : rows().find((other) => isEmpty(other)) || addLine();
    fillLine(target, line, found[index]);
  });
  focus(field(rows().find(isEmpty) || addLine(), "product"));
  changed();
}

function fillLine(row, { code, quantity, price }, product) {
  identify(field(row, "product"), product ? `${product.code} ${product.label}` : code, product?.id);
  field(row, "quantity").value = quantity || "1";
  field(row, "unit_price").value = price || product?.price || "";
  row.dataset.autoPrice = price ? "" : "yes";
  mark(field(row, "product"), product ? "" : texts.no_product);
}

/** Another product takes the place of one that is short, as many pieces of it, at the customer's price for it. */
function takeInstead(row, product) {
  fillLine(row, { quantity: typed(field(row, "quantity")) }, product);
  focus(field(row, "quantity"));
  changed();
}

/** Begin with the lines of a former order, a quotation or a template; what somebody was typing comes first. */
function startWith(order) {
  if (!rows().every(isEmpty) || byId("customer").value) return;
  if (order.customer) {
    identify(byId("customer"), order.customer.text, order.customer.id);
    byId("customer").dataset.blocked = order.customer.blocked ? "yes" : "";
    offerDelivery();
  }
  for (const [id, value] of Object.entries(order.head || {})) byId(id).value = value;
  beganFrom(order.replaces);
  putIn(order.lines);
}

/** Lines from elsewhere go below what is typed. */
function putIn(some) {
  for (const { product, quantity, price, discount } of some) {
    const row = rows().find(isEmpty) || addLine();
    fillLine(row, { quantity, price }, product);
    field(row, "discount").value = discount || "";
  }
}

lines.addEventListener("paste", (event) => {
  const pasted = event.target.dataset.field === "product" ? pastedLines(event.clipboardData.getData("text")) : [];
  if (!pasted.length) return;
  event.preventDefault();
  paste(event.target.closest(".entry-line"), pasted);
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
form.addEventListener("input", (event) => {
  const name = event.target.dataset.field;
  if (name) mark(event.target, "");
  // A price that somebody types stays; emptied, the customer's own comes back.
  if (name === "unit_price") event.target.closest(".entry-line").dataset.autoPrice = typed(event.target) ? "" : "yes";
  // A product that is not chosen yet changes nothing on the server's side.
  if (["quantity", "unit_price", "discount", "freight", "warehouse"].includes(name)) changed();
  else keepDraft();
});
lines.addEventListener("click", (event) => {
  const button = event.target.closest(".entry-remove");
  if (button) removeLine(button.closest(".entry-line"));
  const instead = event.target.closest("[data-instead]");
  if (instead) takeInstead(instead.closest(".entry-line"), JSON.parse(instead.dataset.instead));
});
byId("add-line").addEventListener("click", () => focus(field(addLine(), "product")));
offerTemplates({
  putIn: (some) => {
    putIn(some);
    focus(field(rows().find(isEmpty) || addLine(), "product"));
    changed();
  },
  unfinished: () => unfinished(rows().filter((row) => !isEmpty(row))),
});
byId("quotation-days")?.addEventListener("shown.bs.collapse", () => focus(byId("valid_until")));
byId("save-quotation")?.addEventListener("click", saveQuotation);
byId("release-credit")?.addEventListener("click", () => confirmOrder({ release_credit: true }));
byId("start-afresh").addEventListener("click", () => {
  forget();
  window.location = window.location.pathname;
});
document.body.addEventListener("tandem:stock-changed", askQuote);
// Back from the confirmed order: the browser shows the page as it was left, with the order that exists now.
window.addEventListener("pageshow", (event) => event.persisted && done && window.location.reload());

if (byId("customer").dataset.id) offerDelivery();
restoreDraft();
if (byId("entry-start")) startWith(JSON.parse(byId("entry-start").textContent));
addLine();
askQuote();
form.inert = false;
focus(byId("customer").dataset.id ? field(lines.lastElementChild, "product") : byId("customer"));
