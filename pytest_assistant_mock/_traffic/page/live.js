// The page at /__mock__/: asks the control API what the fake holds and what has been exchanged, again and again.
"use strict";

const MOST_THREADS = 100;
const EVERY_MS = 1000;
const BUSY_MS = 200;
const OVER = ["completed", "failed", "cancelled", "expired", "incomplete"];

const session = new URLSearchParams(location.search).get("session");
const asSession = session === null ? {} : { "X-Assistant-Session": session };
const box = document.getElementById("search");
const onlyFailed = document.getElementById("failed");
const verdict = document.getElementById("verdict");
const exchanges = new Map(); // by number
let words = "";
let underWay = false;
let holdsNothing = false;

async function get(path) {
  const answer = await fetch(path, { headers: asSession, cache: "no-store" });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status });
  return said;
}

// A list of elements that is brought up to date: what has not changed stays as it is, open or closed.
class List {
  constructor(id, build) {
    this.parent = document.getElementById(id);
    this.build = build;
    this.rows = new Map();
  }

  update(items, hint) {
    const wanted = new Map(items.map((item) => [item.key, item]));
    for (const [key, row] of this.rows) {
      if (!wanted.has(key)) {
        row.element.remove();
        this.rows.delete(key);
      }
    }
    let before = null;
    for (const item of items) {
      const element = this.row(item);
      const place = before === null ? this.parent.firstChild : before.nextSibling;
      if (element !== place) this.parent.insertBefore(element, place);
      before = element;
    }
    this.parent.querySelector(":scope > p")?.remove();
    if (!items.length) this.parent.append(make("p", {}, hint));
    this.filter();
  }

  row(item) {
    const text = JSON.stringify(item.value);
    const old = this.rows.get(item.key);
    if (old && old.text === text) return old.element;
    const element = this.build(item.value);
    if (old) this.replace(old.element, element, item.value);
    this.rows.set(item.key, { element, text, search: text.toLowerCase(), bad: item.bad });
    return element;
  }

  replace(old, element, value) {
    const focused = old.contains(document.activeElement);
    if (old.open) {
      element.open = true;
      if (element.classList.contains("exchange")) fill(element, value);
    }
    old.replaceWith(element);
    if (focused) element.querySelector("summary, button")?.focus();
  }

  filter() {
    for (const row of this.rows.values()) {
      row.element.hidden = !row.search.includes(words) || (onlyFailed.checked && !row.bad);
    }
  }
}

const lists = {
  threads: new List("threads", threadCard),
  exchanges: new List("exchanges", exchange),
};

function threadCard(talk) {
  return make("article", { class: "card" }, conversation({ ...talk, seed: () => seed(talk) }));
}

function calls(run, step) {
  return step.calls.map(({ name, arguments: given, output }) => ({ kind: "called", run: run.id, name, arguments: given, output }));
}

function saidIn(message) {
  return { kind: "said", who: message.role, text: message.text, run: message.run_id, files: message.file_ids };
}

// One run: what it said and called, in the order of its steps, and how it stands.
function ofRun(run, byId) {
  const found = [];
  for (const step of run.steps) {
    found.push(...calls(run, step));
    const message = byId.get(step.message_id);
    if (message) {
      found.push(saidIn(message));
      byId.delete(step.message_id);
    }
  }
  const why = run.last_error ? `${run.last_error.code}: ${run.last_error.message}` : "";
  return [...found, { kind: "ran", run: run.id, status: run.status, error: why }];
}

// What a stream that is still open says: the fake stores a message when it has ended, its pieces stand in the exchange.
function arriving(one) {
  const found = { run: "", id: "", text: "" };
  for (const frame of ((one.response && one.response.text) || "").split(/\r?\n\r?\n/)) {
    const lines = frame.split(/\r?\n/).filter((line) => line.startsWith("data:"));
    const data = parsed({ text: lines.map((line) => line.slice(5)).join("\n") });
    if (data === null || typeof data !== "object") continue;
    const run = data.object === "thread.run" ? data : data.details && data.details.run_object;
    if (run) found.run = run.id;
    const id = data.delta ? data.id : data.message_id;
    const text = textOf(data.delta ? data.delta.content : data.content);
    if (!id || !text) continue;
    found.text = id === found.id ? found.text + text : text;
    found.id = id;
  }
  return found;
}

function textOf(content) {
  const parts = Array.isArray(content) ? content : [content];
  return parts.map((part) => (part && part.text && (typeof part.text === "string" ? part.text : part.text.value)) || "").join("");
}

function talk(vendor, thread, runs) {
  const byId = new Map(thread.messages.map((message) => [message.id, message]));
  for (const one of [...exchanges.values()].filter((one) => one.vendor === vendor && one.ended === false)) {
    const piece = arriving(one);
    const run = runs.find(({ id }) => id === piece.run);
    if (!run || !piece.text || byId.has(piece.id)) continue;
    byId.set(piece.id, { role: "assistant", text: piece.text, run_id: run.id, file_ids: [] });
    run.steps.push({ calls: [], message_id: piece.id });
  }
  const blocks = runs.map((run) => ({ at: run.created_at, entries: ofRun(run, byId) }));
  const others = [...byId.values()].map((message) => ({ at: message.created_at, entries: [saidIn(message)] }));
  const ordered = [...others, ...blocks].sort((one, other) => one.at - other.at);
  return { vendor, thread: thread.id, entries: ordered.flatMap((block) => block.entries) };
}

