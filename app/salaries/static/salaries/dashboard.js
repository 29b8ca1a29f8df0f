"use strict";

(() => {
  const FILTERS = ["role", "level", "state", "work_model", "currency"];
  const MOST_ROLES = 20; // that the API compares at once
  const FEW = 5;
  const api = new URL(document.querySelector("meta[name=api-url]").content, document.baseURI);
  const form = document.getElementById("filters");
  const main = document.getElementById("answers");
  const results = document.getElementById("results");
  const message = document.getElementById("message");
  const status = document.getElementById("status");
  const again = document.getElementById("again");
  const { bars, range, element } = Charts;
  let asked = 0;
  let searched = location.search; // what the answers are about
  let draw = () => {};

  // The data keeps one spelling of each value; the page says it in its own language.
  const SPELT = {
    __proto__: null, // a role may be named constructor
    engenheiro_de_machine_learning: "Machine learning engineer",
    especialista: "Specialist", hibrido: "Hybrid", pleno: "Mid-level", presencial: "On site", remoto: "Remote",
    api: "API", bi: "BI", cto: "CTO", devops: "DevOps", erp: "ERP", ios: "iOS", it: "IT", ml: "ML", qa: "QA", sap: "SAP",
    sql: "SQL", sre: "SRE", ti: "TI", ui: "UI", ux: "UX",
  };

  const label = (value) => {
    const text = SPELT[value] ?? value.split("_").map((word) => SPELT[word] ?? word).join(" ");
    return text.charAt(0).toUpperCase() + text.slice(1);
  };

  async function ask(path, parameters = {}) {
    const url = new URL(path, api);
    for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
    let response;
    try {
      response = await fetch(url, { headers: { Accept: "application/json" } });
    } catch {
      throw new Error("The API cannot be reached."); // away, or it does not allow this page's origin
    }
    if (response.status === 429) throw new Error("You have asked very often: please wait a while.");
    if (response.status === 400) throw new Error((await response.json()).error);
    if (!response.ok) throw new Error(`The API answered ${response.status}.`);
    return response.json();
  }

  // --- Filters: the address is where they are kept -----------------------------------------------------------------

  function fill(name, values, all) {
    const options = values.map((value) => element("option", { value }, name === "state" ? value : label(value)));
    form.elements[name].replaceChildren(...(all ? [element("option", { value: "" }, all)] : []), ...options);
  }

  function readAddress(choices) {
    searched = location.search;
    const address = new URLSearchParams(searched);
    for (const name of FILTERS) {
      const wanted = address.get(name) || (name === "role" ? choices.roles[0] : "");
      const select = form.elements[name];
      // What the data does not have is asked for nevertheless: the answer says so.
      if (![...select.options].some((option) => option.value === wanted))
        select.append(element("option", { value: wanted }, label(wanted)));
      select.value = wanted;
    }
  }

  function chosen() {
    return Object.fromEntries(FILTERS.map((name) => [name, form.elements[name].value]));
  }

  function writeAddress() {
    const address = new URLSearchParams(Object.entries(chosen()).filter(([, value]) => value));
    history.pushState(null, "", `?${address}`);
    searched = location.search;
  }

  // --- Answers -----------------------------------------------------------------------------------------------------

  // `retry` is what "Try again" does, where something failed; `alone` when there are no answers below.
  function say(text, { retry = null, alone = false } = {}) {
    status.textContent = text;
    message.classList.toggle("bad", Boolean(retry));
    message.classList.toggle("alone", alone);
    again.hidden = !retry;
    again.onclick = () => {
      status.focus(); // the button goes away, and the place in the page must not
      retry();
    };
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
      results.hidden = true;
      say("Nothing has been observed for these filters. Clear one of them to see more.", { alone: true });
      return;
    }
    const writer = (options) => {
      const written = new Intl.NumberFormat("en", { style: "currency", currency, ...options });
      return (value) => (value === null ? "unknown" : written.format(value));
    };
    const amount = writer({ maximumFractionDigits: 0 });
    const short = writer({ notation: "compact", maximumSignificantDigits: 3 });
    const between = (low, high) => (low === null && high === null ? "unknown" : `${short(low)}–${short(high)}`);
    const title = [label(filters.role), filters.level && label(filters.level), filters.state,
      filters.work_model && label(filters.work_model)].filter(Boolean).join(" · ");
    document.getElementById("overview-title").textContent = title;
    document.title = `${title} – Tech Salary Insights`;
    const { p25, median, p75 } = insights.percentiles;
    const { min, max, average } = part.total_compensation;
    figures([
      ["Median total", amount(median)],
      ["Average total", amount(average)],
      ["Half earn between", between(p25, p75)],
      ["Average base salary", between(part.base_salary.average_min, part.base_salary.average_max)],
    ]);
    const roles = inCurrency(comparison.roles, "role", currency)
      .map((row) => ({ ...row, quiet: row.name !== label(filters.role) }));
    const figure = (id) => document.getElementById(id);
    draw = () => {
      range(figure("distribution"), `Total compensation in ${currency}`, { min, max, p25, median, p75 }, amount);
      bars(figure("levels"), "Average by seniority", inCurrency(summary.levels, "level", currency), amount);
      bars(figure("roles"), "Compared with other roles", roles, amount);
      bars(figure("work_models"), "Top work models", best(insights.top_work_models, label), amount);
      bars(figure("states"), "Top states", best(insights.top_states), amount);
      bars(figure("locations"), "Top cities", best(insights.top_locations), amount);
      bars(figure("sources"), "By source", best(insights.top_sources, label), amount);
    };
    results.hidden = false; // before drawing, which asks how wide a figure is
    draw();

    if (!filters.currency) fill("currency", summary.currencies.map((one) => one.currency), "Most observed");
    form.elements.currency.value = filters.currency;
    const others = summary.total_observations - part.observations;
    const counted = (count) => `${count.toLocaleString("en")} observation${count === 1 ? "" : "s"}`;
    say(`${counted(part.observations)} in ${currency}${others ? `, and ${others.toLocaleString("en")} in other currencies` : ""}.` +
      (part.observations < FEW ? " So few say little about others." : ""));
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
      if (turn === asked) {
        results.hidden = true; // they are about other filters
        say(error.message, { retry: () => update(choices), alone: true });
      }
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
      say(error.message, { retry: start, alone: true });
      return;
    }
    if (!choices.roles.length) {
      say("There is no data yet: load some with manage.py load_salary_dataset.", { alone: true });
      return;
    }
    fill("role", choices.roles);
    fill("level", choices.levels, "All");
    fill("state", choices.states, "All");
    fill("work_model", choices.work_models, "All");
    fill("currency", [], "Most observed");
    form.querySelector("fieldset").disabled = false;
    const changed = () => { writeAddress(); update(choices); };
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      for (const name of FILTERS.slice(1)) form.elements[name].value = "";
      changed();
    });
    addEventListener("popstate", () => {
      if (location.search === searched) return; // the skip link, which must not take away what has the focus
      readAddress(choices);
      update(choices);
    });
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth !== width && !results.hidden) draw(); // a phone's own bars change the height only
      width = innerWidth;
    });
    readAddress(choices);
    update(choices);
  }

  start();
})();
