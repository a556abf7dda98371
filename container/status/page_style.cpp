#include "status/page_parts.hpp"

namespace shoal::status {

const std::string_view kPageStyleHash = "sha256-gQag8477ghPdTOoODQu/1CwP95+/bO0QPgm9usryHoU=";

const std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --sheet: #fff; --ink: #1d2327; --soft: #626b72; --line: #e5e3de;
  --good: #1f7a46; --note: #35648f; --warning: #8a5800; --broken: #b3232b;
  --good-wash: #eaf5ee; --note-wash: #edf2f7; --warning-wash: #fdf3dd; --broken-wash: #fdecec;
  --idle: #d8d6d0; --busy: #3d7fb8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --sheet: #1b1f23; --ink: #dfe3e6; --soft: #929ba3; --line: #2c3237;
    --good: #6cc492; --note: #8db9e2; --warning: #e5b45b; --broken: #f28b8b;
    --good-wash: #17281f; --note-wash: #1c2630; --warning-wash: #2e2614; --broken-wash: #351d1f;
    --idle: #3a4147; --busy: #5b9bd5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.25rem 1rem 2rem; max-width: 76rem;
  background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
}
p, dl, dd, ul { margin: 0; padding: 0; }
h1, h2 { font-weight: 600; margin: 0; }
h1 { font-size: 1.15rem; }
h1 small, small { font-weight: 400; color: var(--soft); font-size: .85em; }
section > h2 { font-size: .95rem; margin: 1.6rem 0 .45rem; }
code { font: .88em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
td, th, li, p, dd { unicode-bidi: isolate; }
/* Names do not wrap: a wide table scrolls. Only requests and stacks may wrap anywhere. */
.scroll, li p, header p, footer p { overflow-x: auto; }
.long code, .place code { overflow-wrap: anywhere; }
a { color: var(--note); }
header { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; align-items: baseline; }
header p { color: var(--soft); }
header .path { margin-left: auto; }
.none, footer, noscript { color: var(--soft); }
.good { --tone: var(--good); --wash: var(--good-wash); }
.note { --tone: var(--note); --wash: var(--note-wash); }
.warning { --tone: var(--warning); --wash: var(--warning-wash); }
.broken { --tone: var(--broken); --wash: var(--broken-wash); }

#health, #past ul { margin: .9rem 0; padding: 0; }
#health > h2, #health li, #past li {
  list-style: none; margin: 0 0 .35rem; padding: .6rem .9rem; border-radius: 6px;
  background: var(--wash); border-left: 4px solid var(--tone);
}
#health > h2 { font-size: 1.05rem; color: var(--tone); }
#health > h2::first-letter { text-transform: uppercase; }
#health .title { font-weight: 600; color: var(--tone); }
#health .broken .title { font-size: 1.05rem; }
#health li, #past li {
  display: grid; grid-template-columns: minmax(16rem, 2fr) minmax(0, 3fr); gap: .1rem 1.5rem;
}
#past ul { margin-top: 0; }
#past li { --wash: var(--sheet); color: var(--soft); }
#past .title { font-weight: 600; }

dl {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr));
  background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; overflow: hidden;
}
dl > div { padding: .5rem .9rem; box-shadow: 1px 1px 0 var(--line); }
dt { color: var(--soft); font-size: .82rem; }
dd { font-size: 1.15rem; }
dd small { white-space: nowrap; }

.scroll { background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; }
table { width: 100%; border-collapse: separate; border-spacing: 0; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: baseline; }
th:first-child, td:first-child { padding-left: .9rem; }
thead th { font-size: .82rem; font-weight: 400; color: var(--soft); white-space: nowrap; }
tbody th, tbody td { border-top: 1px solid var(--line); }
tbody th { font-weight: 600; }
tbody th, tbody td { white-space: nowrap; }
tbody th.long { font-weight: 400; white-space: normal; min-width: 14rem; }
tbody .place td { border-top: 0; padding-top: 0; white-space: normal; color: var(--soft); }
time { white-space: nowrap; }
.n { text-align: right; white-space: nowrap; }
b.warning { font-weight: 600; color: var(--tone); }
.chip { white-space: nowrap; }
.chip span {
  padding: .1rem .5rem; border-radius: 1rem; font-size: .85rem;
  color: var(--tone); background: var(--wash);
}
details { margin-bottom: .3rem; }
summary { cursor: pointer; color: var(--soft); padding: .15rem 0; }
summary b { font-weight: 600; color: var(--ink); }
.id { color: var(--soft); }
.squares { display: inline-flex; flex-wrap: wrap; gap: 3px; vertical-align: -1px; }
.squares i { width: 11px; height: 11px; border-radius: 2px; background: var(--busy); }
.squares .idle { background: var(--idle); }
.squares .waiting { background: none; border: 2px solid var(--busy); }
.squares .long { background: var(--warning); }
footer { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin-top: 1.6rem; font-size: .88rem; }
footer p:last-child { margin-left: auto; }
footer a { margin-left: .8rem; }
noscript p { margin-top: .4rem; font-size: .88rem; }
#gone {
  position: sticky; top: .5rem; z-index: 1; margin-bottom: .9rem; padding: .6rem .9rem;
  border-radius: 6px; font-weight: 600; color: #fff; background: #a51d26;
}
#gone:not([hidden]) ~ main { opacity: .65; }

@media (max-width: 52rem) {
  body { padding: .8rem .7rem 1.5rem; }
  header .path, footer p:last-child { margin-left: 0; }
  footer a { margin: 0 .8rem 0 0; }
  dl { grid-template-columns: repeat(auto-fit, minmax(6.2rem, 1fr)); }
  dl > div { padding: .4rem .7rem; }
  #health li, #past li { display: block; }
  .cards, .cards tbody { display: block; }
  .cards thead { display: none; }
  .cards tr {
    display: grid; grid-template-columns: repeat(auto-fill, minmax(6.2rem, 1fr));
    gap: .25rem .8rem; padding: .6rem .8rem; border-top: 1px solid var(--line);
  }
  .cards tr:first-child { border-top: 0; }
  .cards th, .cards td {
    display: block; padding: 0; border: 0; text-align: left; overflow-x: auto; min-width: 0;
  }
  tbody .place { border-top: 0; padding-top: 0; }
  .cards th { grid-column: 1 / -2; }
  .cards .chip { justify-self: end; grid-column: -2; }
  .cards .more, .cards .long { grid-column: 1 / -1; }
  .cards .wide { grid-column: span 2; }
  .cards td:empty, .cards .aside { display: none; }
  .cards [data-is]::before {
    content: attr(data-is); display: block; color: var(--soft); font-size: .8rem;
  }
}
)css";

}  // namespace shoal::status
