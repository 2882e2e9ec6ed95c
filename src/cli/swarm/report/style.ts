/**
 * Eight colours for a light and for a dark surface, found by a search that
 * kept every pair apart by at least 0.10 in OKLab for normal, protan, deutan
 * and tritan vision (simulated as in Machado et al. 2009), with a contrast of
 * at least 3 to the surface. The first ones are the furthest apart.
 */
const NODE_COLOURS = [
  ['#2578d7', '#4c94ec'],
  ['#780b07', '#efd830'],
  ['#aa8f00', '#bf550f'],
  ['#2334bb', '#08fdb6'],
  ['#e16b97', '#b3a400'],
  ['#c31a2a', '#ed6a91'],
  ['#5c1570', '#9d54a1'],
  ['#89548e', '#60cde1']
] as const

const colours = (theme: 0 | 1): string => NODE_COLOURS.map((pair, i) => `--n${i}:${pair[theme]};`).join('')

const classes = NODE_COLOURS.map((_, i) => `.n${i}{--c:var(--n${i})}`).join('\n')

const LIGHT = `--page:#fcfcfb;--surface:#f3f3f1;--ink:#15181c;--soft:#565c64;--rule:#dcdcd8;--quiet:#868c94;--accent:#2a78d6;--second:#1b9a72;--heat:#1c5cab;--on-heat:#fff;--on-middle:#15181c;--good:#0f7a45;--bad:#b3261e;--warn:#fdf3e3;--warn-edge:#c47f00;${colours(0)}`
const DARK = `--page:#16181b;--surface:#212428;--ink:#eceef0;--soft:#a9b0b8;--rule:#363a40;--quiet:#8a9199;--accent:#5598e7;--second:#26ab7e;--heat:#86b6ef;--on-heat:#0c1116;--on-middle:#0c1116;--good:#55c98a;--bad:#ff8f85;--warn:#2d2619;--warn-edge:#d79a2b;${colours(1)}`

/** The page's only style sheet: no fonts, no images, nothing to fetch. */
export const STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
@media print{:root{color-scheme:light;${LIGHT}--page:#fff}}
*{box-sizing:border-box}
body{margin:0 auto;padding:32px 24px 64px;max-width:1080px;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
h1{margin:0 0 4px;font-size:15px;font-weight:600;color:var(--soft)}
h2{margin:48px 0 12px;font-size:19px;line-height:1.3}
p{margin:0 0 12px;max-width:75ch}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
code.id{overflow-wrap:anywhere}
pre{margin:0 0 12px;padding:12px 16px;background:var(--surface);border-radius:6px;overflow-x:auto}
figure{margin:0;position:relative}
svg{display:block;width:100%;height:auto;font-family:inherit;overflow:visible}
svg text{fill:var(--ink)}
.note,figcaption,caption,.empty{color:var(--soft);font-size:13.5px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.verdict{margin:0 0 24px;max-width:none;font-size:23px;line-height:1.4;text-wrap:pretty}
.worked strong{color:var(--good)}
.no-gain strong{color:var(--bad)}
.warnings{margin:0 0 24px;padding:10px 16px 10px 32px;background:var(--warn);border-left:4px solid var(--warn-edge);border-radius:4px}
.warnings li{padding:2px 0}
dl,dd{margin:0}
dt{color:var(--soft);font-size:13px}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;margin:0 0 24px;background:var(--rule);border:1px solid var(--rule);border-radius:8px;overflow:hidden}
.figures>div{padding:12px 16px;background:var(--page)}
.figures dd{font-size:26px;font-weight:600;line-height:1.3}
.figures dd.note{font-size:13px;font-weight:400}
.facts{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:10px 24px}
.facts .long{grid-column:span 2}

${classes}
.quiet{--c:var(--quiet)}
.byzantine{--c:var(--bad)}
.pooled,.alone{--c:var(--ink)}
.mean-label{--c:var(--accent)}
.grid{stroke:var(--rule);stroke-width:1;fill:none}
svg .tick{fill:var(--soft);font-variant-numeric:tabular-nums}
.reference{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:6 4;fill:none}
.reference.alone{stroke-dasharray:2 4}
.band{fill:var(--accent);opacity:.13}
.mean{pointer-events:none;fill:none;stroke:var(--accent);stroke-width:3;stroke-linejoin:round}
.line polyline{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line .end{fill:var(--c)}
.line.byzantine polyline{stroke-width:1.5;stroke-dasharray:1 4}
.line.quiet polyline{stroke-width:1;opacity:.3}
.line.quiet .end{opacity:0}
.cross{fill:none;stroke:var(--bad);stroke-width:2.5;stroke-linecap:round}
.line.model{--c:var(--accent)}
.line.model polyline{stroke-width:3}
.mark path{stroke:var(--page);stroke-width:1}
.mark.came path{fill:var(--good)}
.mark.went path{fill:var(--bad)}
.steps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(420px,100%),1fr));gap:24px 40px}
.quantity{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
.dot{fill:var(--accent);opacity:0}
.dot:hover{opacity:1}
.bins{list-style:none;margin:0 0 12px;padding:0;max-width:560px;font-variant-numeric:tabular-nums}
.bins li{display:grid;grid-template-columns:11em 1fr;gap:12px;align-items:center}
.bins .name{text-align:right;color:var(--soft);font-size:13px}
.label path{fill:none;stroke:var(--c);stroke-width:1;opacity:.55}
.label .swatch{stroke-width:3;opacity:1}
.label.byzantine .swatch{stroke-width:2;stroke-dasharray:1 3}
.label.pooled .swatch{stroke-width:2;stroke-dasharray:4 2}
.label.alone .swatch{stroke-width:2;stroke-dasharray:2 2}
.label text{font-variant-numeric:tabular-nums}
.chart.narrow{display:none}
.accuracy figcaption{margin-top:8px}
.marking .line{opacity:.25}
.marking .line.marked{opacity:1}
.line.marked polyline{stroke-width:3.5;opacity:1}
.line.quiet.marked{--c:var(--ink)}
.label.marked text{font-weight:700}
.readout{position:absolute;padding:4px 8px;background:var(--ink);color:var(--page);border-radius:4px;font-size:13px;white-space:nowrap;pointer-events:none}
.readout[hidden]{display:none}

.key{display:flex;gap:20px;margin-bottom:8px;font-size:13.5px}
.key span::before{content:"";display:inline-block;width:12px;height:8px;margin-right:6px;border-radius:2px;background:var(--k)}
.sent{--k:var(--accent)}
.received{--k:var(--second)}
.bytes{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(420px,100%),1fr));column-gap:40px;font-variant-numeric:tabular-nums}
.bytes li{display:grid;grid-template-columns:8.6em 1fr;gap:12px;align-items:center;padding:4px;break-inside:avoid;border-radius:4px}
.bytes .name small{display:block;color:var(--soft);font-size:12px}
.bar{display:flex;align-items:center;gap:8px;height:18px}
.bar i{height:10px;min-width:1px;border-radius:0 3px 3px 0;background:var(--k)}
.bar b{font-weight:400;font-size:12.5px;white-space:nowrap}
.bytes.dense{grid-template-columns:repeat(auto-fill,minmax(min(300px,100%),1fr))}
.bytes.dense li{grid-template-columns:4.6em 1fr;padding:2px 4px}
.bytes.dense small{display:none}
.bytes.dense .bar{height:13px;font-size:11.5px}
.bytes.dense .bar i{height:7px}
.bytes.dense .bar b{font-size:inherit}

