// Draws the charts of a page: each <script type="application/json" data-chart> is one spec.
// Colours come from the page's own variables, so that both schemes and print are one place.
(() => {
  const lang = document.documentElement.lang;
  const drawn = new Map();
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // ECharts reads rgb() only; a canvas turns any CSS colour into it.
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (name, alpha = 1) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = css(name);
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return `rgba(${r},${g},${b},${(a / 255) * alpha})`;
  };

  const formats = {
    money: (unit, short) => ({
      style: "currency", currency: unit.currency, currencyDisplay: "narrowSymbol",
      ...(short ? { notation: "compact", maximumFractionDigits: 1, minimumFractionDigits: 0 } : {}),
    }),
    share: () => ({ style: "percent", maximumFractionDigits: 1 }),
    count: (unit, short) => (short ? { notation: "compact" } : { maximumFractionDigits: 1 }),
    days: () => ({ style: "unit", unit: "day", unitDisplay: "short", maximumFractionDigits: 1 }),
    hours: () => ({ style: "unit", unit: "hour", unitDisplay: "short", maximumFractionDigits: 1 }),
    ms: () => ({ style: "unit", unit: "millisecond", unitDisplay: "short", maximumFractionDigits: 2 }),
  };
  const writer = (unit, short) => {
    const format = new Intl.NumberFormat(lang, formats[unit.kind](unit, short));
    return (value) => (value == null ? "–" : format.format(value));
  };

  // A tooltip made of elements: the page's policy forbids inline styles, so classes carry the colours.
  const tip = (spec, items) => {
    const write = writer(spec.unit, false);
    const box = document.createElement("div");
    const head = document.createElement("p");
    head.textContent = spec.shape === "curve"
      ? `${spec.x_title} ${writer({ kind: "share" })(items[0].value[0])}` : items[0].name;
    box.append(head);
    for (const item of items) {
      const line = document.createElement("p");
      const swatch = document.createElement("i");
      swatch.className = `swatch series-${spec.series[item.seriesIndex].colour}`;
      const name = document.createElement("span");
      name.textContent = item.seriesName;
      const value = document.createElement("b");
      value.textContent = write(Array.isArray(item.value) ? item.value[1] : item.value);
      line.append(swatch, name, value);
      box.append(line);
    }
    return box;
  };

  const series = (spec) => spec.series.map((each) => {
    const colour = rgb(`--series-${each.colour}`);
    const line = each.shape !== "bar";
    return {
      name: each.name,
      type: line ? "line" : "bar",
      stack: each.stack || undefined,
      data: spec.shape === "curve" ? spec.x.map((x, i) => [x, each.values[i]]) : each.values,
      itemStyle: { color: colour, borderRadius: each.stack || line ? 0 : 2 },
      lineStyle: { width: each.shape === "area" && each.stack ? 0 : 2, color: colour,
        type: each.colour === 0 ? "dashed" : "solid" },
      areaStyle: each.shape === "area"
        ? { color: rgb(`--series-${each.colour}`, each.stack ? 0.85 : 0.16) } : undefined,
      showSymbol: false,
      emphasis: { disabled: true },
      barMaxWidth: spec.shape === "ranked" ? 14 : 28,
      barCategoryGap: "28%",
    };
  });

  const axes = (spec) => {
    const quiet = rgb("--muted-foreground");
    const label = { color: quiet, fontSize: 11, hideOverlap: true };
    const values = {
      type: "value",
      axisLabel: { ...label, formatter: writer(spec.unit, true) },
      splitLine: { lineStyle: { color: rgb("--border") } },
      splitNumber: 4,
      ...(spec.shape === "curve" ? { max: 1, interval: 0.25 } : {}),
    };
    const title = spec.titled
      ? { name: spec.x_title, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: quiet, fontSize: 11 } } : {};
    const names = {
      ...title,
      type: "category",
      data: spec.x,
      axisLabel: label,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: rgb("--border") } },
      boundaryGap: spec.series.some((each) => each.shape === "bar"),
    };
    if (spec.shape === "ranked") {
      const width = Math.min(150, 8 * Math.max(...spec.x.map((x) => x.length)));
      const side = { ...label, width, overflow: "truncate" };
      return { xAxis: values, yAxis: { ...names, inverse: true, axisLabel: side } };
    }
    if (spec.shape === "curve") {
      const share = { ...label, formatter: writer({ kind: "share" }, true) };
      return { xAxis: { ...values, ...title, axisLabel: share, splitLine: { show: false } }, yAxis: values };
    }
    return { xAxis: names, yAxis: values };
  };

  const option = (spec) => ({
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: css("--font-sans") },
    // A line ends under the middle of its last name.
    grid: { left: 4, right: spec.shape === "across" && !spec.series.some((each) => each.shape === "bar") ? 34 : 14, top: spec.series.length > 1 ? 34 : 12, bottom: spec.titled ? 22 : 2, containLabel: true },
    legend: spec.series.length > 1
      ? { left: 0, top: 0, itemWidth: 12, itemHeight: 8, icon: "roundRect", itemGap: 14,
        textStyle: { color: rgb("--muted-foreground"), fontSize: 12 }, type: "scroll" }
      : undefined,
    tooltip: {
      trigger: "axis",
      className: "chart-tip",
      confine: true,
      axisPointer: { type: spec.shape === "across" ? "line" : "shadow",
        lineStyle: { color: rgb("--muted-foreground") }, shadowStyle: { color: rgb("--foreground", 0.05) } },
      formatter: (items) => tip(spec, [items].flat()),
    },
    ...axes(spec),
    series: series(spec),
  });

  const draw = (block) => {
    const place = block.previousElementSibling;
    const spec = JSON.parse(block.textContent);
    const chart = drawn.get(place) ?? window.echarts.init(place, null, { renderer: "canvas" });
    drawn.set(place, chart);
    chart.setOption(option(spec), true);
  };

  // A chart is drawn when it comes near the screen: a report of ten charts opens at once.
  const near = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    near.unobserve(entry.target);
    draw(entry.target.nextElementSibling);
  }), { rootMargin: "400px" });
  const watch = () => {
    // What a page that refreshes itself has replaced is gone for good.
    drawn.forEach((chart, place) => {
      if (place.isConnected) return;
      chart.dispose();
      drawn.delete(place);
    });
    document.querySelectorAll("script[data-chart]").forEach((block) => {
      near.observe(block.previousElementSibling);
    });
  };

  document.addEventListener("hs:scheme", () => drawn.forEach((_, place) => draw(place.nextElementSibling)));
  document.addEventListener("htmx:after:swap", watch);
  // All of them go to paper, those never scrolled to as well.
  addEventListener("beforeprint", () => {
    document.querySelectorAll("script[data-chart]").forEach(draw);
    drawn.forEach((chart) => chart.resize());
  });
  addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
  watch();
})();
