// Live updates: server-sent events become DOM events on <body> (tandem:stock-changed …); polling when the stream is down.

const EVENTS = ["orders-changed", "stock-changed", "suggestions-changed", "purchase-orders-changed", "transfers-changed"];
const POLL_MS = 10000;
const GATHER_MS = 400;
const body = document.body;
const dot = document.getElementById("connection");
const pending = new Map();
let polling = null;

function show(live) {
  if (!dot) return;
  dot.className = `status-dot ms-auto ${live ? "status-green status-dot-animated" : "status-yellow"}`;
  dot.title = live ? body.dataset.textLive : body.dataset.textPolling;
  dot.setAttribute("aria-label", dot.title);
}

/** Fire a DOM event once per burst, with everything the burst said. */
function fire(name, data) {
  if (!pending.has(name)) {
    pending.set(name, []);
    setTimeout(() => {
      const notes = pending.get(name);
      pending.delete(name);
      body.dispatchEvent(new CustomEvent(`tandem:${name}`, { detail: notes }));
    }, GATHER_MS);
  }
  pending.get(name).push(data);
}

function poll(on) {
  if (on && polling === null) {
    polling = setInterval(() => document.hidden || EVENTS.forEach((name) => fire(name, {})), POLL_MS);
  } else if (!on && polling !== null) {
    clearInterval(polling);
    polling = null;
  }
}

function listen() {
  const source = new EventSource(body.dataset.eventsUrl, { withCredentials: true });
  source.onopen = () => {
    show(true);
    // What happened while nobody listened is read once.
    if (polling !== null) EVENTS.forEach((name) => fire(name, {}));
    poll(false);
  };
  source.onmessage = (message) => {
    const note = JSON.parse(message.data);
    fire(note.event, note.data);
  };
  source.onerror = () => {
    show(false);
    poll(true);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  };
}

if (body.dataset.eventsUrl) listen();