function seed(shown) {
  const messages = shown.entries.filter((one) => one.kind === "said").map((one) => ({ role: one.who, text: one.text }));
  const url = new URL("seed", location.href.split("?")[0]).href;
  const json = { [shown.vendor]: { threads: [{ messages }] } };
  return curl({ method: "POST", url, headers: { "Content-Type": "application/json", ...asSession }, json });
}

function isBad(shown) {
  return shown.entries.some((one) => one.kind === "ran" && tone(one.status) === "bad");
}

function showState(state) {
  const vendors = Object.keys(state).filter((name) => state[name] && state[name].threads);
  const talks = vendors.flatMap((vendor) => {
    const { threads, runs } = state[vendor];
    const newest = threads.slice(-MOST_THREADS);
    return newest.map((thread) => ({ at: thread.created_at, talk: talk(vendor, thread, runs.filter((run) => run.thread_id === thread.id)) }));
  });
  talks.sort((one, other) => other.at - one.at);
  const items = talks.map(({ talk }) => ({ key: `${talk.vendor} ${talk.thread}`, value: talk, bad: isBad(talk) }));
  lists.threads.update(items, "None yet: a thread appears here as soon as a client or a test makes one.");
  showHeld(vendors, state);
}

// A server that answers from a recording has no state: it says so once.
function showNoState(problem) {
  if (problem.status !== 409) throw problem;
  holdsNothing = true;
  document.getElementById("holds").replaceChildren(make("p", {}, problem.message));
}

function showHeld(vendors, state) {
  underWay = vendors.some((vendor) => state[vendor].runs.some((run) => ["queued", "in_progress"].includes(run.status)));
  const lines = vendors.map((vendor) => {
    const { assistants, threads, runs, files } = state[vendor];
    const open = runs.filter((run) => !OVER.includes(run.status)).length;
    const kinds = Object.entries({ assistant: assistants, thread: threads, run: runs, file: files });
    const counted = [...kinds.map(([kind, all]) => count(all.length, kind)), ...(open ? [`${count(open, "run")} not over`] : [])];
    const named = [...assistants.map((one) => `${one.name || "assistant"} ${one.id}`), ...files.map((one) => `${one.name} ${one.id}`)];
    const head = make("summary", {}, `${vendor} `, make("span", { class: "soft" }, counted.join(", ")));
    return make("details", { "data-vendor": vendor }, head, make("ul", {}, named.map((name) => make("li", {}, name))));
  });
  const holds = document.getElementById("holds");
  const text = lines.map((line) => line.textContent).join("\n");
  if (holds.dataset.text !== text) {
    for (const line of lines) {
      line.open = [...holds.children].some((old) => old.open && old.dataset.vendor === line.dataset.vendor);
    }
    holds.replaceChildren(...lines);
    holds.dataset.text = text;
  }
}

function showExchanges() {
  const items = [...exchanges.values()].sort((one, other) => other.number - one.number);
  const shown = items.map((one) => ({ key: one.number, value: one, bad: refused(one) || one.faults.length > 0 }));
  lists.exchanges.update(shown, "None yet.");
  const unanswered = items.filter((one) => one.operation === null).length;
  const bad = shown.filter((one) => one.bad).length;
  const of = session === null ? "" : `, session ${session}`;
  tell(`live${of}: ${count(items.length, "exchange")}, ${bad} failed, ${unanswered} unanswered`);
}

// Only what has changed is told again, or a screen reader would never be quiet.
function tell(text) {
  const status = document.getElementById("shown");
  if (status.textContent !== text) status.textContent = text;
}

async function fetchExchanges() {
  const open = [...exchanges.values()].filter((one) => one.ended === false).map((one) => one.number);
  const newest = Math.max(0, ...exchanges.keys());
  const since = Math.min(newest, ...[newest, ...open].map((number) => Math.max(0, number - 1)));
  const answer = await get(`exchanges?since=${since}`);
  if (newest && !answer.exchanges.some((one) => one.number === newest)) return forget(); // it is no longer held: a reset
  for (const one of answer.exchanges) exchanges.set(one.number, one);
}

async function forget() {
  exchanges.clear();
  await fetchExchanges();
}

let asking = false;
let again = false; // whether something has happened meanwhile

async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    await fetchExchanges();
    showExchanges();
    if (!holdsNothing) await get("state").then(showState, showNoState);
  } catch (problem) {
    tell(`not live: ${problem.message}`);
  }
  asking = false;
  if (again) {
    again = false;
    await refresh();
  }
}

// What is read piece by piece is no event before its end: so the page looks by itself, more often while something is under way.
async function look() {
  if (document.visibilityState === "visible") await refresh();
  setTimeout(look, underWay || [...exchanges.values()].some((one) => one.ended === false) ? BUSY_MS : EVERY_MS);
}

async function verify() {
  const answer = await fetch("verify", { method: "POST", headers: asSession });
  const said = await answer.json();
  verdict.textContent = answer.ok ? "Nothing would fail a test." : said.error;
  verdict.className = answer.ok ? "good" : "bad";
  verdict.hidden = false;
}

function filter(typed) {
  words = typed;
  for (const list of Object.values(lists)) list.filter();
}

searchFor(box, filter);
onlyFailed.addEventListener("change", () => filter(words));
document.getElementById("verify").addEventListener("click", verify);
if (session === null) {
  const events = new EventSource("events");
  events.addEventListener("exchange", () => refresh());
  events.addEventListener("changed", () => refresh());
}
look();
