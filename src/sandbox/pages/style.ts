/** The one style sheet of the sandbox's pages, served from `stylePath`. System fonts only; nothing is loaded from elsewhere. */
export const styleSheet = `
:root { --forest: #1b533f; --leaf: #88b04b; --slate: #36485c; --coal: #2e3a47; --line: #dfe5e1; --paper: #fff; --ground: #f4f7f3; --soft: #eaf1ec; --alarm: #a12c1e; color-scheme: light; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--coal); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
a { color: var(--forest); text-underline-offset: 2px; }
:focus-visible { outline: 3px solid var(--leaf); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 12px; background: var(--paper); padding: 8px 12px; z-index: 2; }
.bar { background: var(--forest); color: #fff; border-bottom: 4px solid var(--leaf); }
.bar-in { max-width: 1080px; margin: 0 auto; padding: 12px 20px; display: flex; align-items: center; gap: 20px; flex-wrap: wrap; }
.bar a { color: #fff; }
.brand { display: flex; align-items: center; gap: 10px; font-weight: 650; font-size: 17px; text-decoration: none; margin-right: auto; }
.brand svg { display: block; }
.brand small { font-weight: 600; font-size: 11px; letter-spacing: .06em; text-transform: uppercase; background: var(--leaf); color: #14271d; border-radius: 999px; padding: 2px 9px; }
.bar nav { display: flex; gap: 16px; flex-wrap: wrap; } .bar nav a { text-decoration: none; opacity: .92; } .bar nav a:hover { text-decoration: underline; }
.bar form { margin: 0; } .who { font-size: 13.5px; display: flex; gap: 10px; align-items: center; }
.bar button { background: transparent; border: 1px solid rgba(255,255,255,.55); color: #fff; padding: 4px 12px; font-size: 13.5px; }
.bar button:hover { background: rgba(255,255,255,.12); }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 64px; }
main.narrow { max-width: 520px; padding-top: 44px; }
main.middle { max-width: 760px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; color: var(--forest); font-weight: 680; letter-spacing: -.01em; }
h2 { font-size: 18px; margin: 0 0 12px; color: var(--slate); font-weight: 650; }
h3 { font-size: 15px; margin: 0; color: var(--coal); font-weight: 650; }
p { margin: 0 0 12px; } .lead { color: var(--slate); margin-bottom: 22px; } .quiet { color: #5d6b7a; font-size: 13.5px; } .mono { font: 13px/1.45 ui-monospace, "Liberation Mono", Menlo, monospace; overflow-wrap: anywhere; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 20px 22px; margin: 0 0 18px; box-shadow: 0 1px 2px rgba(46,58,71,.05); }
.grid { display: grid; gap: 18px; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); align-items: start; margin-bottom: 18px; } .grid > .card { margin: 0; } .tiles { grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); align-items: stretch; }
.split { display: grid; gap: 22px; grid-template-columns: minmax(0, 1fr) minmax(0, 380px); align-items: start; }
.catalogue { position: sticky; top: 16px; max-height: calc(100vh - 32px); overflow-y: auto; }
@media (max-width: 860px) { .split { grid-template-columns: minmax(0, 1fr); } .catalogue { position: static; max-height: none; } }
.row { display: flex; gap: 12px; align-items: center; flex-wrap: wrap; } .row > .grow { flex: 1; min-width: 0; } .between { justify-content: space-between; }
.spaced { margin: 2px 0 12px; } .push { margin-left: auto; } .nowrap { flex-wrap: nowrap; }
.hide { position: absolute; width: 1px; height: 1px; padding: 0; margin: -1px; overflow: hidden; clip-path: inset(50%); border: 0; }
.line-head .grow, .hits .grow { flex: 1; min-width: 0; } .line .fields { margin-top: 12px; }
.auto { width: auto; } .bottom { align-items: flex-end; } .nobreak { white-space: nowrap; overflow-wrap: normal; } .message { border-left: 4px solid var(--leaf); margin-left: 0; white-space: pre-wrap; }
.tile { text-decoration: none; color: inherit; display: block; } .tile h3 { color: var(--forest); } .tile:hover { border-color: var(--leaf); }
.choice { gap: 12px; cursor: pointer; flex: 1; } .choice b { font-weight: 600; }
.stack > * + * { margin-top: 12px; }
button, .button { font: inherit; font-weight: 600; border-radius: 8px; border: 1px solid var(--forest); background: var(--forest); color: #fff; padding: 9px 18px; cursor: pointer; text-decoration: none; display: inline-block; line-height: 1.35; }
button:hover, .button:hover { background: #154233; }
button.plain, .button.plain { background: #fff; color: var(--forest); border-color: #b9c9bf; } button.plain:hover, .button.plain:hover { background: var(--soft); }
button.danger { background: #fff; color: var(--alarm); border-color: #dcb6b1; } button.danger:hover { background: #fbefed; }
button.small, .button.small { padding: 4px 12px; font-size: 13.5px; }
button.link { background: none; border: 0; color: var(--forest); padding: 0; text-decoration: underline; font-weight: 500; }
button[disabled] { opacity: .5; cursor: not-allowed; }
.wide { width: 100%; text-align: center; }
label, .label { display: block; font-weight: 600; font-size: 13.5px; color: var(--slate); margin-bottom: 4px; }
input, select, textarea { font: inherit; width: 100%; padding: 8px 11px; border: 1px solid #b7c2cb; border-radius: 8px; background: #fff; color: inherit; }
input[type=checkbox], input[type=radio] { width: 17px; height: 17px; accent-color: var(--forest); margin: 0; flex: none; }
input:hover, select:hover, textarea:hover { border-color: var(--slate); } textarea { min-height: 84px; resize: vertical; }
.field { margin-bottom: 14px; min-width: 0; } .fields { display: grid; align-items: end; gap: 0 14px; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.check { display: flex; gap: 8px; align-items: center; font-weight: 500; color: var(--coal); margin: 0; font-size: 14.5px; } .check.labs { margin: 14px 0 18px; }
fieldset { border: 0; padding: 0; margin: 0; min-width: 0; } legend { padding: 0; font-weight: 650; color: var(--slate); margin-bottom: 8px; }
.notice { border-radius: 10px; padding: 11px 15px; margin: 0 0 18px; background: var(--soft); border: 1px solid #c6d9cc; }
.notice.bad { background: #fbefed; border-color: #e6c4bf; color: #7d2116; } .notice.good::before { content: "\\2713\\00a0"; color: var(--forest); font-weight: 700; }
.people { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; } .people button { width: 100%; text-align: left; background: #fff; color: var(--coal); border-color: var(--line); font-weight: 500; display: flex; gap: 12px; align-items: center; padding: 9px 13px; }
.people button:hover { border-color: var(--leaf); background: #fafcf8; } .people b { display: block; } .people span span { font-size: 13px; color: #5d6b7a; }
.face { width: 34px; height: 34px; border-radius: 50%; background: var(--soft); color: var(--forest); display: grid; place-items: center; font-weight: 700; font-size: 13px; flex: none; }
.scopes { list-style: none; margin: 0 0 18px; padding: 0; } .scopes li { padding: 10px 0; border-top: 1px solid var(--line); } .scopes li:first-child { border-top: 0; } .scopes code { color: var(--forest); font-weight: 600; }
table { width: 100%; border-collapse: collapse; font-size: 14px; } .scroll { overflow-x: auto; }
th { text-align: left; font-size: 12px; text-transform: uppercase; letter-spacing: .04em; color: #5d6b7a; padding: 8px 10px; border-bottom: 2px solid var(--line); white-space: nowrap; }
td { padding: 10px; border-bottom: 1px solid var(--line); vertical-align: top; } tr:last-child td { border-bottom: 0; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 860px) { th, td { padding-left: 7px; padding-right: 7px; } }
.pill { display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 12.5px; font-weight: 600; background: #e8ecf0; color: var(--slate); white-space: nowrap; }
.pill.good { background: #e2efd2; color: #2f4f12; } .pill.bad { background: #f7dfdc; color: #7d2116; } .pill.wait { background: #fdf1d3; color: #6a4a03; }
.line { border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; margin-bottom: 12px; background: #fff; }
.line-head { display: flex; gap: 12px; align-items: center; } .line-head img, .thumb { width: 44px; height: 44px; border-radius: 8px; border: 1px solid var(--line); background: var(--soft); object-fit: cover; flex: none; }
.hits { list-style: none; margin: 0; padding: 0; } .hits > li { display: flex; gap: 12px; align-items: center; padding: 9px 0; border-top: 1px solid var(--line); } .hits > li:first-child { border-top: 0; }
.facts { display: grid; grid-template-columns: auto 1fr; gap: 4px 18px; margin: 0; } .facts dt { color: #5d6b7a; font-size: 13.5px; } .facts dd { margin: 0; overflow-wrap: anywhere; }
.total { font-size: 17px; font-weight: 650; } details > summary { cursor: pointer; font-weight: 600; color: var(--forest); } details[open] > summary { margin-bottom: 12px; }
.foot { border-top: 1px solid var(--line); color: #5d6b7a; font-size: 13px; } .foot > div { max-width: 1080px; margin: 0 auto; padding: 16px 20px 28px; }
.sticky { position: sticky; bottom: 0; background: rgba(255,255,255,.97); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px; box-shadow: 0 -4px 18px rgba(46,58,71,.08); }
`;
