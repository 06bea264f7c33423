// What can ship now and when the rest, the customer's prices and the totals: one question for all lines.

import { byId, field, fill, form, hasEnded, post, rows, texts, typed } from "./order_form.js";

const QUOTE_MS = 200;
let quoteTimer = 0;
let quoteNumber = 0;
/** The last answer, as text. */
export let quoted = "";

export function askQuote() {
  clearTimeout(quoteTimer);
  quoteTimer = setTimeout(quote, QUOTE_MS);
}

async function quote() {
  const mine = ++quoteNumber;
  const shown = rows();
  const body = {
    warehouse: byId("warehouse").value,
    customer: byId("customer").dataset.id || null,
    discount: typed(byId("discount")),
    freight: typed(byId("freight")),
    lines: shown.map((row) => ({
      product_id: field(row, "product").dataset.id || null,
      quantity: typed(field(row, "quantity")),
      unit_price: row.dataset.autoPrice ? "" : typed(field(row, "unit_price")),
      discount: typed(field(row, "discount")),
    })),
  };
  let answer;
  try {
    const response = await post(form.dataset.quoteUrl, body);
    if (hasEnded(response) || !response.ok) return;
    answer = await response.json();
  } catch {
    return;
  }
  if (mine !== quoteNumber) return;
  quoted = JSON.stringify(answer);
  byId("total").textContent = answer.total;
  byId("taxed").textContent = answer.tax === "0.00" ? "" : fill(texts.taxed, answer);
  shown.forEach((row, index) => showQuote(row, answer.lines[index]));
}

function showQuote(row, answer) {
  const part = (name) => row.querySelector(`[data-part=${name}]`);
  part("amount").textContent = answer ? answer.amount : "";
  part("promise").textContent = answer ? answer.text : "";
  if (answer && row.dataset.autoPrice) field(row, "unit_price").value = answer.unit_price;
  part("price").textContent = [answer?.price_name, answer?.below_cost && texts.below_cost].filter(Boolean).join(" · ");
  part("price").classList.toggle("is-short", Boolean(answer?.below_cost));
  part("promise").className = `entry-promise ${answer ? (answer.short ? "is-short" : "is-ok") : ""}`;
  offer(part("instead"), answer?.instead || []);
  if (part("margin")) part("margin").textContent = answer ? `${answer.margin}\n${answer.margin_share}` : "";
}

/** Buttons that take another product instead of the one that is short; those that stand there already stay. */
function offer(place, products) {
  const shown = JSON.stringify(products);
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  const buttons = products.map((product) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = product.text;
    button.dataset.instead = JSON.stringify(product);
    return button;
  });
  place.replaceChildren(...buttons);
}
