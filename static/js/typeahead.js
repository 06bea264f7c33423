// A text field that finds rows on the server while somebody types or scans: an ARIA combobox.

const WAIT_MS = 150;
let count = 0;

export class Typeahead {
  /**
   * `search(text)` resolves to rows {id, code, label, hint, exact}, null when there is no answer.
   * `picked(row, moveOn)` hears the choice, null when it is gone; `moveOn` is false when the focus is elsewhere already.
   * `missed(count)` hears that somebody went on with a text that `count` rows fit and none was chosen.
   */
  constructor(input, { search, picked, missed, emptyText }) {
    Object.assign(this, { input, search, picked, missed, emptyText, rows: [], active: -1, asked: "", answered: "", timer: 0 });
    this.list = document.createElement("ul");
    this.list.className = "typeahead-list";
    this.list.id = `typeahead-${++count}`;
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    input.after(this.list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.list.id);
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.settle());
    // mousedown would take the focus, and blur close the list before the click.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.pick(this.rows[Number(option.dataset.index)]);
    });
  }

  typed() {
    if (this.input.dataset.id) {
      delete this.input.dataset.id;
      this.picked(null, false);
    }
    clearTimeout(this.timer);
    if (!this.input.value.trim()) return this.close();
    this.timer = setTimeout(() => this.find(), WAIT_MS);
  }

  /** Ask for what stands in the field now; an answer to an older text is dropped. */
  async find() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    this.asked = text;
    const rows = await this.search(text);
    if (rows === null || this.asked !== text || this.input.value.trim() !== text) return false;
    this.rows = rows;
    this.answered = text;
    this.active = rows.length ? 0 : -1;
    if (document.activeElement === this.input) this.show();
    return true;
  }

  key(event) {
    if (event.isComposing || event.ctrlKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (this.list.hidden) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.active = (this.active + step + this.rows.length) % Math.max(this.rows.length, 1);
      this.show();
    } else if (event.key === "Enter" && !this.input.dataset.id && this.input.value.trim()) {
      event.preventDefault();
      event.stopPropagation();
      this.enter();
    } else if (event.key === "Tab" && !this.list.hidden && this.rows.length) {
      this.pick(this.rows[this.active], false);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.clear();
    }
  }

  /** Enter takes the marked row; before the answer is there (a scanner is quick), an exact or only match. */
  async enter() {
    const text = this.input.value.trim();
    if (this.answered === text && this.rows.length) return this.pick(this.rows[Math.max(this.active, 0)]);
    if (!(await this.find())) return;
    if (this.rows.length && (this.rows[0].exact || this.rows.length === 1)) return this.pick(this.rows[0]);
    if (this.rows.length) return;
    // Selected, so that the next scan or word replaces what nothing fits.
    this.input.select();
    this.missed(0);
  }

  /** Leaving the field takes an exact or only match too. */
  async settle() {
    this.close();
    const text = this.input.value.trim();
    if (!text || this.input.dataset.id) return;
    if (this.answered !== text && !(await this.find())) return;
    if (this.input.dataset.id || document.activeElement === this.input) return;
    if (this.rows.length && (this.rows[0].exact || this.rows.length === 1)) this.pick(this.rows[0], false);
    else this.missed(this.rows.length);
  }

  pick(row, moveOn = true) {
    this.close();
    this.input.value = `${row.code} ${row.label}`;
    this.input.dataset.id = row.id;
    this.picked(row, moveOn);
  }

  clear() {
    const had = this.input.dataset.id;
    this.input.value = "";
    delete this.input.dataset.id;
    this.asked = this.answered = "";
    this.close();
    if (had) this.picked(null, false);
  }

  show() {
    this.list.replaceChildren(...this.rows.map((row, index) => this.option(row, index)));
    if (!this.rows.length) {
      const nothing = document.createElement("li");
      nothing.className = "px-3 py-2 text-secondary";
      nothing.textContent = this.emptyText;
      this.list.append(nothing);
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const marked = this.list.querySelector("[aria-selected=true]");
    this.input.setAttribute("aria-activedescendant", marked ? marked.id : "");
    marked?.scrollIntoView({ block: "nearest" });
  }

  option(row, index) {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.id = `${this.list.id}-${index}`;
    option.dataset.index = index;
    option.setAttribute("aria-selected", String(index === this.active));
    for (const part of ["code", "label", "hint"]) {
      const span = document.createElement("span");
      span.className = part;
      span.textContent = row[part] ?? "";
      option.append(span);
    }
    return option;
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
