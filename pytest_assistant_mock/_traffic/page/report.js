"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const cards = data.tests.map((test) => ({ test, text: JSON.stringify(test).toLowerCase(), element: card(test) }));

function card(test) {
  const found = make(
    "details",
    { class: "card test", open: test.outcome === "failed", "data-outcome": test.outcome },
    make(
      "summary",
      {},
      make("span", { class: `mark ${tone(test.outcome)}` }, test.outcome),
      " ", // or a narrow screen could not break the line here
      make("h2", {}, test.id),
      make("span", { class: "soft" }, `  ${count(test.count, "exchange")}`),
    ),
  );
  if (found.open) write(found, test);
  found.addEventListener("toggle", () => write(found, test));
  return found;
}

function write(found, test) {
  if (found.childElementCount > 1) return;
  if (test.left_out) {
    found.append(make("p", {}, "Left out: the page would be too large with it."));
    return;
  }
  found.append(...test.talks.map(conversation));
  const earlier = test.count - test.exchanges.length;
  found.append(make("h3", {}, "Exchanges"));
  if (earlier) found.append(make("p", {}, `The first ${count(earlier, "exchange")} left out.`));
  found.append(...test.exchanges.map(exchange));
}

function show(words) {
  const onlyFailed = document.getElementById("failed").checked;
  let shown = 0;
  for (const { test, text, element } of cards) {
    element.hidden = (onlyFailed && test.outcome !== "failed") || !text.includes(words);
    shown += element.hidden ? 0 : 1;
  }
  document.getElementById("shown").textContent = `${shown} of ${count(cards.length, "test")} shown`;
}

const box = document.getElementById("search");
searchFor(box, show);
document.getElementById("failed").addEventListener("change", () => show(box.value.trim().toLowerCase()));
document.getElementById("tests").append(...cards.map(({ element }) => element));
window.addEventListener("beforeprint", () => {
  for (const { test, element } of cards) {
    write(element, test);
    element.open = true;
  }
});
show("");