.pair{display:grid;grid-template-columns:minmax(0,460px) minmax(0,1fr);gap:0 56px;align-items:start}
.edges{fill:none;stroke:var(--quiet);opacity:.45}
.spokes{fill:none;stroke:var(--accent);stroke-width:2;visibility:hidden}
.node:hover .spokes,.node.marked .spokes{visibility:visible}
.disc{fill:var(--page)}
.dial{fill:none;stroke:var(--rule)}
.held path,.held circle{fill:none;stroke:var(--heat)}
.node.marked .disc,.node:hover .disc{fill:var(--surface)}
.rim{fill:none;stroke:var(--bad);stroke-width:2;stroke-dasharray:2 3}
.node.died .dial{stroke-dasharray:3 3}
.node.died .held{opacity:.45}
.node.marked text{font-weight:700}
.topology figcaption{display:flex;gap:16px;align-items:center;margin-top:12px}
.dial-key{flex:none;width:112px;font-size:10px}
.dial-key .centre{fill:var(--soft)}

table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:8px}
.heat{width:100%;table-layout:fixed;font-size:12.5px}
.heat th{padding:2px;white-space:nowrap;font-weight:400;color:var(--soft);text-align:center}
.heat thead th.corner{width:5.6em;padding-right:8px;text-align:right;font-size:11px;white-space:normal}
.heat tbody th{text-align:right;padding-right:8px}
.heat td{height:30px;padding:0;border:1px solid var(--page);background:var(--surface);text-align:center}
.heat td.held{background:color-mix(in srgb,var(--heat) var(--p),var(--surface));color:var(--ink)}
.heat td.middle{color:var(--on-middle)}
.heat td.strong{color:var(--on-heat)}
.heat.dense thead th:not(.corner){padding:2px 0;text-align:left}
.heat.dense td{height:22px}
.heat.dense td span{display:none}
.heat td.marked,.bytes li.marked,.nodes tr.marked td{box-shadow:inset 0 0 0 1px var(--soft)}
.bytes li.marked,.nodes tr.marked td{box-shadow:none;background:var(--surface)}
.scroll{overflow-x:auto}
.nodes{width:100%;font-size:14px}
.nodes th,.nodes td{padding:6px 10px;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}
.nodes th{color:var(--soft);font-weight:600;font-size:13px;border-bottom-color:var(--quiet)}
.nodes .text{text-align:left}
.nodes tr.byzantine td:last-child{color:var(--bad)}
.nodes tr.died td:last-child{color:var(--bad);font-weight:600}
summary{cursor:pointer;padding:4px 0;font-weight:600}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}

@media (max-width:860px){.pair{grid-template-columns:minmax(0,1fr)}.topology{max-width:460px}}
@media (max-width:640px){
body{padding:20px 16px 48px}
.verdict{font-size:19px}
.figures{grid-template-columns:1fr 1fr}
.figures dd{font-size:21px}
.facts{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px 16px}
.chart.wide{display:none}
.chart.narrow{display:block}
.heat{font-size:10px}
.heat thead th.corner{width:4.6em;font-size:9px}
}
@media print{
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{padding:0;max-width:none;font-size:10pt}
h2{margin-top:24px}
.verdict{font-size:15pt}
.pair{grid-template-columns:1fr 1fr;gap:0 32px}
h2{break-after:avoid}
figure,.figures,.heat,.nodes tr{break-inside:avoid}
.scroll{overflow:visible}
.nodes{font-size:8pt}
.nodes th,.nodes td{padding:3px 5px}
pre{white-space:pre-wrap}
}
`
