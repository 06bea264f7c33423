// One field that finds a product; the hidden field beside it holds the choice.

import { Typeahead } from "../js/typeahead.js";

const texts = JSON.parse(document.getElementById("typeahead-texts").textContent);
const box = document.querySelector("[data-products-url]");
const input = box.querySelector("input");
const chosen = input.form.elements.product;

new Typeahead(input, {
  emptyText: texts.no_match,
  search: async (q) => {
    try {
      const response = await fetch(`${box.dataset.productsUrl}?${new URLSearchParams({ q })}`, { headers: { Accept: "application/json" } });
      return (await response.json()).results;
    } catch {
      return [];
    }
  },
  picked: (product) => {
    chosen.value = product ? product.id : "";
  },
});
