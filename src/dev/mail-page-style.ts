/** Of the pages at /dev/mail: the browser's own fonts and colours, light or dark as the system is. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#e3e3e6, #333338); --soft: light-dark(#5f5f68, #a5a5ae);
  --card: light-dark(#fff, #1e1e22); --page: light-dark(#f6f6f7, #141417); --accent: light-dark(#2e5e4e, #8fcbb5) }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { max-width: 54rem; margin: 0 auto; padding: 2rem 1rem 4rem }
header { margin-bottom: 1.5rem }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em }
h2 { margin: 2rem 0 .5rem; font-size: .875rem; color: var(--soft); font-weight: 600 }
header p { margin: .25rem 0 0; color: var(--soft) }
a { color: var(--accent) }
nav { margin-bottom: 1rem }
nav a { text-decoration: none }
ol, dl, pre, iframe, .notice, .empty { background: var(--card); border: 1px solid var(--line); border-radius: .625rem }
ol { list-style: none; margin: 0; padding: 0; overflow: hidden }
ol:empty { display: none }
li + li { border-top: 1px solid var(--line) }
li a { display: block; padding: .75rem 1rem; color: inherit; text-decoration: none }
li a:hover, li a:focus-visible { background: color-mix(in srgb, var(--accent) 8%, transparent) }
li strong { display: block; font-weight: 600 }
.meta { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem }
.meta, .preview, .files { color: var(--soft); font-size: .875rem }
.notice, .empty { padding: .75rem 1rem; margin: 0 0 1rem }
.notice { border-color: var(--accent) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; padding: .75rem 1rem }
dt { color: var(--soft) }
dd { margin: 0 }
pre { margin: 0; padding: 1rem; white-space: pre-wrap; font: .875rem/1.5 ui-monospace, monospace }
iframe { display: block; width: 100%; height: 60vh; resize: vertical }
details { margin-top: 2rem }
summary { color: var(--soft); cursor: pointer; margin-bottom: .5rem }
`;
