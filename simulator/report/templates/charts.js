"use strict";
(async () => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const library = await unpack(document.getElementById("plotly").textContent);
  const script = document.createElement("script");
  script.textContent = library;
  document.head.append(script);
  for (const id of Object.keys(figures)) document.getElementById(id).replaceChildren();
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  function draw() {
    const style = getComputedStyle(document.documentElement);
    for (const [id, figure] of Object.entries(figures)) {
      const { data, layout } = coloured(figure, style);
      Object.assign(layout, { hoverlabel: { bgcolor: style.getPropertyValue("--card").trim(), bordercolor: style.getPropertyValue("--line").trim(), font: { color: style.getPropertyValue("--ink").trim() }, align: "left" } });
      Plotly.react(id, data, layout, { displayModeBar: false, responsive: true });
    }
  }

  function coloured(value, style) {
    if (typeof value === "string" && value.startsWith("var:")) return style.getPropertyValue("--" + value.slice(4)).trim();
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v, style)]));
    return value;
  }
})();
