/** Of every page. Without quotes and angle brackets: it is escaped like any text. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f4f6f8; --card: #ffffff; --text: #16202a; --soft: #55636f; --line: #7d8a95;
  --main: #0b5cad; --on-main: #ffffff; --bad: #a8201a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #10161c; --card: #19222b; --text: #e8eef3; --soft: #a9b7c3; --line: #6f7f8c;
    --main: #7cb8f5; --on-main: #0a1622; --bad: #ff9c95;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
main {
  max-width: 26rem; margin: 6vh auto 0; padding: 1.5rem; background: var(--card);
  border-radius: .75rem; box-shadow: 0 1px 4px rgb(0 0 0 / .2);
}
h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.25; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; }
input {
  width: 100%; padding: .6rem .7rem; border: 1px solid var(--line); border-radius: .4rem;
  background: transparent; color: inherit; font: inherit;
}
button, a.button {
  display: block; width: 100%; margin-top: 1rem; padding: .65rem 1rem; border: 1px solid var(--main);
  border-radius: .4rem; background: var(--main); color: var(--on-main);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
}
button.plain, a.button.plain { background: transparent; color: var(--main); }
a { color: var(--main); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.brand { margin: 0; color: var(--soft); font-weight: 600; letter-spacing: .04em; }
.problem { padding: .6rem .8rem; border-left: 4px solid var(--bad); color: var(--bad); font-weight: 600; }
.or { margin: 1.25rem 0 0; color: var(--soft); text-align: center; }
.code { margin: 1rem 0; font: 700 1.6rem/1.2 ui-monospace, monospace; letter-spacing: .1em; text-align: center; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
`
