// What every page shares: confirmation before what cannot be undone, one submit per form, failures told.

const dialog = document.getElementById("confirm");

/** Ask a question in the page's dialog; resolves to true when the user agrees. */
export function confirmed(question) {
  document.getElementById("confirm-question").textContent = question;
  dialog.showModal();
  // Not by the dialog's close event: it comes a moment later, and would answer the question asked meanwhile.
  const answered = new AbortController();
  return new Promise((resolve) => {
    const answer = (event) => {
      event.preventDefault();
      answered.abort();
      dialog.close();
      resolve(event.submitter?.value === "yes");
    };
    dialog.addEventListener("submit", answer, { signal: answered.signal });
    dialog.addEventListener("cancel", answer, { signal: answered.signal });
  });
}

/** The token that guards against forged requests, as it is now: signing in in another tab changes it. */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? cookie.slice("csrftoken=".length) : "";
}

/** Show a short message in the corner. */
export function toast(text) {
  const note = document.createElement("div");
  note.className = "toast show";
  note.innerHTML = '<div class="toast-body"></div>';
  note.firstChild.textContent = text;
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 6000);
}

/** The element, or what a live refresh put in its place while a question was open. */
function inPlace(element) {
  return !element || element.isConnected ? element : document.getElementById(element.id);
}

/** Send what somebody agreed to; where a refresh has changed the question meanwhile, the new one is asked first. */
function submitAgreed(shown, submitter, question) {
  const form = inPlace(shown), button = inPlace(submitter);
  if (!form || (submitter && !button)) return toast(document.body.dataset.textFailed);
  const agreed = (button?.dataset.confirm || form.dataset.confirm) === question;
  if (agreed) form.dataset.agreed = "yes";
  form.requestSubmit(button);
  delete form.dataset.agreed;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (question && !form.dataset.agreed && form.method !== "dialog") {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await confirmed(question)) submitAgreed(form, event.submitter, question);
    return;
  }
  if (form.elements.csrfmiddlewaretoken) form.elements.csrfmiddlewaretoken.value = csrfToken();
  // A second click must not send the form twice.
  if (form.method === "post" && !form.hasAttribute("hx-post")) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  }
}, true);

document.body.addEventListener("htmx:confirm", async (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await confirmed(event.detail.question)) event.detail.issueRequest(true);
});

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.body.addEventListener("htmx:sendError", () => toast(document.body.dataset.textFailed));
document.body.addEventListener("htmx:responseError", (event) => {
  const denied = [401, 403].includes(event.detail.xhr.status);
  toast(denied ? document.body.dataset.textDenied : document.body.dataset.textFailed);
});

// From here on every form asks its question (base.html lets nothing be used before); forms with a script of their own
// are inert until that has run. What wanted the focus while the page was inert gets it now.
document.documentElement.inert = false;
[...document.querySelectorAll("[autofocus]")].find((element) => element.checkVisibility())?.focus();
