#include "layout/style.hpp"

namespace aquarium::layout {
namespace {

// Colours for light and for dark mode. Each text has a contrast of at least 4.5 to 1.
constexpr std::string_view kStyle = R"css(
:root {
  color-scheme: light dark;
  --water: #eef7f9; --foam: #fff; --ink: #0b2c38; --soft: #41626e; --line: #c5dde3;
  --accent: #0a6a83; --on-accent: #fff; --alarm: #a3261c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --water: #061c25; --foam: #0c2a36; --ink: #dcf0f5; --soft: #9dbcc6; --line: #1e4653;
    --accent: #6cd0e6; --on-accent: #05202a; --alarm: #ff9d8f;
  }
}
* { box-sizing: border-box }
body {
  margin: 0 auto; padding: 0 1.25rem; max-width: 46rem; min-height: 100vh;
  display: flex; flex-direction: column;
  font: 1.0625rem/1.65 system-ui, sans-serif; color: var(--ink); background: var(--water);
}
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 2rem; padding: 1.25rem 0 }
.brand { margin: 0 auto 0 0; font-weight: 700; letter-spacing: .02em; color: var(--accent) }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0; padding: 0; list-style: none }
nav a { display: block; padding: .3rem .8rem; border-radius: 2rem; text-decoration: none }
nav a:hover { background: var(--foam) }
nav a[aria-current] { background: var(--accent); color: var(--on-accent) }
main { flex: 1 }
h1 { margin: 1rem 0; font-size: clamp(1.9rem, 6vw, 2.8rem); line-height: 1.15; text-wrap: balance }
h2 { margin: 2rem 0 .5rem; font-size: 1.25rem }
a { color: var(--accent) }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--foam) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .3rem }
code { font: .92em/1.5 ui-monospace, monospace }
pre {
  padding: .8rem 1rem; overflow-x: auto;
  background: var(--foam); border: 1px solid var(--line); border-radius: .6rem;
}
figure { margin: 1.5rem 0 }
figcaption { margin-top: .5rem; font-size: .95rem; color: var(--soft) }
figure svg { display: block; width: 100%; height: auto; border-radius: 1rem }
dt { font-weight: 600 }
dd { margin: 0 0 .8rem }
form p { margin: 0 0 1.1rem }
label { display: block; font-weight: 600 }
input, textarea {
  width: 100%; padding: .55rem .7rem; font: inherit; color: inherit;
  background: var(--foam); border: 1px solid var(--soft); border-radius: .5rem;
}
[aria-invalid=true] { border-color: var(--alarm) }
.wrong { display: block; color: var(--alarm) }
.note { padding: .8rem 1rem; background: var(--foam); border-left: .3rem solid var(--accent) }
.note.wrong { border-color: var(--alarm) }
button {
  padding: .55rem 1.4rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 0; border-radius: 2rem;
}
footer {
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 2rem;
  margin-top: 3rem; padding: 1rem 0; border-top: 1px solid var(--line);
  font-size: .95rem; color: var(--soft);
}
footer p { margin: 0 }
)css";

}  // namespace

std::string_view style() { return kStyle; }

}  // namespace aquarium::layout
