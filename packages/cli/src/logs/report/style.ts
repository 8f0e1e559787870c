/** The whole look of the page: nothing is fetched, and nothing runs. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--card:#f6f7f9;--ink:#1a2029;--soft:#5b6675;--line:#dfe3e9;
--good:#1f7a54;--bad:#c2352b;--blue:#2563c9;--amber:#b7791f}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--card:#1b2129;--ink:#e8ecf1;--soft:#9aa7b6;--line:#313a46;
--good:#4ec293;--bad:#f0776c;--blue:#79aaf7;--amber:#e0b055}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:1060px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px}
h2{font-size:19px;margin:40px 0 10px}.pair h2{margin-top:16px}
p{margin:8px 0;max-width:76ch}
.soft,figcaption,small{color:var(--soft)}
.verdict{background:var(--card);border-left:4px solid var(--blue);border-radius:6px;padding:14px 18px;margin:20px 0}
.verdict p{max-width:none;margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:20px 0}
.tile{background:var(--card);border-radius:8px;padding:14px 16px}
.tile b{display:block;font-size:27px;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:14px}
.pair{display:grid;margin-top:24px;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:24px}
figure{margin:0;background:var(--card);border-radius:8px;padding:14px}
figcaption{font-size:14px;margin-top:6px}
svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
.grid{stroke:var(--line)}.limit{stroke:var(--soft);stroke-dasharray:4 4}
.curve{fill:none;stroke:var(--blue);stroke-width:2.5}.mark{fill:var(--paper);stroke:var(--amber);stroke-width:3}
.normal{fill:var(--blue)}.anomalous{fill:var(--bad)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 4px 0 10px}
.key.normal{background:var(--blue)}.key.anomalous{background:var(--bad)}
.bar{width:100%;min-width:60px;height:8px}.track{fill:var(--line)}.fill{fill:var(--blue)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:15px}
th,td{text-align:left;padding:7px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;font-size:13px}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.b{width:22%;vertical-align:middle}
.when{white-space:nowrap}
@media (max-width:560px){.b{display:none}main{padding:20px 14px 48px}svg text{font-size:15px}th,td{padding:6px}}
.right{color:var(--good)}.wrong{color:var(--bad)}
code{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere;unicode-bidi:isolate}
.matrix{max-width:480px}.matrix td{font-size:20px}
`;
