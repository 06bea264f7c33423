// Templates at the desk: put one in below what is typed, or keep what is typed under a name.

import { byId, field, focus, getRows, hasEnded, isEmpty, mark, post, rows, showErrors, texts, typed } from "./order_form.js";
import { confirmed } from "./shell.js";
import { Typeahead } from "./typeahead.js";

/** `putIn(lines)` takes lines into the form, `unfinished()` names what is wrong with those typed. */
export function offerTemplates({ putIn, unfinished }) {
  const panel = byId("templates");
  if (!panel) return;
  const name = byId("template");
  new Typeahead(name, {
    emptyText: texts.no_match,
    search: (q) => getRows(panel.dataset.findUrl, { q, customer: byId("customer").dataset.id || "" }),
    missed: () => mark(name, texts.no_template),
    picked: async (template) => {
      mark(name, "");
      if (!template) return;
      name.value = "";
      delete name.dataset.id;
      const response = await fetch(panel.dataset.contentUrl.replace("/0/", `/${template.id}/`), { headers: { Accept: "application/json" } });
      if (!hasEnded(response) && response.ok) putIn((await response.json()).lines);
    },
  });
  name.addEventListener("input", () => mark(name, ""));
  byId("template-name")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    save();
  });
  byId("save-template")?.addEventListener("click", () => save());
  panel.addEventListener("shown.bs.collapse", () => focus(name));

  async function save(replace = false) {
    mark(byId("template-name"), "");
    byId("template-saved").textContent = "";
    const sent = rows().filter((row) => !isEmpty(row));
    const wrong = unfinished().filter((error) => error.field.startsWith("lines") && !error.field.endsWith("unit_price"));
    if (byId("template-own").checked && !byId("customer").dataset.id) wrong.push({ field: "customer", detail: texts.choose_customer });
    if (wrong.length) return showErrors(texts.template_refused, wrong, sent);
    const body = {
      name: byId("template-name").value,
      customer: byId("template-own").checked ? byId("customer").dataset.id || null : null,
      replace,
      lines: sent.map((row) => ({
        product: field(row, "product").dataset.id,
        quantity: typed(field(row, "quantity")),
        discount: typed(field(row, "discount")) || "0",
      })),
    };
    let response;
    let answer;
    try {
      response = await post(panel.dataset.saveUrl, body);
      if (hasEnded(response)) return;
      answer = await response.json();
    } catch {
      return showErrors(texts.template_offline, [], sent);
    }
    if (response.status === 409) return (await confirmed(answer.question)) && save(true);
    if (response.ok) {
      byId("template-name").value = "";
      byId("template-saved").textContent = answer.text;
      return;
    }
    const named = answer.errors.find((error) => error.field === "name");
    if (named) mark(byId("template-name"), named.detail);
    const others = answer.errors.filter((error) => error !== named);
    if (others.length) showErrors(texts.template_refused, others, sent);
  }
}
