import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { html } from './html.ts'

describe('the template', () => {
  it('escapes whatever is put into it', () => {
    const { text } = html`<p title="${`"'<>&\``}">${'<b>'}</p>`
    expect(text).toBe('<p title="&quot;&#39;&lt;&gt;&amp;&#96;">&lt;b&gt;</p>')
  })

  it('leaves what it made itself, and nothing where there is nothing', () => {
    const items = ['a', '<'].map((item) => html`<li>${item}</li>`)
    expect(html`${items}${undefined}${0}`.text).toBe('<li>a</li><li>&lt;</li>0')
  })

  it('lets no value end the place that it stands in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const inside = html`${value}`.text
        expect(inside).not.toMatch(/[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/)
      }),
    )
  })
})
