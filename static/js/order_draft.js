// What is typed outlives a reload, a new sign-in and the language switch: it stays in this tab until the order is confirmed.

const key = `order-draft-${document.getElementById("order-entry").dataset.user}`;

/** Keep the draft; a browser that stores nothing only loses this convenience. */
export function keep(draft) {
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // Storage is off or full.
  }
}

/** The draft kept last, null when there is none. */
export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
