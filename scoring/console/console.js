"use strict";
// Keeps a page of a drill as the service has it: regions, clocks, charts. Every page works without it, by reload.
(() => {
  const body = document.body;
  const drill = body.dataset.drill;
  if (!drill) return;
  const api = `/api/v1/drills/${encodeURIComponent(drill)}`;
  const byId = (id) => document.getElementById(id);

  // ---- time: the service's clock is the truth, this machine's only tells how much of it went by since
  let desk = null;
  let aheadMs = 0; // of our clock, how far the service's is

  async function readDesk() {
    const askedAt = Date.now();
    const answer = await fetch(`${api}/desk`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`desk: ${answer.status}`);
    const told = await answer.json();
    const answeredAt = Date.now();
    aheadMs = Date.parse(told.now) - (askedAt + answeredAt) / 2;
    desk = told;
  }

  function since(at) { // drill seconds from an instant of the desk to now, while the drill clock runs
    return Math.max(0, (Date.now() + aheadMs - Date.parse(at)) / 1000 * desk.clock);
  }

  function asClock(seconds, withHours = false) {
    const whole = Math.abs(Math.trunc(seconds));
    const [h, m, s] = [Math.trunc(whole / 3600), Math.trunc(whole / 60) % 60, whole % 60];
    const two = (n) => String(n).padStart(2, "0");
    return (seconds <= -1 ? "−" : "") + (h || withHours ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`);
  }

  const WORDS = {
    limit: { waiting: "not yet", ample: "in time", half: "past half", over: "overdue", met: "done in time", missed: "done too late" },
    hold: { waiting: "not yet", ample: "holding", half: "holding", over: "holding", met: "has held", missed: "was cut short" },
  };

  function stageOf(clock, used) {
    if (!clock.is_moving) return clock.stage;
    if (clock.sense === "hold") return used >= clock.limit_s ? "met" : "ample";
    return used > clock.limit_s ? "over" : used <= clock.limit_s / 2 ? "ample" : "half";
  }

  const heard = new Map(); // of each clock, the stage that was last told
  function tick() {
    if (!desk) return;
    const moves = !desk.stopped && !desk.ended_at;
    for (const el of document.querySelectorAll("[data-elapsed]")) el.textContent = asClock(desk.elapsed_s + (moves ? since(desk.now) : 0), el.dataset.elapsed === "hours");
    for (const clock of desk.clocks) {
      const card = document.querySelector(`[data-clock="${CSS.escape(clock.id)}"]`);
      if (!card) continue;
      const used = clock.used_s + (clock.is_moving ? since(desk.now) : 0);
      const stage = stageOf(clock, used);
      card.className = `clock ${stage} ${clock.sense}`;
      const shown = stage === "waiting" ? "–" : asClock(clock.to_at ? used : clock.sense === "hold" ? Math.max(0, clock.limit_s - used) : clock.limit_s - used);
      const left = card.querySelector(".left b");
      if (left.textContent !== shown) left.textContent = shown;
      card.querySelector("progress").value = Math.min(used, clock.limit_s);
      const words = card.querySelector(".words");
      const says = WORDS[clock.sense][stage] + (clock.from_at && !clock.to_at && desk.stopped ? ", the clock stands" : "");
      if (words.textContent !== says) words.textContent = says;
      tellStage(clock, stage);
    }
  }

  function tellStage(clock, stage) {
    const key = `${clock.id} ${clock.from_at}`;
    const before = heard.get(key);
    heard.set(key, stage);
    if (before === undefined || before === stage || clock.sense === "hold") return;
    if (stage === "half") say(`${clock.title}: half of the time is used.`);
    if (stage === "over") alarm(`${clock.title}: the time is over.`);
  }

  // ---- what is said to whoever cannot look
  const LONGEST = 140; // of what is shown above the page; all of it stands in the page
  let saying;
  function say(text) {
    byId("news").textContent = text;
  }
  function alarm(text) {
    const place = byId("alarm");
    place.textContent = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    clearTimeout(saying);
    saying = setTimeout(() => { place.textContent = ""; }, 15000);
  }
  function connection(text) {
    const place = byId("connection");
    if (place.textContent !== text) place.textContent = text;
  }

  // ---- regions of the page, put in anew from the page as the service has it now
  let reading = null;
  let again = false;
  function refresh() {
    if (reading) { again = true; return reading; }
    reading = readAnew().catch(() => connection("No connection to the service; trying again.")).finally(() => {
      reading = null;
      if (again) { again = false; setTimeout(refresh, 250); }
    });
    return reading;
  }

  async function readAnew() {
    await readDesk();
    if (location.pathname.startsWith("/drills/")) {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (answer.status === 401) { alarm("You are signed out. Sign in again with a new link; what you typed is kept."); return; }
      if (answer.ok) put(await answer.text());
    }
    connection("");
    tick();
    marks();
  }

  const before = new WeakMap(); // of each region, what the service last had there
  function swap(region, now) {
    const open = new Set([...region.querySelectorAll("details[open][data-key]")].map((each) => each.dataset.key));
    const below = region.scrollHeight - region.scrollTop;
    const hadFocus = region.contains(document.activeElement) && document.activeElement !== region;
    region.innerHTML = now.innerHTML;
    for (const each of region.querySelectorAll("details[data-key]")) each.open = open.has(each.dataset.key);
    if (region.scrollTop > 0) region.scrollTop = region.scrollHeight - below; // what somebody reads stays where it is
    if (hadFocus && region.tabIndex >= 0) region.focus();
    if (region.dataset.sign !== undefined) region.dataset.sign = now.dataset.sign;
  }

  function put(text, sent) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const region of document.querySelectorAll("[data-live]")) {
      const now = fresh.querySelector(`[data-live="${CSS.escape(region.dataset.live)}"]`);
      if (!now || now.innerHTML === before.get(region)) continue;
      if (now.dataset.sign === undefined || now.dataset.sign !== region.dataset.sign) swap(region, now);
      region.className = now.className;
      before.set(region, now.innerHTML);
    }
    for (const place of document.querySelectorAll("[data-form]")) {
      if (place.dataset.form !== sent && (place.contains(document.activeElement) || isTouched(place))) continue;
      const now = fresh.querySelector(`[data-form="${CSS.escape(place.dataset.form)}"]`);
      if (!now || withoutKey(now) === withoutKey(place)) continue;
      place.innerHTML = now.innerHTML;
      watchForm(place);
    }
  }
  const withoutKey = (place) => place.innerHTML.replace(/name="key" value="[^"]*"/g, "");

  // ---- forms: nothing typed is lost, neither by a refusal nor by a lost connection nor by a reload
  const memory = (name) => `gameday:${drill}:${location.pathname}:${name}`;
  function isTouched(place) {
    return place.dataset.touched === "yes" || place.querySelector("[data-back]") !== null;
  }

  function watchForm(place) {
    delete place.dataset.touched;
  }

  function remember(place) {
    place.dataset.touched = "yes";
    const form = place.querySelector("form");
    try { sessionStorage.setItem(memory(place.dataset.form), JSON.stringify([...new FormData(form)])); } catch { /* no storage: the page itself still has it */ }
  }

  function forget(place) {
    delete place.dataset.touched;
    try { sessionStorage.removeItem(memory(place.dataset.form)); } catch { /* nothing was kept */ }
  }

  function recall(place) {
    const form = place.querySelector("form");
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(memory(place.dataset.form))); } catch { /* nothing was kept */ }
    if (!form || !kept || form.hasAttribute("data-back")) return;
    for (const box of form.querySelectorAll("[type=checkbox], [type=radio]")) box.checked = kept.some(([name, value]) => name === box.name && value === box.value);
    for (const [name, value] of kept) {
      const field = form.elements.namedItem(name);
      if (field instanceof Element && !["checkbox", "radio"].includes(field.type)) field.value = value;
    }
    place.dataset.touched = "yes";
    const fold = place.closest("details");
    if (fold) fold.open = true; // what was typed is seen
  }

  async function send(form, place) {
    const status = form.querySelector(".sending");
    const button = form.querySelector(".send button");
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    status.textContent = "Sending…";
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "text/html" }, body: new URLSearchParams(new FormData(form)) });
      const text = await answer.text();
      if (answer.ok) {
        forget(place);
        const fold = place.closest("details");
        const isElsewhere = document.activeElement !== document.body && !fold?.contains(document.activeElement);
        put(text, place.dataset.form);
        if (fold && !("stay" in fold.dataset)) fold.open = false;
        if (fold && !isElsewhere) fold.querySelector("summary").focus();
        say("It is recorded.");
        refresh();
      } else if (answer.status === 422 && text.includes("data-back")) {
        place.dataset.touched = "yes";
        const fresh = new DOMParser().parseFromString(text, "text/html");
        const now = fresh.querySelector(`[data-form="${CSS.escape(place.dataset.form)}"]`);
        place.innerHTML = now.innerHTML;
        const first = place.querySelector("[aria-invalid=true]") ?? place.querySelector(".fault:not([hidden])");
        first?.focus();
        alarm([...place.querySelectorAll(".fault:not([hidden])")].map((each) => each.textContent).join(" "));
      } else {
        const said = new DOMParser().parseFromString(text, "text/html").querySelector("main p")?.textContent;
        status.textContent = said || `The service answered ${answer.status}; what you typed is kept, send it again.`;
      }
    } catch {
      status.textContent = "Not sent: there is no connection. What you typed is kept; send it again, it counts once.";
    } finally {
      delete form.dataset.sending;
      if (status.textContent === "Sending…") status.textContent = "";
      button.disabled = false;
    }
  }

  document.addEventListener("submit", (event) => {
    const place = event.target.closest("[data-form]");
    if (!place || event.target.method !== "post") return;
    event.preventDefault();
    send(event.target, place);
  });
  document.addEventListener("input", (event) => {
    const place = event.target.closest("[data-form]");
    if (place) remember(place);
  });

  // ---- the stream: what happens is told at once; after a gap the page is read anew
  let stream = null;
  let seen = Number(body.dataset.seq);
  let wait = 1000;
  let everOpen = false;
  function watch() {
    stream?.close();
    stream = new EventSource(`${api}/stream?after=${seen}`);
    stream.addEventListener("open", () => {
      wait = 1000;
      connection("");
      if (everOpen) { refresh(); readLoad(); }
      everOpen = true;
    });
    stream.addEventListener("message", (event) => {
      seen = Math.max(seen, Number(event.lastEventId) || 0);
      const told = JSON.parse(event.data);
      hear(told);
      if (told.kind === "oracle.checked") soon(1000); else soon(120);
    });
    stream.addEventListener("window", (event) => {
      const told = JSON.parse(event.data);
      if (told.missed) readLoad(); else take(told.windows);
      soon(4000);
    });
    stream.addEventListener("scorecard", () => soon(1000));
    stream.addEventListener("end", () => { stream.close(); stream = null; refresh(); });
    stream.addEventListener("error", () => {
      connection("The connection is lost; trying again.");
      if (stream && stream.readyState === EventSource.CLOSED) {
        stream = null;
        setTimeout(() => { if (!desk?.ended_at) watch(); }, wait);
        wait = Math.min(wait * 2, 15000);
      }
    });
  }

  let planned = 0;
  let plannedFor = 0;
  function soon(withinMs) { // one look for all that comes in a short while
    const at = Date.now() + withinMs;
    if (planned && plannedFor <= at) return;
    clearTimeout(planned);
    plannedFor = at;
    planned = setTimeout(() => { planned = 0; refresh(); }, withinMs);
  }

  function hear(told) {
    if (body.dataset.customers !== undefined) return; // they hear of it by what is posted
    const data = told.data ?? {};
    if (told.kind === "alert.firing") alarm(`Alert: ${data.labels?.alertname ?? "without a name"}. ${data.annotations?.summary ?? ""}`);
    else if (told.kind === "inject.delivered") alarm(`Message from ${data.from ?? "somebody"}: ${data.title ?? data.text ?? ""}`);
    else if (told.kind === "clock.stopped") alarm("The drill clock stands.");
    else if (told.kind === "clock.started") alarm(desk?.elapsed_s ? "The drill clock goes on." : "The drill begins.");
    else if (told.kind === "clock.advanced") alarm(`The drill clock moved on by ${Math.round((data.drill_seconds ?? 0) / 6) / 10} min.`);
    else if (told.kind === "drill.ended" || told.kind === "drill.aborted") alarm("The drill has ended.");
    else if (/^(incident|update|role|diagnosis|alert)\./.test(told.kind)) say(told.kind.replace(".", " "));
  }

  function wake() {
    if (document.visibilityState === "hidden") return;
    refresh();
    readLoad();
    if (!desk?.ended_at && (!stream || stream.readyState === EventSource.CLOSED)) watch();
  }
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });

  // ---- charts of the load
  const chart = document.querySelector("[data-chart]");
  const windows = new Map();
  if (chart) chart.firstElementChild.textContent = "The charts come with the first load windows.";
  let loaded = 0;
  let drawing = 0;
  function take(some) {
    for (const each of some) windows.set(each.at, each);
    if (!chart || !some.length) return;
    if (!window.Plotly) chart.firstElementChild.textContent = "The charts are being drawn.";
    draw();
  }
  let readingLoad = false;
  async function readLoad() {
    if (!chart || readingLoad) return;
    readingLoad = true;
    try {
      for (;;) {
        const answer = await fetch(`${api}/impact?after=${loaded}`);
        if (!answer.ok) return;
        const told = await answer.json();
        loaded = told.next;
        take(told.windows);
        if (told.windows.length < 10000) return;
      }
    } catch { /* the stream says that there is no connection */ } finally { readingLoad = false; }
  }

  function library() {
    if (window.Plotly) return Promise.resolve();
    return library.coming ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = body.dataset.plotly;
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => { library.coming = null; reject(new Error("plotly.js")); });
      document.head.append(script);
    });
  }

  function draw() {
    if (!chart || drawing || document.visibilityState === "hidden") return;
    drawing = setTimeout(async () => {
      try {
        await library();
        if (desk) figure();
      } catch { /* the figures stand above the chart */ } finally { drawing = 0; }
    }, windows.size > 2000 ? 2000 : 500);
  }
  const marks = () => { if (windows.size && window.Plotly) draw(); };

  function figure() {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    const legs = desk.legs.map((leg) => ({ ...leg, at: Date.parse(leg.at) }));
    const unit = desk.elapsed_s > 3 * 3600 ? [3600, "hours"] : [60, "minutes"];
    const legOf = (ms) => legs.findLast((leg) => leg.at <= ms) ?? legs[0];
    const x = (at) => {
      const ms = Date.parse(at);
      const leg = legOf(ms);
      return (leg.base_s + (ms - leg.at) / 1000 * leg.rate) / unit[0];
    };
    const all = [...windows.values()].filter((w) => legOf(Date.parse(w.at)).rate > 0).sort((a, b) => (a.at < b.at ? -1 : 1));
    const points = all.flatMap((w, i) => { // what an advance of the clock passed over was not measured: the line breaks
      const before = all[i - 1];
      return before && (x(w.at) - x(before.at)) * unit[0] > 5 * before.seconds * desk.clock ? [null, w] : [w];
    });
    const of = (what) => points.map((w) => w && what(w));
    const xs = of((w) => x(w.at));
    const share = (w) => (w.requests ? w.failures / w.requests * 100 : null);
    const line = (y, name, axis, tint, more) => ({ type: "scatter", mode: "lines", x: xs, y, name, yaxis: axis, line: { color: tint, width: 2, shape: "hv" }, hovertemplate: `%{y:,.1f} ${name}<extra></extra>`, ...more });
    const data = [
      line(of((w) => w.requests / w.seconds), "requests/s", "y", colour("accent")),
      line(of(share), "% fail", "y2", colour("bad"), { fill: "tozeroy", fillcolor: colour("bad-soft") }),
      line(of((w) => w.p95_ms), "ms p95", "y3", colour("accent")),
    ];
    const axis = (domain, more) => ({ domain, gridcolor: colour("line"), zeroline: false, fixedrange: true, rangemode: "tozero", nticks: 4, ...more });
    const shown = desk.marks.slice(-40);
    const heading = (text, y) => ({ text, xref: "paper", yref: "paper", x: 0, y, xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 13, color: colour("text") } });
    const layout = {
      height: 420, margin: { l: 62, r: 12, t: 22, b: 40 }, showlegend: false, hovermode: "x", dragmode: false,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "system-ui, sans-serif", size: 12, color: colour("quiet") },
      xaxis: { anchor: "y3", title: { text: `drill ${unit[1]} since the start`, standoff: 6 }, gridcolor: colour("line"), zeroline: false, fixedrange: true },
      yaxis: axis([0.72, 1]), yaxis2: axis([0.38, 0.62], { range: [0, 105], ticksuffix: " %" }), yaxis3: axis([0, 0.28], { ticksuffix: " ms" }),
      shapes: shown.map((m) => ({ type: "line", xref: "x", yref: "paper", x0: x(m.at), x1: x(m.at), y0: 0, y1: 1, line: { color: colour(`tone-${m.tone}`) || colour("quiet"), width: 1.5, dash: "dot" } })),
      annotations: [heading("Requests per second", 1), heading("Requests that fail", 0.62), heading("95 % are quicker than", 0.28)],
    };
    if (!chart.querySelector(".plot-container")) chart.replaceChildren();
    window.Plotly.react(chart, data, layout, { displayModeBar: false, responsive: true, staticPlot: matchMedia("(pointer: coarse)").matches });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  // ---- keys: single ones, never while somebody types, and only if they are wanted (WCAG 2.1.4)
  const dialog = byId("keys");
  const wanted = byId("keys-on");
  try { wanted.checked = localStorage.getItem("gameday:keys") !== "off"; } catch { /* they stay on */ }
  wanted?.addEventListener("change", () => {
    try { localStorage.setItem("gameday:keys", wanted.checked ? "on" : "off"); } catch { /* for this page only */ }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    const types = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (types && event.key === "Escape") { event.target.blur(); return; } // single keys work again
    if (types || !wanted?.checked || dialog?.open) return;
    if (event.key === "?") { event.preventDefault(); dialog.showModal(); return; }
    if (event.key === "t") { event.preventDefault(); document.querySelector("[data-live=timeline], [data-live=injects]")?.focus(); return; }
    const meant = document.querySelector(`:is(summary, a)[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!meant) return;
    event.preventDefault();
    if (meant instanceof HTMLAnchorElement) meant.click(); else unfold(meant.parentElement);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const details = link && document.getElementById(link.hash.slice(1));
    if (!(details instanceof HTMLDetailsElement)) return;
    event.preventDefault();
    unfold(details);
  });
  function unfold(details) {
    details.open = true;
    (details.querySelector("[data-form] :is(input:not([type=hidden]), select, textarea, button)") ?? details.querySelector("summary")).focus();
  }
  const opener = document.querySelector("[data-keys]");
  if (opener) {
    opener.hidden = false;
    opener.addEventListener("click", () => dialog.showModal());
  }

  // ---- blocks of a runbook, copied by a button
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const block = byId(button.dataset.copy);
      const isCopied = await copy(block);
      button.textContent = isCopied ? "Copied" : "Selected";
      say(isCopied ? "It is copied." : "It is selected: copy it by the keys of your browser.");
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
  async function copy(block) { // selected where the browser lets no page write, as over plain http
    try {
      await navigator.clipboard.writeText(block.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(block);
      return false;
    }
  }

  // ---- begin
  for (const place of document.querySelectorAll("[data-form]")) recall(place);
  document.querySelector("[data-back] [aria-invalid=true], [data-back] .fault.whole:not([hidden])")?.focus();
  if (location.hash) { const asked = document.getElementById(location.hash.slice(1)); if (asked instanceof HTMLDetailsElement) asked.open = true; }
  refresh();
  readLoad();
  if (body.dataset.ended === undefined) watch();
  setInterval(tick, 250);
  if (body.dataset.every) setInterval(() => { if (document.visibilityState !== "hidden" && !desk?.ended_at) refresh(); }, body.dataset.every * 1000); // what falls due without an event
})();

// A form that is written over a long time, such as a review: what is typed and not saved is kept in this tab through
// reload, sign-in and a lost connection, and whoever leaves it unsaved is asked first.
(() => {
  const form = document.querySelector("form[data-keeps]");
  if (!form) return;
  const memory = `gameday:${location.pathname}:unsaved`;
  const status = form.querySelector("[data-unsaved]");
  const discard = form.querySelector("[data-discard]");
  const fields = () => [...form.querySelectorAll("[name]:not(button, [name=key], [name=version])")];
  const read = (field) => (field.type === "checkbox" ? field.checked : field.value);
  const version = form.elements.namedItem("version");
  const saved = new Map(form.hasAttribute("data-back") ? [] : fields().map((field) => [field.name, read(field)])); // what was sent back is saved nowhere
  const typed = () => fields().filter((field) => read(field) !== saved.get(field.name)).map((field) => [field.name, read(field)]);
  let sends = false;
  const ask = (event) => { if (!sends) event.preventDefault(); };

  function look(says = status.dataset.unsaved) {
    const left = typed();
    (left.length ? addEventListener : removeEventListener)("beforeunload", ask);
    if (status.textContent !== (left.length ? says : "")) status.textContent = left.length ? says : "";
    try { if (left.length) sessionStorage.setItem(memory, JSON.stringify([version.value, left])); else sessionStorage.removeItem(memory); } catch { /* no storage: whoever leaves is asked all the same */ }
  }

  function recall() {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(memory)); } catch { /* nothing was kept */ }
    if (!kept) return look();
    version.value = kept[0]; // so that what somebody saved since comes up beside it, and is not written over
    for (const [name, value] of kept[1]) {
      const field = form.elements.namedItem(name) ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
      if (field.type === "checkbox") field.checked = value; else field.value = value;
    }
    discard.hidden = false;
    look(status.dataset.restored);
  }

  function drop() {
    try { sessionStorage.removeItem(memory); } catch { /* nothing was kept */ }
  }

  if (form.dataset.keeps === "saved") {
    drop();
    history.replaceState(null, "", location.pathname); // what is typed from now on is not saved, whatever the address said
  }
  if (form.hasAttribute("data-back")) look(); else recall();
  form.addEventListener("input", () => look());
  form.addEventListener("submit", () => { sends = true; });
  addEventListener("pageshow", () => { sends = false; });
  discard.addEventListener("click", () => { sends = true; drop(); location.replace(location.pathname); });
  document.getElementById("review--fault")?.focus();
})();
