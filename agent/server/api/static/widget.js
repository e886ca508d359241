/*! Frontdesk chat widget: <frontdesk-chat>. One file, no dependencies. Apache-2.0 */
(() => {
  "use strict";
  if (customElements.get("frontdesk-chat")) return;

  /* Where this script came from is where the API is, unless `endpoint` says otherwise. */
  const HOME = new URL(".", document.currentScript?.src || location.href).href;

  const TEXTS = {
    heading: "Help desk",
    greeting: "Ask a question. Answers are quoted from our articles, with a link to the place.",
    open: "Open chat",
    close: "Close chat",
    again: "New conversation",
    log: "Conversation",
    you: "You",
    desk: "Help desk",
    message: "Your message",
    placeholder: "Ask a question…",
    send: "Send",
    thinking: "Working on it…",
    read: "Read in “{title}”",
    choices: "Choose one, or write your own",
    helpful: "Was this helpful?",
    up: "Helpful",
    down: "Not helpful",
    thanks: "Thank you.",
    correction: "What would have been right? (optional)",
    submit: "Send",
    skip: "No, thanks",
    handover: "This conversation has been passed on to a person.",
    restoring: "Loading the conversation…",
    gone: "The earlier conversation has ended. This is a new one.",
    unsent: "This message was not answered.",
    resend: "Send again",
    now: "Try now",
    offline: "You are offline. Your message is kept and sent when the connection is back.",
    broken: "The connection was lost. Your message is kept.",
    busy: "The desk is busy just now. Your message is kept.",
    retrying: "Trying again in {seconds} s.",
    failed: "Something broke on our side. Your message is kept: send it again in a while.",
    unauthorized: "You are not signed in, or the sign-in has expired.",
    invalid: "This message can't be taken: {detail}",
    unloaded: "The conversation can't be loaded just now.",
    feedbackFailed: "Your feedback couldn't be sent. Please try again.",
    article: "Article",
    articleLoading: "Loading the article…",
    articleGone: "There is no such article any more, or it isn't for you.",
    articleFailed: "The article can't be loaded just now. Please try again.",
    articleChanged: "This article has changed since it was quoted.",
    articleClose: "Close article",
    original: "Open the original",
    updated: "Updated {date}",
    resetTitle: "Start a new conversation?",
    resetText: "This one disappears from here. You can also have it deleted on the server.",
    resetOnly: "Start anew",
    resetDelete: "Delete and start anew",
    cancel: "Cancel",
    deleteFailed: "The conversation couldn't be deleted. Please try again.",
  };

  const CSS = `
:host{--_bg:var(--frontdesk-background,#fff);--_text:var(--frontdesk-text,#1b2330);
--_muted:var(--frontdesk-muted,#556070);--_soft:var(--frontdesk-soft,#f2f4f8);
--_line:var(--frontdesk-line,#d5dae2);--_edge:#7b8797;--_accent:var(--frontdesk-accent,#0b57d0);
--_on:var(--frontdesk-accent-text,#fff);--_mine:var(--frontdesk-mine,#dfe9fc);
--_mark:var(--frontdesk-mark,#ffe48a);--_marked:var(--frontdesk-mark-text,#1b2330);
--_bad:#a3161f;--_badbg:#fdecec;--_r:var(--frontdesk-radius,12px);color-scheme:light;
font:var(--frontdesk-font,16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif);
color:var(--_text);display:block;text-align:start}
@media (prefers-color-scheme:dark){:host(:not([theme=light])){--_bg:var(--frontdesk-background,#12161d);
--_text:var(--frontdesk-text,#e6e9ef);--_muted:var(--frontdesk-muted,#a3aebd);--_soft:var(--frontdesk-soft,#1d232d);
--_line:var(--frontdesk-line,#353e4b);--_edge:#8793a4;--_accent:var(--frontdesk-accent,#8fb8ff);
--_on:var(--frontdesk-accent-text,#0a1424);--_mine:var(--frontdesk-mine,#22375c);
--_mark:var(--frontdesk-mark,#6b5500);--_marked:var(--frontdesk-mark-text,#fff6d6);
--_bad:#ffb3ae;--_badbg:#3a1d20;color-scheme:dark}}
:host([theme=dark]){--_bg:var(--frontdesk-background,#12161d);
--_text:var(--frontdesk-text,#e6e9ef);--_muted:var(--frontdesk-muted,#a3aebd);--_soft:var(--frontdesk-soft,#1d232d);
--_line:var(--frontdesk-line,#353e4b);--_edge:#8793a4;--_accent:var(--frontdesk-accent,#8fb8ff);
--_on:var(--frontdesk-accent-text,#0a1424);--_mine:var(--frontdesk-mine,#22375c);
--_mark:var(--frontdesk-mark,#6b5500);--_marked:var(--frontdesk-mark-text,#fff6d6);
--_bad:#ffb3ae;--_badbg:#3a1d20;color-scheme:dark}
:host([hidden]),[hidden]{display:none!important}
*,::before,::after{box-sizing:border-box}
button,textarea{font:inherit;color:inherit;margin:0}
button{cursor:pointer;border:1px solid var(--_edge);border-radius:999px;background:var(--_bg);padding:.375rem .875rem;min-height:2.5rem}
button:hover{background:var(--_soft)}
button:disabled{opacity:.55;cursor:default}
:focus-visible{outline:3px solid var(--_accent);outline-offset:2px}
a{color:var(--_accent);text-underline-offset:.15em}
p{margin:0}
svg{width:1.25rem;height:1.25rem;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;display:block}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.main{background:var(--_accent);color:var(--_on);border-color:var(--_accent)}
.main:hover{background:var(--_accent);filter:brightness(1.1)}
.icon{border-color:transparent;background:none;padding:0;width:2.5rem;display:inline-grid;place-items:center;flex:none}
.launch{position:fixed;inset:auto 1rem 1rem auto;width:3.5rem;height:3.5rem;padding:0;display:grid;place-items:center;z-index:2147483000;box-shadow:0 4px 16px #0004}
.launch svg{width:1.75rem;height:1.75rem}
.panel{display:flex;flex-direction:column;background:var(--_bg);min-height:0;overflow:hidden}
:host([mode=inline]){height:100%;min-height:20rem}
:host([mode=inline]) .panel{height:100%;min-height:inherit}
:host(:not([mode=inline])) .panel{position:fixed;inset:auto 1rem 1rem auto;width:min(var(--frontdesk-width,25rem),calc(100vw - 2rem));
height:min(var(--frontdesk-height,40rem),calc(100dvh - 2rem));z-index:2147483001;border:1px solid var(--_line);border-radius:var(--_r);box-shadow:0 8px 40px #0005}
@media (max-width:30rem){:host(:not([mode=inline])) .panel{inset:0;width:auto;height:100dvh;border:0;border-radius:0}}
header{display:flex;align-items:center;gap:.25rem;padding:.5rem .5rem .5rem 1rem;border-bottom:1px solid var(--_line);flex:none}
h2{font-size:1.0625rem;line-height:1.3;margin:0;flex:1;overflow-wrap:anywhere}
.scroll{flex:1;min-height:0;overflow-y:auto;overscroll-behavior:contain;padding:1rem;outline-offset:-3px}
.log,.live{max-width:46rem;margin:0 auto}
.msg{margin:0 0 1rem;overflow-wrap:anywhere}
.me{display:flex;flex-direction:column;align-items:flex-end}
.me>.text{background:var(--_mine);border-radius:var(--_r) var(--_r) 4px var(--_r);padding:.5rem .875rem;max-width:85%;white-space:pre-wrap}
.text>*+*,.quote>blockquote>*+*,.body>*+*,.reply>*+*{margin-top:.5rem}
.para{white-space:pre-line}
ol,ul{margin:0;padding-inline-start:1.75rem}
li{white-space:pre-line;padding-inline-start:.125rem}
li+li{margin-top:.25rem}
.deep{margin-inline-start:1.25rem}
pre{margin:0;white-space:pre-wrap;font:.875em/1.5 ui-monospace,Consolas,monospace;background:var(--_soft);border-radius:6px;padding:.5rem .75rem}
.h{font-weight:650}
h3.h{margin:1.25rem 0 0;font-size:1.0625rem}
.wrap{overflow-x:auto;border:1px solid var(--_line);border-radius:8px}
table{border-collapse:collapse;font-size:.9375rem;width:100%;line-height:1.4}
th,td{text-align:start;vertical-align:top;padding:.375rem .625rem;overflow-wrap:normal;min-width:5rem}
thead th{background:var(--_soft);font-weight:600}
tr+tr>*,thead+tbody>tr:first-child>*{border-top:1px solid var(--_line)}
dl{margin:0;display:grid;grid-template-columns:fit-content(45%) 1fr;border:1px solid var(--_line);border-radius:8px;overflow:hidden;font-size:.9375rem;line-height:1.4}
dt,dd{margin:0;padding:.375rem .625rem}
dt{font-weight:600;background:var(--_soft)}
dt~dt,dt~dt+dd{border-top:1px solid var(--_line)}
mark{background:var(--_mark);color:var(--_marked);border-radius:3px;padding:.05em .1em;box-decoration-break:clone;-webkit-box-decoration-break:clone}
.quote{margin:0;border:1px solid var(--_line);border-inline-start:4px solid var(--_accent);border-radius:8px;padding:.75rem .875rem .5rem}
*+.quote,.quote+.quote,.quote+.text{margin-top:.75rem}
blockquote{margin:0}
figcaption,.from{margin-top:.5rem;font-size:.9375rem}
.from a+a{margin-inline-start:1rem}
.link{display:inline-block;padding-block:.25rem}
.choices{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.75rem}
.choices button{border-color:var(--_accent);color:var(--_accent);text-align:start;border-radius:1.25rem}
.thumbs{display:flex;align-items:center;gap:.125rem;margin-top:-.25rem;color:var(--_muted);font-size:.875rem}
.thumbs .icon{color:var(--_muted)}
.thumbs [aria-pressed=true]{color:var(--_accent);background:var(--_soft)}
.thumbs [aria-pressed=true] svg{fill:currentColor;fill-opacity:.25}
.fix{margin-top:.5rem}
.fix label{display:block;font-size:.9375rem;margin-bottom:.25rem}
.row{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.5rem}
textarea{width:100%;resize:none;border:1px solid var(--_edge);border-radius:var(--_r);background:var(--_bg);padding:.5rem .75rem;min-height:2.75rem;max-height:9rem;display:block}
textarea:focus-visible{outline-offset:-1px;outline-width:2px}
textarea::placeholder{color:var(--_muted);opacity:1}
.note{background:var(--_soft);border-radius:8px;padding:.5rem .875rem;margin-bottom:1rem;font-size:.9375rem}
.note:empty{display:none}
.note .row{margin-top:.375rem}
.bad{background:var(--_badbg);color:var(--_bad)}
.bad button{color:var(--_text)}
.state{display:flex;gap:.625rem;align-items:center;color:var(--_muted);font-size:.9375rem;margin-bottom:1rem}
.dots{display:inline-flex;gap:.25rem}
.dots i{width:.375rem;height:.375rem;border-radius:50%;background:currentColor;animation:dot 1.2s infinite}
.dots i:nth-child(2){animation-delay:.15s}.dots i:nth-child(3){animation-delay:.3s}
@keyframes dot{0%,60%,100%{opacity:.25}30%{opacity:1}}
form.compose{display:flex;gap:.5rem;align-items:flex-end;padding:.75rem 1rem max(.75rem,env(safe-area-inset-bottom));border-top:1px solid var(--_line);flex:none;width:100%;max-width:48rem;margin:0 auto}
:host([mode=inline]) form.compose{border-top:0}
.compose .main{width:2.75rem;height:2.75rem;padding:0;display:grid;place-items:center;flex:none}
dialog{color:var(--_text);background:var(--_bg);border:1px solid var(--_line);border-radius:var(--_r);padding:0;overflow:hidden;width:min(44rem,calc(100vw - 2rem));max-height:min(50rem,calc(100dvh - 2rem));box-shadow:0 8px 40px #0006}
dialog.article{height:min(50rem,calc(100dvh - 2rem))}
dialog.ask{width:min(28rem,calc(100vw - 2rem));padding:1rem 1.25rem 1.25rem}
dialog[open]{display:flex;flex-direction:column}
dialog::backdrop{background:#0008}
.facts{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;color:var(--_muted);font-size:.9375rem;margin:0 0 .75rem}
.facts:empty{display:none}
.body{overflow-wrap:anywhere}
@media (max-width:30rem){dialog.article{width:100vw;max-width:none;height:100dvh;max-height:none;margin:0;border:0;border-radius:0}}
@media (prefers-reduced-motion:reduce){.dots i{animation:none;opacity:.7}}
@media (forced-colors:active){mark{background:Mark;color:MarkText}.main,.me>.text,.note{border:1px solid}}
`;

  const ICONS = {
    chat: "M21 12a8 8 0 0 1-8 8H4l2-3.5A8 8 0 1 1 21 12z",
    close: "M6 6l12 12M18 6L6 18",
    again: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5",
    send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
    up: "M7 11v9H4v-9zM7 11l4-8a2.5 2.5 0 0 1 2.5 2.5V9H19a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.8 20H7",
    down: "M17 13V4h3v9zM17 13l-4 8a2.5 2.5 0 0 1-2.5-2.5V15H5a2 2 0 0 1-2-2.3l1.2-7A2 2 0 0 1 6.2 4H17",
  };

  const RETRIES = 6; // after so many failures a person decides
  const SILENCE_MS = 45000; // the server says something every 15 s
  const KEPT = 40; // replies whose quotes are remembered over a reload

  let sheet;
  const styles = () => {
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
    return sheet;
  };

  /* Make an element. Strings become text nodes: nothing from outside is ever parsed as HTML. */
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (typeof value === "function") element.addEventListener(name, value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  const icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const path = document.createElementNS(space, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

  /* The API counts code points, JavaScript UTF-16 units: where code point n begins. */
  const unit = (text, points) => {
    let at = 0;
    for (; points > 0 && at < text.length; points--) at += text.codePointAt(at) > 0xffff ? 2 : 1;
    return at;
  };

  /* As the server shows a text in a reply: without control signs that could hide or turn words. */
  const visible = (text) =>
    text
      .replace(/\r\n?|[\u2028\u2029\x85]/g, "\n")
      .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "");

  const webAddress = (text) => {
    try {
      const url = new URL(text);
      return /^https?:$/.test(url.protocol) ? url.href : null;
    } catch {
      return null;
    }
  };

  /* ---- plain text with lists, tables and headings -> elements; [from, to) is marked ---- */

  const TABLE = /^\s*\|.*\|\s*$/;
  const RULE = /^[\s|:]*-[\s|:-]*$/;
  const NUMBERED = /^(\s*)\(?(\d{1,3})[.)]\s+/;
  const BULLET = /^(\s*)[-*+•]\s+/;
  const HEADING = /^#{1,6}\s+/;
  const FENCE = /^\s*(```|~~~)/;

  const render = (text, { from = 0, to = 0, header = "", headings = "p" } = {}) => {
    const out = document.createDocumentFragment();

    /* Text from a to b, what is quoted in <mark>. */
    const piece = (parent, a, b) => {
      const start = Math.max(a, Math.min(from, b));
      const end = Math.max(start, Math.min(to, b));
      if (start > a) parent.append(text.slice(a, start));
      if (end > start) parent.append(make("mark", {}, text.slice(start, end)));
      if (b > Math.max(end, a)) parent.append(text.slice(Math.max(end, a), b));
    };

    /* The same, with web addresses as links. */
    const words = (parent, a, b) => {
      let done = a;
      for (const found of text.slice(a, b).matchAll(/https?:\/\/[^\s<>"“”|]+[^\s<>"“”|.,;:!?)\]}'’]/g)) {
        const at = a + found.index;
        const href = webAddress(found[0]);
        if (!href) continue;
        piece(parent, done, at);
        const link = make("a", { href, target: "_blank", rel: "noopener noreferrer" });
        piece(link, at, (done = at + found[0].length));
        parent.append(link);
      }
      piece(parent, done, b);
    };

    const cells = (a, b) => {
      const found = [];
      let start = -1;
      for (let at = a; at <= b; at++) {
        if (at < b && (text[at] !== "|" || text[at - 1] === "\\")) continue;
        if (start >= 0 && (at < b || text.slice(start, at).trim())) {
          let [left, right] = [start, at];
          while (left < right && /\s/.test(text[left])) left++;
          while (right > left && /\s/.test(text[right - 1])) right--;
          found.push([left, right]);
        }
        start = at + 1;
      }
      return found;
    };

    const lines = [];
    for (let at = 0; at <= text.length; ) {
      let end = text.indexOf("\n", at);
      if (end < 0) end = text.length;
      lines.push([at, end]);
      at = end + 1;
    }
    const line = (i) => (i < lines.length ? text.slice(...lines[i]) : "");

    const table = (i) => {
      const rows = [];
      let names = header
        ? header.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim())
        : null;
      let head = null;
      for (; TABLE.test(line(i)); i++) {
        if (RULE.test(line(i))) continue;
        if (!rows.length && !head && !names && RULE.test(line(i + 1))) head = lines[i];
        else rows.push(lines[i]);
      }
      if (head) names = cells(...head).map(([a, b]) => text.slice(a, b));
      if (names && rows.length === 1) {
        /* One row reads best as name and value, on a phone as to a screen reader. */
        const list = make("dl");
        cells(...rows[0]).forEach(([a, b], n) => {
          const value = make("dd");
          words(value, a, b);
          list.append(make("dt", {}, names[n] || "–"), value);
        });
        out.append(list);
        return i;
      }
      const grid = make("table");
      if (names) {
        const top = make("tr");
        if (head) {
          for (const [a, b] of cells(...head)) {
            top.append(make("th", { scope: "col" }));
            words(top.lastChild, a, b);
          }
        } else top.append(...names.map((name) => make("th", { scope: "col" }, name)));
        grid.append(make("thead", {}, top));
      }
      const body = make("tbody");
      for (const row of rows) {
        const tr = make("tr");
        for (const [a, b] of cells(...row)) words(tr.appendChild(make("td")), a, b);
        body.append(tr);
      }
      grid.append(body);
      out.append(make("div", { class: "wrap", tabindex: "0", role: "group", "aria-label": "Table" }, grid));
      return i;
    };

    const list = (i) => {
      const numbered = NUMBERED.test(line(i));
      const items = make(numbered ? "ol" : "ul");
      const margin = line(i).match(/^\s*/)[0].length;
      let item = null;
      for (; i < lines.length && line(i).trim(); i++) {
        const number = line(i).match(NUMBERED);
        const found = number || line(i).match(BULLET);
        const [a, b] = lines[i];
        if (found) {
          const deep = found[1].length > margin;
          if (!deep && Boolean(number) !== numbered) break;
          /* A step's number is part of the words: kept as it stands in the article. */
          item = make("li", { value: number && numbered && !deep ? number[2] : null, class: deep ? "deep" : null });
          if (deep && number) item.append(`${number[2]}. `);
          words(item, a + found[0].length, b);
          items.append(item);
        } else if (/^\s/.test(line(i)) && !TABLE.test(line(i))) {
          item.append("\n");
          words(item, a + line(i).match(/^\s*/)[0].length, b);
        } else break;
      }
      out.append(items);
      return i;
    };

    for (let i = 0; i < lines.length; ) {
      const now = line(i);
      if (!now.trim()) i++;
      else if (TABLE.test(now)) i = table(i);
      else if (NUMBERED.test(now) || BULLET.test(now)) i = list(i);
      else if (HEADING.test(now)) {
        const title = make(headings, { class: "h" });
        words(title, lines[i][0] + now.match(HEADING)[0].length, lines[i][1]);
        out.append(title);
        i++;
      } else if (FENCE.test(now)) {
        const first = ++i;
        while (i < lines.length && !FENCE.test(line(i))) i++;
        const code = make("pre");
        if (i > first) piece(code, lines[first][0], lines[i - 1][1]);
        out.append(code);
        i++;
      } else {
        const first = i++;
        const ends = (next) => !next.trim() || [TABLE, NUMBERED, BULLET, HEADING, FENCE].some((each) => each.test(next));
        while (i < lines.length && !ends(line(i))) i++;
        const paragraph = make("p", { class: "para" });
        words(paragraph, lines[first][0], lines[i - 1][1]);
        out.append(paragraph);
      }
    }
    return out;
  };

  /* ---- talking to the server ---- */

  class Failure extends Error {
    constructor(kind, { status = 0, after = null, detail = "" } = {}) {
      super(kind);
      Object.assign(this, { kind, status, after, detail });
    }
    get retry() {
      return this.kind === "offline" || this.kind === "broken" || this.kind === "busy";
    }
  }

  const failure = (status, headers, problem) => {
    const detail = problem?.detail || "";
    const after = Number.parseInt(headers?.get("Retry-After") ?? "", 10);
    const kind =
      [429, 502, 503, 504].includes(status) ? "busy"
      : status === 401 || status === 403 ? "unauthorized"
      : status === 404 ? "gone"
      : status >= 400 && status < 500 ? "invalid"
      : "failed";
    return new Failure(kind, { status, detail, after: Number.isFinite(after) ? Math.min(after, 300) : null });
  };

  /* Server-sent events of a response, one [name, text] after the other. */
  async function* events(response, alive) {
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for (;;) {
        const { done, value } = await reader.read();
        alive();
        rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
        /* A CR at the end may be half of a CRLF: it waits for the next chunk. */
        let blocks = rest.slice(0, !done && rest.endsWith("\r") ? -1 : undefined).replace(/\r\n?/g, "\n").split("\n\n");
        rest = blocks.pop() + (!done && rest.endsWith("\r") ? "\r" : "");
        for (const block of blocks) {
          let name = "message";
          const data = [];
          for (const field of block.split("\n")) {
            const [, key, value] = field.match(/^([^:]*)(?:: ?(.*))?$/s);
            if (key === "event") name = value;
            else if (key === "data") data.push(value ?? "");
          }
          if (data.length) yield [name, data.join("\n")];
        }
        if (done) return;
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  class FrontdeskChat extends HTMLElement {
    static observedAttributes = ["open", "heading", "title", "mode"];

    #texts = { ...TEXTS };
    #state = { session: null, turns: 0, draft: "", pending: null, quotes: {} };
    #busy = false;
    #built = false;
    #restored = null;
    #getToken = null;
    #apiKey = null;
    #given = 0;
    #mine = null;
    #lost = false;
    #wake = null;

    /* -- what a page may use -- */

    get texts() { return this.#texts; }
    /** Words in another language, all or some: `element.texts = {send: "Senden"}`. */
    set texts(value) {
      this.#texts = { ...this.#texts, ...value };
      if (this.#built) this.#build();
    }

    get getToken() { return this.#getToken; }
    /** A function that returns a token, or a promise of one; called with `{refresh: true}`
     *  after the server has refused the one before. */
    set getToken(value) {
      this.#getToken = value;
      this.#given++;
      if (this.#lost && this.isConnected) this.#restore();
    }

    get apiKey() { return this.#apiKey ?? this.getAttribute("api-key"); }
    set apiKey(value) {
      this.#apiKey = value;
      this.#given++;
      if (this.#lost && this.isConnected) this.#restore();
    }

    get endpoint() {
      return new URL(this.getAttribute("endpoint") || HOME, location.href).href.replace(/\/*$/, "/");
    }

    /** Open the window of the chat. */
    show() { this.setAttribute("open", ""); }
    /** Close it. */
    hide() { this.removeAttribute("open"); }
    /** Send a message as if the person had written it. */
    send(text) { return this.#send(String(text)); }
    /** Send the message that had no answer once more, such as after a sign-in. */
    resend() {
      const again = this.#alert.querySelector("button");
      if (again) again.click();
      else this.#input.focus();
    }
    /** Show an article, with the code points from start to end highlighted. */
    openArticle(id, start, end) { return this.#showArticle({ article_id: id, start, end }); }

    /* -- life -- */

    connectedCallback() {
      for (const name of ["texts", "getToken", "apiKey"]) {
        if (Object.hasOwn(this, name)) {
          const value = this[name];
          delete this[name];
          this[name] = value;
        }
      }
      addEventListener("hashchange", this.#fromAddress);
      addEventListener("online", this.#online);
      if (this.#built) return;
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles()];
      this.#load();
      this.#build();
      this.#restore();
      this.#fromAddress();
    }

    disconnectedCallback() {
      removeEventListener("hashchange", this.#fromAddress);
      removeEventListener("online", this.#online);
    }

    attributeChangedCallback(name, before, after) {
      if (name === "title" && after !== null) {
        /* Left on the host, it would be a tooltip over everything. */
        this.setAttribute("heading", after);
        this.removeAttribute("title");
      }
      if (!this.#built || before === after) return;
      if (name === "open") this.#opened(true);
      if (name === "heading") this.#heading.textContent = after || this.#texts.heading;
      if (name === "mode") this.#build();
    }

    get #inline() { return this.getAttribute("mode") === "inline"; }

    /* -- what is kept in this tab -- */

    get #place() { return `frontdesk-chat ${this.endpoint}`; }

    #load() {
      try {
        Object.assign(this.#state, JSON.parse(sessionStorage.getItem(this.#place) || "{}"));
      } catch { /* storage is closed or holds something else: the memory will do */ }
    }

    #save() {
      const quotes = Object.entries(this.#state.quotes).slice(-KEPT);
      this.#state.quotes = Object.fromEntries(quotes);
      try {
        sessionStorage.setItem(this.#place, JSON.stringify(this.#state));
      } catch { /* full or closed */ }
    }

    /* -- the skeleton -- */

    #heading; #panel; #launch; #scroll; #input; #sendButton; #dialog; #ask;
    /* These outlive a rebuild with other words. */
    #log = make("div", { class: "log", role: "log", "aria-live": "polite" });
    #live = make("div", { class: "live", "aria-hidden": "true", inert: true });
    #status = make("div", { class: "live", role: "status" });
    #alert = make("div", { class: "live", role: "alert" });

    #build() {
      const t = this.#texts;
      this.#heading = make("h2", { id: "heading" }, this.getAttribute("heading") || t.heading);
      this.#log.setAttribute("aria-label", t.log);
      this.#scroll = make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t.log },
        make("div", { class: "live" }, make("p", { class: "msg" }, t.greeting)), this.#log, this.#live, this.#status, this.#alert);
      this.#input = make("textarea", {
        id: "message", rows: "1", placeholder: t.placeholder, "aria-label": t.message, dir: "auto",
        enterkeyhint: "send", autocomplete: "off",
        input: () => { this.#state.draft = this.#input.value; this.#save(); this.#grow(); },
        keydown: (event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            this.#submit();
          }
        },
      });
      this.#input.value = this.#state.draft;
      this.#sendButton = make("button", { class: "main", type: "submit", "aria-label": t.send, title: t.send }, icon("send"));
      const compose = make("form", { class: "compose", submit: (event) => { event.preventDefault(); this.#submit(); } },
        this.#input, this.#sendButton);
      const again = make("button", { class: "icon", type: "button", "aria-label": t.again, title: t.again,
        click: () => this.#askReset() }, icon("again"));
      const header = make("header", {}, this.#heading, again);
      this.#panel = make("section", {
        class: "panel", "aria-labelledby": "heading", role: this.#inline ? "region" : "dialog",
        keydown: (event) => {
          if (event.key === "Escape" && !event.isComposing && !this.#inline) {
            event.stopPropagation();
            this.hide();
          }
        },
      }, header, this.#scroll, compose);
      this.#launch = null;
      if (!this.#inline) {
        header.append(make("button", { class: "icon", type: "button", "aria-label": t.close, title: t.close,
          click: () => this.hide() }, icon("close")));
        this.#launch = make("button", { class: "launch main", type: "button", "aria-label": t.open, title: t.open,
          "aria-haspopup": "dialog", click: () => this.show() }, icon("chat"));
      }
      this.#dialog = make("dialog", { class: "article", "aria-labelledby": "article",
        click: (event) => { if (event.target === this.#dialog) this.#dialog.close(); } });
      this.#ask = make("dialog", { class: "ask", "aria-labelledby": "ask" });
      this.shadowRoot.replaceChildren(...[this.#launch, this.#panel, this.#dialog, this.#ask].filter(Boolean));
      this.#built = true;
      this.#opened(false);
      this.#grow();
    }

    #opened(byPerson) {
      if (this.#inline) return;
      const open = this.hasAttribute("open");
      this.#panel.hidden = !open;
      this.#launch.hidden = open;
      if (!byPerson) return;
      if (open) this.#input.focus();
      else this.#launch.focus();
      this.dispatchEvent(new CustomEvent(open ? "frontdesk-open" : "frontdesk-close"));
      if (open) this.#toEnd();
    }

    #grow() {
      this.#input.style.height = "auto";
      if (this.#input.scrollHeight) this.#input.style.height = `${this.#input.scrollHeight + 2}px`;
    }

    /* Typing comes next; on a touch screen that would raise the keyboard over what came. */
    #backToInput() {
      if (!matchMedia("(pointer: coarse)").matches) this.#input.focus({ preventScroll: true });
    }

    /* -- requests -- */

    async #request(path, { method = "GET", body, accept = "application/json", signal, refresh = false } = {}) {
      const headers = { Accept: accept };
      const given = this.#given;
      const named = this.getAttribute("token-callback");
      const callback = this.#getToken || (named && window[named]);
      let token = this.apiKey;
      if (typeof callback === "function") {
        try {
          token = await callback({ refresh });
        } catch {
          throw new Failure("unauthorized", { status: 401 });
        }
      }
      if (token) headers.Authorization = `Bearer ${token}`;
      if (body) headers["Content-Type"] = "application/json";
      let response;
      try {
        response = await fetch(new URL(path, this.endpoint), {
          method, headers, signal, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store",
        });
      } catch {
        throw new Failure(navigator.onLine === false ? "offline" : "broken");
      }
      if (response.ok) return response;
      if (response.status === 401 && typeof callback === "function" && !refresh) {
        return this.#request(path, { method, body, accept, signal, refresh: true });
      }
      const problem = await response.json().catch(() => null);
      /* A page's own script may come after this one: a key that it gave meanwhile counts. */
      if (response.status === 401 && given !== this.#given) {
        return this.#request(path, { method, body, accept, signal });
      }
      const found = failure(response.status, response.headers, problem);
      if (found.kind === "unauthorized") {
        this.dispatchEvent(new CustomEvent("frontdesk-unauthorized", { detail: { status: response.status } }));
      }
      throw found;
    }

    async #json(path, options) {
      const response = await this.#request(path, options);
      try {
        return await response.json();
      } catch {
        throw new Failure("broken");
      }
    }

    /* -- sending -- */

    #submit() {
      const text = this.#input.value;
      if (!text.trim() || this.#busy) return;
      this.#input.value = this.#state.draft = "";
      this.#grow();
      this.#send(text);
    }

    async #send(text, shown = null) {
      text = text.trim();
      if (!text || this.#busy) return;
      this.#busy = true;
      this.#sendButton.disabled = true;
      this.#say();
      for (const old of this.#log.querySelectorAll(".choices")) old.remove();
      this.#state.pending = text;
      this.#save();
      const mine = (this.#mine = shown || this.#addMine(text));
      this.#toEnd();
      try {
        await this.#restored;
        const reply = await this.#deliver(text);
        this.#state.pending = null;
        this.#quiet();
        if (reply.citations.length) this.#state.quotes[reply.decision_id] = reply.citations;
        this.#save();
        this.#addReply(reply);
        this.#toReply(mine);
        this.dispatchEvent(new CustomEvent("frontdesk-reply", { detail: reply }));
        if (reply.route === "HANDOFF") this.dispatchEvent(new CustomEvent("frontdesk-handover", { detail: reply }));
      } catch (error) {
        this.#quiet();
        this.#failed(error, text, mine);
      } finally {
        this.#busy = false;
        this.#sendButton.disabled = false;
        this.#save();
      }
    }

    /* Send until there is a reply; only what can't be mended by waiting is thrown. */
    async #deliver(text) {
      for (let tried = 0; ; tried++) {
        try {
          /* The message may have arrived although its reply did not: sending it again would
             order the chair twice. */
          const kept = tried && (await this.#arrived());
          return kept || (await this.#once(text));
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          if (error.kind === "gone" && this.#state.session) {
            this.#forgetSession();
            this.#addNote(this.#texts.gone);
            continue;
          }
          if (!error.retry || (tried >= RETRIES && error.kind !== "offline")) throw error;
          await this.#pause(error, error.after ?? Math.min(2 ** tried, 30));
        }
      }
    }

    async #arrived() {
      if (!this.#state.session) return null;
      const stored = (await this.#json(this.#sessionPath())).session;
      if (stored.turns.length <= this.#state.turns) return null;
      this.#state.turns = stored.turns.length;
      return this.#replyOf(stored.turns.at(-1), stored.id);
    }

    async #once(text) {
      const streams = "ReadableStream" in window && "body" in Response.prototype;
      const controller = new AbortController();
      let timer;
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => controller.abort(), SILENCE_MS);
      };
      this.#working(this.#texts.thinking);
      alive();
      try {
        const body = { message: text };
        if (this.#state.session) body.session = this.#state.session;
        const response = await this.#request("v1/chat", {
          method: "POST", body, signal: controller.signal,
          accept: streams ? "text/event-stream, application/json;q=0.5" : "application/json",
        });
        let reply = null;
        if ((response.headers.get("Content-Type") || "").startsWith("text/event-stream")) {
          reply = await this.#stream(response, alive);
        } else {
          reply = await response.json();
        }
        if (this.#state.session !== reply.session) this.#state.turns = 0;
        this.#state.session = reply.session;
        this.#state.turns += 1;
        return reply;
      } catch (error) {
        /* A connection that breaks half-way throws a TypeError, an AbortError or a SyntaxError. */
        throw error instanceof Failure ? error : new Failure(navigator.onLine === false ? "offline" : "broken");
      } finally {
        clearTimeout(timer);
      }
    }

    async #stream(response, alive) {
      const soFar = { reply: "", citations: [] };
      for await (const [name, text] of events(response, alive)) {
        const value = JSON.parse(text);
        if (name === "status") this.#working(value.text);
        else if (name === "delta") soFar.reply += value.text;
        else if (name === "citation") soFar.citations.push(value);
        else if (name === "done") return value;
        else if (name === "error") throw failure(value.status, null, value);
        if (name === "delta" || name === "citation") this.#draft(soFar);
      }
      throw new Failure("broken");
    }

    async #pause(error, seconds) {
      const t = this.#texts;
      this.#quiet();
      const left = make("span", { "aria-hidden": "true" });
      const until = Date.now() + 1000 * seconds;
      const woken = new Promise((wake) => { this.#wake = wake; });
      const tell = () => { left.textContent = ` ${fill(t.retrying, { seconds: Math.max(0, Math.ceil((until - Date.now()) / 1000)) })}`; };
      tell();
      const counting = setInterval(tell, 1000);
      this.#status.replaceChildren(make("div", { class: "note" }, t[error.kind], left,
        make("div", { class: "row" }, make("button", { type: "button", click: () => this.#wake?.() }, t.now))));
      this.#toEnd();
      await Promise.race([sleep(1000 * seconds), woken]);
      clearInterval(counting);
      this.#wake = null;
      this.#status.replaceChildren();
    }

    #online = () => {
      this.#wake?.();
      if (this.#lost && !this.#busy) this.#restore();
    };

    #failed(error, text, mine) {
      const t = this.#texts;
      if (!(error instanceof Failure)) {
        console.error(error);
        error = new Failure("failed");
      }
      if (error.kind === "invalid") {
        /* To be shortened or put otherwise: back to where it can be edited. */
        this.#state.pending = null;
        mine.remove();
        if (!this.#input.value) {
          this.#input.value = this.#state.draft = text;
          this.#grow();
        }
        this.#say(fill(t.invalid, { detail: error.detail }), true);
        return;
      }
      this.#offerAgain(t[error.kind] || t.failed, text, mine);
    }

    #offerAgain(sentence, text, mine) {
      this.#say(sentence, true, [this.#texts.resend, () => { this.#say(); this.#send(text, mine); this.#backToInput(); }]);
    }

    #sessionPath() { return `v1/sessions/${encodeURIComponent(this.#state.session)}`; }

    #forgetSession() {
      Object.assign(this.#state, { session: null, turns: 0 });
      this.#save();
    }

    /* -- after a reload -- */

    #restore() {
      if (!this.#state.session) {
        this.#lost = false;
        if (this.#state.pending) this.#unanswered();
        return;
      }
      this.#restored = this.#readTranscript();
    }

    async #readTranscript() {
      const t = this.#texts;
      this.#lost = false;
      this.#working(t.restoring);
      for (let tried = 0; ; tried++) {
        try {
          const stored = (await this.#json(this.#sessionPath())).session;
          const arrived = stored.turns.length > this.#state.turns;
          this.#state.turns = stored.turns.length;
          this.#quiet();
          this.#say();
          this.#showTranscript(stored);
          if (this.#state.pending && !this.#busy) {
            if (arrived) this.#state.pending = null;
            else this.#unanswered();
          }
          break;
        } catch (error) {
          this.#quiet();
          if (error.kind === "gone") {
            this.#forgetSession();
            this.#addNote(t.gone);
            if (this.#state.pending && !this.#busy) this.#unanswered();
            break;
          }
          if (error.retry && tried < RETRIES) {
            await this.#pause({ kind: error.kind === "busy" ? "unloaded" : error.kind === "offline" ? "offline" : "unloaded" },
              error.after ?? Math.min(2 ** tried, 30));
            continue;
          }
          this.#lost = true;
          this.#say(error.kind === "unauthorized" ? t.unauthorized : t.unloaded, true, [t.now, () => { this.#say(); this.#restore(); }]);
          break;
        }
      }
      this.#save();
    }

    #showTranscript(stored) {
      /* Read out on request, not all at once. */
      this.#log.setAttribute("aria-live", "off");
      const thumbs = Object.fromEntries((stored.feedback || []).map((item) => [item.decision, item.helpful]));
      this.#log.replaceChildren();
      for (const [n, turn] of stored.turns.entries()) {
        this.#addMine(turn.message);
        const reply = this.#replyOf(turn, stored.id);
        if (n < stored.turns.length - 1 || this.#busy) reply.choices = [];
        this.#addReply(reply, thumbs[reply.decision_id]);
      }
      if (stored.handed_over && stored.turns.at(-1)?.route !== "HANDOFF") this.#addNote(this.#texts.handover);
      /* What was sent while this was loading comes after it. */
      if (this.#busy) this.#log.append(this.#mine);
      this.#toEnd();
      requestAnimationFrame(() => this.#log.setAttribute("aria-live", "polite"));
    }

    #replyOf(turn, session) {
      const id = turn.decision?.id || "";
      return {
        session, reply: turn.reply, route: turn.route, choices: turn.choices || [], decision_id: id,
        citations: this.#state.quotes[id] || [], articles: turn.articles || [], titles: turn.titles || [],
      };
    }

    #unanswered() {
      this.#offerAgain(this.#texts.unsent, this.#state.pending, this.#addMine(this.#state.pending));
    }

    /* -- what stands in the conversation -- */

    #addMine(text) {
      const mine = make("div", { class: "msg me" }, make("span", { class: "sr" }, `${this.#texts.you}: `),
        make("div", { class: "text", dir: "auto" }, text));
      this.#log.append(mine);
      return mine;
    }

    #addNote(text) { this.#log.append(make("div", { class: "note" }, text)); }

    #addReply(reply, thumb) {
      const t = this.#texts;
      const box = make("div", { class: "msg reply", dir: "auto" }, make("span", { class: "sr" }, `${t.desk}: `));
      box.append(...this.#content(reply));
      if (!reply.citations.length && reply.articles?.length) {
        const links = reply.articles.map((id, n) => this.#articleLink({ article_id: id, title: reply.titles[n] || id }));
        box.append(make("p", { class: "from" }, ...links));
      }
      if (reply.route === "HANDOFF") box.append(make("div", { class: "note handover" }, t.handover));
      if (reply.route === "ANSWER" && reply.decision_id) box.append(this.#thumbs(reply.decision_id, thumb));
      if (reply.choices?.length) {
        box.append(make("div", { class: "choices", role: "group", "aria-label": t.choices },
          ...reply.choices.map((choice) => make("button", {
            type: "button", click: () => { if (!this.#busy) { this.#send(choice); this.#backToInput(); } },
          }, choice))));
      }
      this.#log.append(box);
    }

    /* The reply's text, with each quote in it in place of the words it repeats. */
    #content(reply) {
      const parts = [reply.reply];
      const extra = [];
      for (const quote of reply.citations) {
        const words = visible(quote.snippet.text).trim();
        let found = false;
        for (let i = 0; i < parts.length && !found; i++) {
          const text = parts[i];
          if (typeof text !== "string" || !words) continue;
          let start = text.indexOf(words);
          if (start < 0) continue;
          let end = start + words.length;
          if (quote.snippet.header) {
            const head = visible(quote.snippet.header.text).trim();
            const at = head ? text.lastIndexOf(head, start) : -1;
            if (at >= 0 && /^[\s|:-]*$/.test(text.slice(at + head.length, start))) start = at;
          }
          const source = `From “${visible(quote.title)}”.`;
          const gap = text.slice(end).match(/^\s*/)[0].length;
          if (text.startsWith(source, end + gap)) end += gap + source.length;
          parts.splice(i, 1, text.slice(0, start), this.#card(quote), text.slice(end));
          found = true;
        }
        if (!found) extra.push(this.#card(quote));
      }
      return [...parts, ...extra]
        .filter((part) => typeof part !== "string" || part.trim())
        .map((part) => typeof part === "string" ? make("div", { class: "text" }, render(part)) : part);
    }

    #card(quote) {
      const { text, start, header } = quote.snippet;
      const from = unit(text, quote.start - start);
      const to = unit(text, quote.end - start);
      /* A quote that is all there is needs no pointing out. */
      const whole = !text.slice(0, from).trim() && !text.slice(to).trim();
      return make("figure", { class: "quote" },
        make("blockquote", {}, render(text, { from: whole ? 0 : from, to: whole ? 0 : to, header: header?.text })),
        make("figcaption", {}, this.#articleLink(quote)));
    }

    /* A link, so that it also opens in another tab, where the widget reads the address. */
    #articleLink(quote) {
      const where = new URLSearchParams({ "frontdesk-article": quote.article_id });
      for (const name of ["start", "end"]) if (quote[name] !== undefined) where.set(name, quote[name]);
      return make("a", {
        class: "link", href: `${location.pathname}${location.search}#${where}`,
        click: (event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          this.#showArticle(quote);
        },
      }, fill(this.#texts.read, { title: quote.title }));
    }

    #thumbs(decision, helpful) {
      const t = this.#texts;
      const box = make("div", {});
      const after = make("span", { role: "status" });
      const buttons = ["up", "down"].map((name) => make("button", {
        class: "icon", type: "button", "aria-label": t[name], title: t[name], "aria-pressed": "false",
        click: () => give(name),
      }, icon(name)));
      const press = (name) => buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(name === ["up", "down"][n])));
      if (helpful !== undefined) press(helpful ? "up" : "down");
      const post = async (body) => {
        try {
          await this.#request("v1/feedback", { method: "POST", body: { decision_id: decision, ...body } });
          after.textContent = t.thanks;
          return true;
        } catch (error) {
          after.textContent = error.kind === "invalid" && error.detail ? error.detail : t.feedbackFailed;
          return false;
        }
      };
      const give = async (name) => {
        after.textContent = "";
        if (!(await post({ thumb: name }))) return;
        press(name);
        box.querySelector(".fix")?.remove();
        if (name === "down") box.append(this.#correction(post, () => buttons[1].focus()));
      };
      box.append(make("div", { class: "thumbs", role: "group", "aria-label": t.helpful },
        make("span", { "aria-hidden": "true" }, t.helpful), ...buttons, after));
      return box;
    }

    #correction(post, back) {
      const t = this.#texts;
      const id = `fix-${Math.random().toString(36).slice(2)}`;
      const field = make("textarea", { id, rows: "2", dir: "auto" });
      const form = make("form", { class: "fix", submit: async (event) => {
        event.preventDefault();
        if (!field.value.trim() || (await post({ thumb: "down", correction: field.value }))) close();
      } }, make("label", { for: id }, t.correction), field, make("div", { class: "row" },
        make("button", { class: "main", type: "submit" }, t.submit),
        make("button", { type: "button", click: () => close() }, t.skip)));
      const close = () => { form.remove(); back(); };
      return form;
    }

    /* -- what is going on -- */

    /* While a reply is made it stands outside the log: a screen reader hears it once, whole. */
    #working(text) {
      let state = this.#status.querySelector(".state");
      if (!state) {
        state = make("div", { class: "state" },
          make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i")), make("span"));
        this.#status.replaceChildren(state);
      }
      if (state.lastChild.textContent !== text) state.lastChild.textContent = text;
      this.#toEnd();
    }

    #draft(soFar) {
      this.#live.replaceChildren(make("div", { class: "msg reply" }, ...this.#content(soFar)));
      this.#toEnd();
    }

    #quiet() {
      this.#live.replaceChildren();
      this.#status.replaceChildren();
    }

    #say(text, bad = false, action = null) {
      if (!text) {
        this.#alert.replaceChildren();
        return;
      }
      const note = make("div", { class: bad ? "note bad" : "note" }, text);
      if (action) note.append(make("div", { class: "row" }, make("button", { type: "button", click: action[1] }, action[0])));
      this.#alert.replaceChildren(note);
      this.#toEnd();
    }

    #toEnd() { this.#scroll.scrollTop = this.#scroll.scrollHeight; }

    /* A long reply is read from its beginning, under the question. */
    #toReply(mine) {
      const top = mine.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top;
      const end = this.#scroll.scrollHeight - this.#scroll.clientHeight;
      this.#scroll.scrollTop = Math.min(end, this.#scroll.scrollTop + top - 12);
    }

    /* -- a new conversation -- */

    #askReset() {
      const t = this.#texts;
      const fail = make("p", { role: "alert" });
      const close = () => this.#ask.close();
      const button = (text, click, kind) => make("button", { type: "button", class: kind, click }, text);
      this.#ask.replaceChildren(make("h2", { id: "ask" }, t.resetTitle), make("p", {}, t.resetText), fail,
        make("div", { class: "row" },
          button(t.resetOnly, () => { close(); this.#reset(); }, "main"),
          this.#state.session ? button(t.resetDelete, async () => {
            try {
              await this.#request(this.#sessionPath(), { method: "DELETE" });
            } catch (error) {
              if (error.kind !== "gone") {
                fail.textContent = t.deleteFailed;
                return;
              }
            }
            close();
            this.#reset();
          }) : "",
          button(t.cancel, close)));
      this.#ask.showModal();
    }

    #reset() {
      if (this.#busy) return;
      Object.assign(this.#state, { session: null, turns: 0, pending: null, quotes: {} });
      this.#lost = false;
      this.#save();
      this.#log.replaceChildren();
      this.#quiet();
      this.#say();
      this.#backToInput();
    }

    /* -- an article -- */

    #fromAddress = () => {
      const where = new URLSearchParams(location.hash.slice(1));
      const id = where.get("frontdesk-article");
      if (!id) return;
      const number = (name) => (/^\d+$/.test(where.get(name) || "") ? Number(where.get(name)) : undefined);
      this.#showArticle({ article_id: id, start: number("start"), end: number("end") });
    };

    async #showArticle(quote) {
      const t = this.#texts;
      const title = make("h2", { id: "article", dir: "auto" }, quote.title || t.article);
      const scroll = make("div", { class: "scroll", tabindex: "0", role: "group", "aria-labelledby": "article" },
        make("p", { role: "status" }, t.articleLoading));
      this.#dialog.replaceChildren(
        make("header", {}, title, make("button", { class: "icon", type: "button", "aria-label": t.articleClose,
          title: t.articleClose, click: () => this.#dialog.close() }, icon("close"))), scroll);
      if (!this.#dialog.open) this.#dialog.showModal();
      const path = `v1/articles/${encodeURIComponent(quote.article_id)}`;
      let article;
      try {
        article = await this.#json(path);
      } catch (error) {
        const sentence = error.kind === "gone" ? t.articleGone : error.kind === "unauthorized" ? t.unauthorized : t.articleFailed;
        scroll.replaceChildren(make("p", { role: "alert" }, sentence));
        return;
      }
      const { body } = article;
      let [from, to] = [0, 0];
      let changed = false;
      if (quote.start !== undefined && quote.end > quote.start) {
        [from, to] = [unit(body, quote.start), unit(body, quote.end)];
        if (quote.text !== undefined && body.slice(from, to) !== quote.text) {
          /* Not the words that were quoted: point at them if they stand elsewhere, once. */
          changed = true;
          from = body.indexOf(quote.text);
          const once = from >= 0 && body.indexOf(quote.text, from + 1) < 0;
          [from, to] = once ? [from, from + quote.text.length] : [0, 0];
        }
      }
      title.textContent = article.title || quote.title || t.article;
      const facts = make("div", { class: "facts" });
      if (article.updated) facts.append(make("span", {}, fill(t.updated, { date: article.updated })));
      const original = webAddress(article.url);
      if (original) facts.append(make("a", { href: original, target: "_blank", rel: "noopener noreferrer" }, t.original));
      scroll.replaceChildren(facts, changed ? make("p", { class: "note" }, t.articleChanged) : "",
        make("div", { class: "body", dir: "auto" }, render(body, { from, to, headings: "h3" })));
      const mark = scroll.querySelector("mark");
      if (!mark) return;
      mark.tabIndex = -1;
      mark.focus({ preventScroll: true });
      const top = mark.getBoundingClientRect().top - scroll.getBoundingClientRect().top;
      scroll.scrollTop += top - scroll.clientHeight / 3;
    }
  }

  customElements.define("frontdesk-chat", FrontdeskChat);
})();
