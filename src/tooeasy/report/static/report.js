"use strict";
// A button below each figure saves it as an SVG file that stands for itself: styles and pictures are put into it.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-family",
    "font-size", "font-style", "text-anchor"];
  const TILE = { side: 84, gap: 14, text: 34, columns: 10 };
  const STRIP = { height: 48, label: 110, gap: 4 };

  const element = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // A drawn chart: a copy whose elements carry the styles that the page gives them.
  const copyOfChart = (chart) => {
    const copy = chart.cloneNode(true);
    const originals = chart.querySelectorAll("*");
    copy.querySelectorAll("*").forEach((node, index) => {
      const style = getComputedStyle(originals[index]);
      for (const name of KEPT) node.setAttribute(name, style.getPropertyValue(name));
    });
    return framed(copy, chart.viewBox.baseVal.width, chart.viewBox.baseVal.height);
  };

  const framed = (svg, width, height) => {
    const margin = 12;
    const box = `${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}`;
    svg.setAttribute("xmlns", SVG);
    svg.setAttribute("viewBox", box);
    svg.setAttribute("width", width + 2 * margin);
    svg.setAttribute("height", height + 2 * margin);
    const paper = getComputedStyle(document.querySelector(".tooeasy")).backgroundColor;
    svg.prepend(element("rect", { x: -margin, y: -margin, width: "100%", height: "100%", fill: paper }));
    return svg;
  };

  const ink = (node) => getComputedStyle(node).color;
  const label = (x, y, node, attributes = {}) =>
    element("text", { x, y, fill: ink(node), "font-family": "sans-serif", "font-size": 12, ...attributes }, node.textContent);
  const image = (x, y, width, height, picture) => element("image", {
    x, y, width, height, href: picture.src, preserveAspectRatio: "none", style: "image-rendering: pixelated",
  });

  const drawingOfTiles = (figure) => {
    const svg = element("svg", {});
    const tiles = [...figure.querySelectorAll("li")];
    const rise = (picture) => TILE.side * picture.naturalHeight / picture.naturalWidth;
    const row = Math.max(...tiles.map((tile) => rise(tile.querySelector("img")))) + TILE.text + TILE.gap;
    tiles.forEach((tile, index) => {
      const picture = tile.querySelector("img");
      const x = (index % TILE.columns) * (TILE.side + TILE.gap);
      const y = Math.floor(index / TILE.columns) * row;
      svg.append(image(x, y, TILE.side, rise(picture), picture));
      for (const mark of tile.querySelectorAll(".place")) {
        const part = (name, whole) => parseFloat(mark.style[name]) / 100 * whole;
        const box = { x: x + part("left", TILE.side) - 2, y: y + part("top", rise(picture)) - 2 };
        const size = { width: part("width", TILE.side) + 4, height: part("height", rise(picture)) + 4 };
        const drawn = { ...box, ...size, fill: "none" };
        svg.append(element("rect", { ...drawn, stroke: "#000", "stroke-width": 4 }));
        svg.append(element("rect", { ...drawn, stroke: "#ffd400", "stroke-width": 2 }));
      }
      tile.querySelectorAll("span").forEach((span, line) => svg.append(label(x, y + rise(picture) + 15 * (line + 1), span)));
    });
    const columns = Math.min(tiles.length, TILE.columns);
    return framed(svg, columns * (TILE.side + TILE.gap) - TILE.gap, Math.ceil(tiles.length / TILE.columns) * row - TILE.gap);
  };

  const drawingOfStrips = (figure) => {
    const svg = element("svg", {});
    const strips = [...figure.querySelectorAll("li")];
    let widest = 0;
    strips.forEach((strip, index) => {
      const picture = strip.querySelector("img");
      const y = index * (STRIP.height + STRIP.gap);
      const width = STRIP.height * picture.naturalWidth / picture.naturalHeight;
      widest = Math.max(widest, width);
      svg.append(label(STRIP.label - 10, y + STRIP.height / 2 + 4, strip.querySelector(".label"), { "text-anchor": "end" }));
      svg.append(image(STRIP.label, y, width, STRIP.height, picture));
    });
    return framed(svg, STRIP.label + widest, strips.length * (STRIP.height + STRIP.gap) - STRIP.gap);
  };

  const drawingOfMap = (figure) => {
    const svg = element("svg", {});
    const map = figure.querySelector("[data-view=map]");
    const height = 420 * map.height / map.width;
    const named = [...figure.querySelectorAll("b")].map((name) => name.textContent).join(" – ");
    const [low, high] = ["low", "high"].map((end) => figure.querySelector(`[data-show=${end}]`).textContent);
    const title = label(0, 12, figure.querySelector("figcaption"));
    title.textContent = `${named}: accuracy of each single pixel, from ${low} (dark) to ${high} (bright)`;
    svg.append(title);
    svg.append(image(0, 24, 420, height, { src: map.toDataURL() }));
    return framed(svg, 420, height + 24);
  };

  const drawingOfMatrix = (figure) => {
    const svg = element("svg", {});
    const [side, height, left] = [52, 30, 110];
    const rows = [...figure.querySelectorAll("tr")];
    rows.forEach((row, down) => {
      const y = down * height;
      [...row.cells].forEach((cell, right) => {
        const x = left + (right - 1) * side;
        if (cell.tagName === "TH") {
          svg.append(right === 0 ? label(left - 8, y + 19, cell, { "text-anchor": "end" }) : label(x + side / 2, y + 19, cell, { "text-anchor": "middle" }));
        } else if (right > 0) {
          svg.append(element("rect", { x: x + 1, y: y + 1, width: side - 2, height: height - 2, fill: getComputedStyle(cell).backgroundColor }));
          svg.append(label(x + side / 2, y + 19, cell, { "text-anchor": "middle" }));
        }
      });
    });
    return framed(svg, left + Math.max(...rows.map((row) => row.cells.length - 1)) * side, rows.length * height);
  };

  const drawingOf = (figure) => {
    if (figure.matches(".pairs-matrix")) return drawingOfMatrix(figure);
    if (figure.matches(".map")) return drawingOfMap(figure);
    const chart = [...figure.querySelectorAll("svg[role=img]")].find((svg) => svg.getBoundingClientRect().width > 0);
    if (chart) return copyOfChart(chart);
    return figure.matches(".tiles") ? drawingOfTiles(figure) : drawingOfStrips(figure);
  };

  const save = (figure) => {
    const text = new XMLSerializer().serializeToString(drawingOf(figure));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.download = `${figure.dataset.name.replace(/[^\p{L}\p{N}_-]+/gu, "_")}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  for (const figure of document.querySelectorAll(".tooeasy figure[data-name]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "save";
    button.textContent = "Save as SVG";
    button.setAttribute("aria-label", `Save ${figure.dataset.name} as SVG`);
    button.addEventListener("click", () => save(figure));
    figure.append(button);
  }
})();
