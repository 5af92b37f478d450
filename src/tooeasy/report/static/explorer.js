"use strict";
// The explorer of single pixels: choose a pair, a rule and a pixel, and see what it tells. Everything is in the page.
(() => {
  const FRAMED = location.protocol === "about:"; // in a notebook's frame, where addresses are the notebook's
  const SVG = "http://www.w3.org/2000/svg";
  const Z = 1.959963984540054; // of a two-sided 95% interval
  // As Python writes numbers: exactly halfway between two, the even one; toFixed would take the larger.
  const fixed = (value, digits) => {
    const twice = value * 2 ** (digits + 1); // a number with so many decimals can only end in 5 if this is whole
    const text = value.toFixed(digits);
    const halfway = Number.isInteger(twice) && (value * 10 ** digits) % 1 === 0.5;
    return halfway && Math.floor(value * 10 ** digits) % 2 === 0 ? (Math.floor(value * 10 ** digits) / 10 ** digits).toFixed(digits) : text;
  };
  const percent = (value, digits = 1) => `${fixed(100 * value, digits)}%`;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // Wilson's score interval of a fraction.
  const interval = (right, n) => {
    const rate = right / n;
    const centre = (rate + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
    const half = Z / (1 + Z ** 2 / n) * Math.sqrt(rate * (1 - rate) / n + Z ** 2 / (4 * n ** 2));
    return [right === 0 ? 0 : centre - half, right === n ? 1 : centre + half];
  };

  // Base64 of zlib's deflate to named arrays, whose values lie in planes of bytes.
  const unpack = async (data) => {
    const packed = Uint8Array.from(atob(data.payload), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const arrays = {};
    for (const [name, start, size, width] of data.arrays) {
      const values = width === 1 ? bytes.subarray(start, start + size) : new Float64Array(size);
      for (let plane = 0; width > 1 && plane < width; plane += 1) {
        for (let i = 0; i < size; i += 1) values[i] += bytes[start + plane * size + i] * 256 ** plane;
      }
      arrays[name] = values;
    }
    return arrays;
  };

  const element = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // A row of a table.
  const line = (cells, tag) => {
    const made = document.createElement("tr");
    made.append(...cells.map((text) => {
      const cell = document.createElement(tag);
      cell.className = "number";
      if (tag === "th") cell.scope = "col";
      cell.textContent = String(text);
      return cell;
    }));
    return made;
  };

  // Names in addresses: "-" stands between the two, so that it is escaped within them.
  const written = (name) => encodeURIComponent(name).replace(/-/g, "%2D");
  const read = (hash) => Object.fromEntries(
    hash.replace(/^#/, "").split("&").filter((part) => part.includes("=")).map((part) => part.split(/=(.*)/s, 2)),
  );
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return null;
    }
  };

  class Explorer {
    constructor(root, data, arrays, several) {
      Object.assign(this, { root, data, arrays, several });
      [this.height, this.width, this.channels] = data.shape;
      this.size = this.height * this.width * this.channels;
      this.state = { pair: 0, rule: data.rules[0], pixel: 0, channel: -1, fade: 0.5, stretch: false };
      this.colours = data.colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
      this.paintScale();
      this.listen();
    }

    control(name) { return this.root.querySelector(`[data-control=${name}]`); }
    view(name) { return this.root.querySelector(`[data-view=${name}]`); }
    show(name, text) { this.root.querySelector(`[data-show=${name}]`).textContent = text; }

    // --- numbers

    get members() { return this.data.pairs[this.state.pair]; }
    get names() { return this.members.map((member) => this.data.classes[member]); }
    get best() { return this.data.best[this.state.rule][this.state.pair]; }
    total(split) { return this.members.reduce((sum, member) => sum + this.data[split][member], 0); }
    at(name, pixel) { return this.arrays[name][this.state.pair * this.size + pixel]; }
    rate(pixel) { return this.at(`${this.state.rule}-train`, pixel) / this.total("train"); }
    position(pixel) {
      const place = Math.floor(pixel / this.channels);
      return [Math.floor(place / this.width), place % this.width, pixel % this.channels];
    }
    // The pixel at a place of the map: of the channel that is looked at, or of the best one there.
    pixelAt(row, column) {
      const first = (row * this.width + column) * this.channels;
      if (this.state.channel >= 0) return first + this.state.channel;
      let best = first;
      for (let pixel = first + 1; pixel < first + this.channels; pixel += 1) if (this.rate(pixel) > this.rate(best)) best = pixel;
      return best;
    }
    get scored() { return this.data.test !== null && this.members.every((member) => this.data.test[member] > 0); }
    get majority() {
      const [a, b] = this.members;
      const frequent = this.data.train[b] > this.data.train[a] ? b : a;
      const split = this.scored ? this.data.test : this.data.train;
      return split[frequent] / (split[a] + split[b]);
    }

    // --- what is seen

    draw() {
      const [a, b] = this.names;
      this.control("pair").value = String(this.state.pair);
      this.control("rule").value = this.state.rule;
      if (this.control("channel")) this.control("channel").value = String(this.state.channel);
      this.show("first", a);
      this.show("second", b);
      this.paintMap();
      this.members.forEach((member, index) => this.paintMean(["first", "second"][index], member));
      this.fillTable();
      this.point(this.state.pixel);
      this.show("told", this.told);  // announced: not at every move of the mouse
    }

    // The accuracies that the darkest and the brightest colour stand for.
    get range() {
      if (!this.state.stretch) return [0.5, 1];
      const rates = Array.from({ length: this.size }, (_, pixel) => this.rate(pixel));
      return [Math.min(...rates), Math.max(...rates)];
    }

    paintMap() {
      const [low, high] = this.range;
      this.show("low", percent(low, 0));
      this.show("high", percent(high, 0));
      this.paint(this.view("map"), (row, column) => {
        const rate = this.rate(this.pixelAt(row, column));
        const shade = Math.round(clamp((rate - low) / (high - low || 1), 0, 1) * (this.colours.length - 1));
        return rate < this.state.fade ? this.beneath(row, column) : [...this.colours[shade], 255];
      });
    }

    // What the map lies over: the mean of the two classes, in grey.
    beneath(row, column) {
      const place = (row * this.width + column) * this.channels;
      const values = this.members.flatMap((member) => {
        const at = this.data.used.indexOf(member) * this.size + place;
        return [...this.arrays.means.subarray(at, at + this.channels)];
      });
      const grey = values.reduce((sum, value) => sum + value, 0) / values.length;
      return [grey, grey, grey, 255];
    }

    paintMean(name, member) {
      const start = this.data.used.indexOf(member) * this.size;
      this.paint(this.view(name), (row, column) => {
        const at = start + (row * this.width + column) * this.channels;
        const values = [...this.arrays.means.subarray(at, at + this.channels)];
        const grey = values.reduce((sum, value) => sum + value, 0) / this.channels;
        return [...(this.channels === 3 ? values : [grey, grey, grey]), 255];
      });
    }

    // Pixels as large as whole numbers of the screen's allow, then whatever marks stand on them.
    paint(canvas, colour) {
      const scale = Math.max(1, Math.ceil(640 / Math.max(this.width, this.height)));
      canvas.width = this.width * scale;
      canvas.height = this.height * scale;
      const image = new ImageData(this.width, this.height);
      for (let row = 0; row < this.height; row += 1) {
        for (let column = 0; column < this.width; column += 1) {
          image.data.set(colour(row, column), 4 * (row * this.width + column));
        }
      }
      const small = new OffscreenCanvas(this.width, this.height);
      small.getContext("2d").putImageData(image, 0, 0);
      Object.assign(canvas, { small, scale });
      this.wipe(canvas);
    }

    // The picture without marks.
    wipe(canvas) {
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = false;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(canvas.small, 0, 0, canvas.width, canvas.height);
    }

    paintScale() {
      const context = this.view("scale").getContext("2d");
      this.colours.forEach((colour, index) => {
        context.fillStyle = `rgb(${colour.join(" ")})`;
        context.fillRect(index, 0, 1, 1);
      });
    }

    // Marks on the map and the means: a ring at the best pixel, a square at the one that is looked at.
    mark(pixel) {
      for (const name of ["map", "first", "second"]) {
        const canvas = this.view(name);
        const context = canvas.getContext("2d");
        const scale = canvas.scale;
        this.wipe(canvas);
        const [row, column] = this.position(pixel);
        for (const [colour, width] of [["#000", 6], ["#fff", 2.5]]) {
          context.strokeStyle = colour;
          context.lineWidth = width;
          context.strokeRect(column * scale, row * scale, scale, scale);
        }
        if (name === "map") this.ring(context, scale);
      }
    }

    ring(context, scale) {
      const [row, column] = this.position(this.best);
      for (const [colour, width] of [["#000", 6], ["#ff5a36", 3]]) {
        context.beginPath();
        context.arc((column + 0.5) * scale, (row + 0.5) * scale, 0.85 * scale, 0, 2 * Math.PI);
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.stroke();
      }
    }

    // Show what a pixel tells.
    point(pixel) {
      const [row, column, channel] = this.position(pixel);
      const place = `row ${row}, column ${column}${this.channels > 1 ? `, channel ${channel}` : ""}`;
      this.pixel = pixel;
      this.mark(pixel);
      this.show("where", place);
      this.show("best", pixel === this.best ? "the best pixel" : "");
      this.show("train", percent(this.rate(pixel)));
      this.show("majority", percent(this.majority));
      this.show("information", `${fixed(this.at("information", pixel) / (2 ** 24 - 1), 3)} bits`);
      this.show("rule", this.ruleInWords(pixel));
      this.told = `${place}: ${this.showTest(pixel)}; ${this.ruleInWords(pixel)}`;
      this.drawLevels(pixel);
    }

    showTest(pixel) {
      if (this.data.test === null) return `train accuracy ${percent(this.rate(pixel))}`;
      if (!this.scored) {
        this.show("test", "–");
        this.show("interval", "a class has no held-out image");
        return "not scored";
      }
      const [right, n] = [this.at(`${this.state.rule}-test`, pixel), this.total("test")];
      const [low, high] = interval(right, n);
      this.show("test", percent(right / n));
      this.show("interval", `${fixed(100 * low, 1)} to ${fixed(100 * high, 1)}`);
      return `test accuracy ${percent(right / n)}`;
    }

    ruleInWords(pixel) {
      if (this.state.rule === "lookup") return "the class that had the pixel’s level more often in training";
      const [cut, first] = [this.at(`${this.state.rule}-cut`, pixel), this.at(`${this.state.rule}-first`, pixel)];
      const [below, above] = [this.names[first], this.names[1 - first]];
      return cut >= this.data.levels ? `always ${below}` : `${below} up to level ${cut - 1}, ${above} above`;
    }

    drawLevels(pixel) {
      const chart = this.view("levels");
      const [left, right, middle, tall] = [8, 332, 92, 74];
      const { groups, levels } = this.data;
      const step = (right - left) / groups;
      const bars = this.members.flatMap((member, side) => {
        const start = (this.data.used.indexOf(member) * this.size + pixel) * groups;
        return [...this.arrays.levels.subarray(start, start + groups)].map((root, group) => {
          const height = root / 255 * tall;
          return element("rect", {
            class: `bar series-${side + 1}`, x: left + group * step + 0.5, width: Math.max(step - 1, 1),
            y: side === 0 ? middle - height : middle, height,
          });
        });
      });
      const parts = [...bars, element("line", { class: "grid", x1: left, x2: right, y1: middle, y2: middle })];
      if (this.state.rule !== "lookup") {
        const cut = this.at(`${this.state.rule}-cut`, pixel);
        const x = left + cut / levels * (right - left);
        if (cut < levels) parts.push(element("line", { class: "cut", x1: x, x2: x, y1: 18, y2: 166 }));
      }
      this.names.forEach((name, side) => {
        const short = name.length > 40 ? `${name.slice(0, 39)}…` : name;
        parts.push(element("text", { class: `of-${side + 1}`, x: left, y: [12, 178][side] }, short));
      });
      parts.push(element("text", { class: "caption", x: left, y: 194 }, "level 0"));
      parts.push(element("text", { class: "caption", x: right, y: 194, "text-anchor": "end" }, `${levels - 1}`));
      chart.replaceChildren(...parts);
      this.fillLevels();
      const often = this.members.map((member, side) => {
        const start = (this.data.used.indexOf(member) * this.size + pixel) * groups;
        return `${this.names[side]} has the lowest levels in ${percent((this.arrays.levels[start] / 255) ** 2, 0)}`;
      });
      chart.setAttribute("aria-label", `Levels of this pixel: ${often.join(", ")} of the training images.`);
    }

    fillTable() {
      const order = Array.from({ length: this.size }, (_, pixel) => pixel);
      order.sort((one, other) => this.rate(other) - this.rate(one) || one - other);
      const head = ["row", "column", ...(this.channels > 1 ? ["channel"] : []), "train", ...(this.scored ? ["test"] : [])];
      const rows = order.slice(0, 10).map((pixel) => [
        ...this.position(pixel).slice(0, this.channels > 1 ? 3 : 2), percent(this.rate(pixel)),
        ...(this.scored ? [percent(this.at(`${this.state.rule}-test`, pixel) / this.total("test"))] : []),
      ]);
      this.view("table").replaceChildren(line(head, "th"), ...rows.map((row) => line(row, "td")));
    }

    // The table behind the chart of levels: how often each group of levels is found.
    fillLevels() {
      const { groups, levels } = this.data;
      const starts = this.members.map((member) => (this.data.used.indexOf(member) * this.size + this.pixel) * groups);
      const rows = Array.from({ length: groups }, (_, group) => {
        const [first, next] = [group, group + 1].map((at) => Math.floor(at * levels / groups));
        const shares = starts.map((start) => percent((this.arrays.levels[start + group] / 255) ** 2));
        return [first === next - 1 ? `${first}` : `${first} to ${next - 1}`, ...shares];
      });
      this.view("shares").replaceChildren(line(["levels", ...this.names], "th"), ...rows.map((row) => line(row, "td")));
    }

    // --- what is done

    listen() {
      const map = this.view("map");
      for (const canvas of ["map", "first", "second"].map((name) => this.view(name))) {
        canvas.addEventListener("pointermove", (event) => this.point(this.under(event)));
        canvas.addEventListener("pointerleave", () => this.point(this.state.pixel));
        canvas.addEventListener("click", (event) => this.choose({ pixel: this.under(event) }));
      }
      map.addEventListener("keydown", (event) => this.key(event));
      this.control("pair").addEventListener("change", (event) => this.choose({ pair: Number(event.target.value), pixel: null }));
      this.control("rule").addEventListener("change", (event) => this.choose({ rule: event.target.value, pixel: null }));
      this.control("channel")?.addEventListener("change", (event) => this.choose({ channel: Number(event.target.value), pixel: undefined }));
      this.control("stretch").addEventListener("change", (event) => {
        this.state.stretch = event.target.checked;
        this.paintMap();
        this.mark(this.state.pixel);
      });
      this.control("fade").addEventListener("input", (event) => {
        this.state.fade = event.target.value / 100;
        this.show("fade", `${event.target.value}%`);
        this.paintMap();
        this.mark(this.state.pixel);
      });
    }

    under(event) {
      const box = event.target.getBoundingClientRect();
      const row = Math.floor((event.clientY - box.top) / box.height * this.height);
      const column = Math.floor((event.clientX - box.left) / box.width * this.width);
      return this.pixelAt(clamp(row, 0, this.height - 1), clamp(column, 0, this.width - 1));
    }

    key(event) {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step && event.key !== "Home") return;
      event.preventDefault();
      const [row, column] = this.position(this.state.pixel);
      const pixel = step
        ? this.pixelAt(clamp(row + step[0], 0, this.height - 1), clamp(column + step[1], 0, this.width - 1))
        : this.best;
      this.choose({ pixel });
    }

    // Change what is looked at, and the address with it. A pixel of null is the best one, undefined the same place.
    choose(change) {
      this.look(change);
      const pixel = this.position(this.state.pixel).slice(0, this.channels > 1 ? 3 : 2);
      const parts = [
        ...(this.several ? [`set=${encodeURIComponent(this.data.name)}`] : []),
        `pair=${this.names.map(written).join("-")}`, `pixel=${pixel.join(",")}`,
        ...(this.state.rule === this.data.rules[0] ? [] : [`rule=${this.state.rule}`]),
      ];
      if (!FRAMED) history.replaceState(null, "", `#${parts.join("&")}`);
    }

    look(change) {
      const [row, column] = this.position(this.state.pixel ?? 0);
      Object.assign(this.state, change);
      if (this.state.pixel === undefined) this.state.pixel = this.pixelAt(row, column); // the same place, another channel
      if (this.state.pixel === null) this.state.pixel = this.best;
      this.draw();
    }

    // Look at what an address says; false if it is not of this explorer.
    follow(hash) {
      const asked = read(hash);
      if (asked.pair === undefined || (asked.set !== undefined && decoded(asked.set) !== this.data.name)) return false;
      const names = asked.pair.split("-").map(decoded);
      const members = names.map((name) => this.data.classes.indexOf(name)).sort((a, b) => a - b);
      const pair = this.data.pairs.findIndex((known) => known[0] === members[0] && known[1] === members[1]);
      if (names.length !== 2 || pair < 0) return false;
      const rule = this.data.rules.includes(asked.rule) ? asked.rule : this.data.rules[0];
      const [row, column, channel = 0] = (asked.pixel ?? "").split(",").map(Number);
      const inside = row >= 0 && row < this.height && column >= 0 && column < this.width && channel >= 0 && channel < this.channels
        && [row, column, channel].every(Number.isInteger);
      this.look({ pair, rule, pixel: inside ? (row * this.width + column) * this.channels + channel : null });
      return true;
    }
  }

  const start = async () => {
    const roots = [...document.querySelectorAll("[data-explorer]")];
    const explorers = await Promise.all(roots.map(async (root) => {
      const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
      const explorer = new Explorer(root, data, await unpack(data), roots.length > 1);
      explorer.look({ pixel: null });
      root.dataset.ready = "true";
      return explorer;
    }));
    const follow = (address) => {
      const found = explorers.find((explorer) => explorer.follow(address));
      found?.root.scrollIntoView({ block: "nearest" });
      return found;
    };
    window.addEventListener("hashchange", () => follow(location.hash));
    follow(location.hash);
    if (FRAMED) document.addEventListener("click", (event) => followInFrame(event, follow));
  };

  // A frame's links lead away from it unless they are followed here.
  const followInFrame = (event, follow) => {
    const address = event.target.closest("a[href^='#']")?.getAttribute("href");
    if (!address) return;
    event.preventDefault();
    if (!follow(address)) document.getElementById(address.slice(1))?.scrollIntoView();
  };

  start();
})();
