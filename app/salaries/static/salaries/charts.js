"use strict";

// Charts as SVG, each with a sentence for those who do not see it and a table for those who want the figures.
// Texts come from the API and are only ever set as text, never as markup.

const Charts = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function shape(name, attributes = {}, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function picture(width, height, sentence) {
    return shape("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": sentence });
  }

  function table(title, head, rows) {
    const body = rows.map((cells) =>
      element("tr", {}, ...cells.map((cell, at) => element(at ? "td" : "th", at ? {} : { scope: "row" }, cell))));
    return element("details", {},
      element("summary", {}, "Figures as a table"),
      element("table", { "aria-label": title },
        element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))),
        element("tbody", {}, ...body)));
  }

  // As wide as it is shown, so that its texts keep their size on a phone.
  function inside(figure) {
    const { paddingLeft, paddingRight } = getComputedStyle(figure);
    return Math.max(240, Math.round(figure.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)));
  }

  const pen = document.createElement("canvas").getContext("2d");

  function wide(text) {
    pen.font = "13px system-ui, sans-serif"; // that of the texts in a chart
    return Math.ceil(pen.measureText(text).width);
  }

  function shortened(text, most) {
    let kept = text;
    while (kept && wide(kept === text ? text : `${kept}…`) > most) kept = kept.slice(0, -1).trimEnd();
    return kept === text ? text : `${kept}…`;
  }

  // rows: [{name, value, observations, quiet}]; value is an amount that `amount` writes.
  function bars(figure, title, rows, amount) {
    figure.replaceChildren(element("figcaption", {}, title));
    if (!rows.length) {
      figure.append(element("p", {}, "No observation says so."));
      return;
    }
    const [width, line, gap] = [inside(figure), 34, 8];
    const left = Math.min(Math.max(...rows.map((row) => wide(row.name))), width * 0.4) + gap;
    const right = Math.max(...rows.map((row) => wide(amount(row.value)))) + gap;
    const most = Math.max(...rows.map((row) => row.value));
    const best = rows.reduce((one, other) => (other.value > one.value ? other : one));
    const drawing = picture(width, rows.length * line, `${title}: ${best.name} is highest with ${amount(best.value)}.`);
    rows.forEach((row, at) => {
      const middle = at * line + line / 2;
      const length = Math.max(2, ((width - left - right) * row.value) / most);
      const name = shape("text", { x: 0, y: middle + 4 }, shortened(row.name, left - gap));
      name.append(shape("title", {}, row.name));
      drawing.append(
        name,
        shape("rect", { class: row.quiet ? "bar quiet" : "bar", x: left, y: middle - 9, width: length, height: 18, rx: 4 }),
        shape("text", { x: left + length + gap, y: middle + 4 }, amount(row.value)));
    });
    figure.append(drawing, table(title, ["", "Average", "Observations"],
      rows.map((row) => [row.name, amount(row.value), row.observations.toLocaleString("en")])));
  }

  // One line from the lowest to the highest, a box for the middle half, a stroke for the median.
  function range(figure, title, { min, p25, median, p75, max }, amount) {
    const sentence = `${title}: half of the observations lie between ${amount(p25)} and ${amount(p75)}, ` +
      `the median is ${amount(median)}, the lowest ${amount(min)} and the highest ${amount(max)}.`;
    const [width, height, middle] = [inside(figure), 104, 52];
    const x = (value) => 1 + ((width - 2) * (value - min)) / (max - min || 1);
    const drawing = picture(width, height, sentence);
    const end = (at) => shape("line", { class: "axis", x1: at, x2: at, y1: middle - 7, y2: middle + 7 });
    drawing.append(
      shape("line", { class: "axis", x1: x(min), x2: x(max), y1: middle, y2: middle }), end(x(min)), end(x(max)),
      shape("rect", { class: "bar", x: x(p25), y: middle - 16, width: Math.max(2, x(p75) - x(p25)), height: 32, rx: 6 }),
      shape("line", { class: "median", x1: x(median), x2: x(median), y1: middle - 16, y2: middle + 16 }));
    const label = (value, text, above, anchor) => drawing.append(
      shape("text", { x: x(value), y: above ? 22 : 96, "text-anchor": anchor, class: above ? "" : "quiet" },
        `${text} ${amount(value)}`));
    label(median, "Median", true, x(median) > width - 120 ? "end" : x(median) < 120 ? "start" : "middle");
    label(min, "Lowest", false, "start");
    label(max, "Highest", false, "end");
    figure.replaceChildren(element("figcaption", {}, title), drawing,
      table(title, ["", "Amount"], [
        ["Lowest", amount(min)], ["25th percentile", amount(p25)], ["Median", amount(median)],
        ["75th percentile", amount(p75)], ["Highest", amount(max)],
      ]));
  }

  return { bars, range, element };
})();
