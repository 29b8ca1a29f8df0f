"use strict";

(() => {
  const FILTERS = ["role", "level", "state", "work_model", "currency"];
  const MOST_ROLES = 20; // that the API compares at once
  const api = new URL(document.querySelector("meta[name=api-url]").content, document.baseURI);
  const form = document.getElementById("filters");
  const main = document.getElementById("answers");
  const status = document.getElementById("status");
  const { bars, range, element } = Charts;
  let asked = 0;

  const label = (value) => {
    const words = value.replaceAll("_", " ");
    return words.charAt(0).toUpperCase() + words.slice(1);
  };

  async function ask(path, parameters = {}) {
    const url = new URL(path, api);
    for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (response.status === 429) throw new Error("You have asked very often: please wait a while.");
    if (!response.ok) throw new Error(`The API answered ${response.status}.`);
    return response.json();
  }

  // --- Filters: the address is where they are kept -----------------------------------------------------------------

  function fill(name, values, all) {
    const options = values.map((value) => element("option", { value }, name === "state" ? value : label(value)));
    form.elements[name].replaceChildren(...(all ? [element("option", { value: "" }, all)] : []), ...options);
  }

  function readAddress(choices) {
    const address = new URLSearchParams(location.search);
    for (const name of FILTERS) {
      const wanted = address.get(name) ?? "";
      const select = form.elements[name];
      if (name === "currency" && wanted && ![...select.options].some((option) => option.value === wanted))
        select.append(element("option", { value: wanted }, wanted));
      select.value = wanted;
      if (select.selectedIndex < 0) select.value = name === "role" ? choices.roles[0] : "";
    }
  }

  function chosen() {
    return Object.fromEntries(FILTERS.map((name) => [name, form.elements[name].value]));
  }

  function writeAddress() {
    const address = new URLSearchParams(Object.entries(chosen()).filter(([, value]) => value));
    history.pushState(null, "", `?${address}`);
  }

  // --- Answers -----------------------------------------------------------------------------------------------------

  function say(text, again) {
    status.classList.toggle("bad", Boolean(again));
    status.replaceChildren(text);
    if (!again) return;
    const button = element("button", { type: "button" }, "Try again");
    button.addEventListener("click", again);
    status.append(button);
  }

  function inCurrency(groups, name, currency) {
    return groups.flatMap((group) => group.currencies
      .filter((part) => part.currency === currency)
      .map((part) => ({ name: label(group[name]), value: part.total_compensation.average, observations: part.observations })))
      .sort((one, other) => other.value - one.value);
  }

  const best = (entries, named = (name) => name) => entries.map((entry) =>
    ({ name: named(entry.name), value: entry.average_total_compensation, observations: entry.observations }));

  function figures(entries) {
    document.getElementById("figures").replaceChildren(
      ...entries.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))));
  }

  function show(filters, summary, insights, comparison) {
    const currency = insights.filters.currency;
    const part = summary.currencies.find((one) => one.currency === currency);
    if (!part) {
      main.hidden = true;
      say("Nothing has been observed for these filters. Clear one of them to see more.");
      return;
    }
    const written = new Intl.NumberFormat("en", { style: "currency", currency, maximumFractionDigits: 0 });
    const amount = (value) => (value === null ? "unknown" : written.format(value));
    const others = summary.total_observations - part.observations;
    document.getElementById("overview-title").textContent =
      [label(filters.role), filters.level && label(filters.level), filters.state, filters.work_model && label(filters.work_model)]
        .filter(Boolean).join(" · ");
    document.title = `${label(filters.role)} – Tech Salary Insights`;
    figures([
      ["Observations", part.observations.toLocaleString("en")],
      ["Average total", amount(part.total_compensation.average)],
      ["Median total", amount(insights.percentiles.median)],
      ["Average base salary", `${amount(part.base_salary.average_min)} – ${amount(part.base_salary.average_max)}`],
    ]);
    main.hidden = false; // before drawing, which asks how wide a figure is
    const { min, max } = part.total_compensation;
    const figure = (id) => document.getElementById(id);
    range(figure("distribution"), `Total compensation in ${currency}`, { min, max, ...insights.percentiles }, amount);
    bars(figure("levels"), "Average by seniority", inCurrency(summary.levels, "level", currency), amount);
    bars(figure("work_models"), "Top work models", best(insights.top_work_models, label), amount);
    bars(figure("states"), "Top states", best(insights.top_states), amount);
    bars(figure("locations"), "Top cities", best(insights.top_locations), amount);
    bars(figure("sources"), "By source", best(insights.top_sources, label), amount);
    const roles = inCurrency(comparison.roles, "role", currency)
      .map((row) => ({ ...row, quiet: row.name !== label(filters.role) }));
    bars(figure("roles"), "Compared with other roles", roles, amount);

    const currencies = summary.currencies.map((one) => one.currency);
    const select = form.elements.currency;
    if (!filters.currency) {
      fill("currency", currencies, "Most observed");
    }
    select.value = filters.currency;
    say(`${part.observations} observations in ${currency}${others ? `, and ${others} in other currencies` : ""}.`);
  }

  async function update(choices) {
    const turn = ++asked;
    const filters = chosen();
    const { role, ...shared } = filters;
    const roles = [role, ...choices.roles.filter((other) => other !== role)].slice(0, MOST_ROLES).join(",");
    main.setAttribute("aria-busy", "true");
    say("Loading…");
    try {
      const answers = await Promise.all([
        ask("salaries/", filters), ask("salaries/insights/", filters), ask("salaries/comparison/", { roles, ...shared }),
      ]);
      if (turn === asked) show(filters, ...answers); // else a newer question is on its way
    } catch (error) {
      if (turn === asked) say(error.message, () => update(choices));
    } finally {
      if (turn === asked) main.removeAttribute("aria-busy");
    }
  }

  async function start() {
    say("Loading…");
    let choices;
    try {
      choices = await ask("filters/");
    } catch (error) {
      say(error.message, start);
      return;
    }
    if (!choices.roles.length) {
      say("There is no data yet: load some with manage.py load_salary_dataset.");
      return;
    }
    fill("role", choices.roles);
    fill("level", choices.levels, "All");
    fill("state", choices.states, "All");
    fill("work_model", choices.work_models, "All");
    fill("currency", [], "Most observed");
    const changed = () => { writeAddress(); update(choices); };
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      for (const name of FILTERS.slice(1)) form.elements[name].value = "";
      changed();
    });
    addEventListener("popstate", () => { readAddress(choices); update(choices); });
    readAddress(choices);
    update(choices);
  }

  start();
})();
