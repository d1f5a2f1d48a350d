// Conversations and exchanges as elements: what the report and the live page have in common.
// Whatever was sent or answered becomes text, never markup: `make` is the only way to an element.
"use strict";

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "click") element.addEventListener("click", value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  const wanted = children.flat().filter((child) => child !== null && child !== "");
  element.append(...wanted.map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

function count(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

const BAD = ["failed", "expired", "cancelled", "incomplete", "error"];

function tone(status) {
  if (BAD.includes(status)) return "bad";
  return status === "completed" || status === "passed" ? "good" : "wait";
}

function conversation(talk) {
  const entries = talk.entries.map(entry);
  if (talk.earlier) entries.unshift(make("li", { class: "ran soft" }, `… ${talk.earlier} earlier`));
  return make(
    "section",
    { class: "conversation", "aria-label": `conversation ${talk.thread}` },
    make(
      "div",
      { class: "row" },
      make("h3", {}, `${talk.vendor} · ${talk.thread}`),
      copier("copy pytest lines", () => pytestLines(talk)),
      talk.seed ? copier("copy curl", () => talk.seed()) : null,
    ),
    make("ol", { class: "talk" }, entries),
  );
}

const ENTRIES = { said, called, ran };

function said(one) {
  return make(
    "li",
    { class: one.who === "user" ? "said user" : "said" },
    make("span", { class: "who" }, one.who),
    make("span", { class: "words" }, one.text),
    one.files.length ? make("div", { class: "soft" }, `files: ${one.files.join(", ")}`) : null,
  );
}

function called(one) {
  const output = one.output === null ? make("span", { class: "wait" }, "no output yet") : make("code", {}, `→ ${one.output}`);
  const call = make("code", {}, `${one.name}(${one.arguments})`);
  return make("li", { class: "called" }, make("span", { class: "who" }, `tool ${one.name}`), call, make("div", {}, output));
}

function ran(one) {
  const status = make("span", { class: tone(one.status) }, `run ${one.status}`);
  return make("li", { class: "ran" }, status, one.error ? `: ${one.error}` : "", make("span", { class: "soft" }, ` ${one.run}`));
}

function entry(one) {
  return ENTRIES[one.kind](one);
}

function refused(one) {
  if (one.failure !== null || one.operation === null) return true;
  return one.response !== null && (one.response.status >= 400 || isError(parsed(one.response)));
}

function parsed(message) {
  if ("json" in message) return message.json;
  try {
    return JSON.parse(message.text);
  } catch {
    return null;
  }
}

function isError(body) {
  return Boolean(body && typeof body === "object" && (body.error || ("code" in body && "message" in body && !("id" in body))));
}

function came(one) {
  if (one.failure !== null) return one.failure;
  return one.response === null ? "no answer yet" : String(one.response.status);
}

function exchange(one) {
  const bad = refused(one) || one.faults.length > 0;
  const found = make(
    "details",
    { class: "exchange", "data-number": one.number },
    make(
      "summary",
      {},
      make("span", { class: "number" }, `#${one.number}`),
      one.operation === null ? `${one.request.method}, no route ` : `${one.operation} `,
      make("span", { class: bad ? "bad" : "good" }, came(one)),
      one.faults.length ? make("span", { class: "bad" }, `  ${one.faults.join(", ")}`) : "",
      one.ended === false ? make("span", { class: "wait" }, "  still streaming") : "",
      make("span", { class: "soft" }, `  ${one.vendor}`),
    ),
  );
  found.addEventListener("toggle", () => fill(found, one), { once: true });
  return found;
}

function fill(found, one) {
  if (found.childElementCount > 1) return;
  const { request, response } = one;
  found.append(copier("copy curl", () => curl(request)), message("request", `${request.method} ${request.url}`, request));
  if (response !== null) found.append(message("answer", response.status, response));
}

function message(name, head, one) {
  return make("pre", { tabindex: "0", "aria-label": name }, `${head}\n${headers(one)}\n${body(one)}`);
}

function headers(message) {
  const lines = Object.entries(message.headers).map(([name, value]) => `${name}: ${value}\n`);
  return lines.join("");
}

function body(message) {
  return "json" in message ? JSON.stringify(message.json, null, 2) : message.text || "";
}

function copier(label, text) {
  return make("button", { type: "button", click: (event) => copy(event.currentTarget, label, text()) }, label);
}

async function copy(button, label, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", {}, text); // a page of a file may not use the clipboard
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "copied";
  button.dataset.copied = text;
  setTimeout(() => (button.textContent = label), 1500);
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// Where a request can be sent again: on the page of a server that is this server, which has answered it in the vendor's place.
function reachable(url) {
  return "served" in document.body.dataset ? url.replace(/^https?:\/\/[^/]+/, location.href.split("/__mock__/")[0]) : url;
}

const CURLS_OWN = ["host", "content-length", "connection", "accept-encoding", "transfer-encoding"];

function curl(request) {
  const lines = [`curl -X ${request.method} ${quoted(reachable(request.url))}`];
  for (const [name, value] of Object.entries(request.headers)) {
    if (!CURLS_OWN.includes(name.toLowerCase())) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  const sent = "json" in request ? JSON.stringify(request.json) : request.text;
  if (sent) lines.push(`--data-raw ${quoted(sent)}`);
  return lines.join(" \\\n  ");
}

function pytestLines(talk) {
  const lines = [`thread = ${talk.vendor}.add_thread()`];
  for (const one of talk.entries) {
    if (one.kind !== "said") continue;
    const role = one.who === "user" ? "" : `, role=${JSON.stringify(one.who)}`;
    lines.push(`${talk.vendor}.add_message(thread, ${JSON.stringify(one.text)}${role})`);
  }
  return `${lines.join("\n")}\n`;
}

function searchFor(box, apply) {
  box.addEventListener("input", () => apply(box.value.trim().toLowerCase()));
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape" && event.target === box) {
      box.value = "";
      apply("");
    }
  });
}
