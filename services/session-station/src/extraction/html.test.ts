import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answer, found } from './answer.fixture.ts'
import { READABLE_BYTES } from './answer-text.ts'
import { parseHtml } from './html.ts'
import { countedTree, firstMatch, selectorFault } from './selector.ts'

const html = (page: string | Uint8Array, key_path: string, attribute?: string, type = 'text/html') =>
  found({ source: 'html', key_path, ...(attribute !== undefined && { attribute }) }, answer(page, type))

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

test('the value of a hidden input is found, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\0\ufffd]/.test(text)),
      (value) => {
        const page = `<!doctype html><form><input type="hidden" name="csrf" value="${escaped(value)}"><input name=user></form>`

        assert.equal(html(page, 'input[name="csrf"]'), value)
      },
    ),
  )
})

for (const [page, selector, value] of [
  ['<meta name=csrf-token content=abc>', 'meta[name=csrf-token]', 'abc'],
  ['<button name=t value=abc>Go</button>', '[name=t]', 'abc'],
  ['<textarea id=t>\n a&lt;b </textarea>', '#t', 'a<b'],
  ['<select name=s><option value=1>one<option value=2 selected>two</select>', 'select', '2'],
  ['<select name=s><optgroup><option>one</optgroup></select>', 'select', 'one'],
  ['<select><option value=1>one</select>', 'option', '1'],
  ['<script id=boot>window.csrf = "x"</script>', '#boot', 'window.csrf = "x"'],
  ['<p>one <b>two</b></p>', 'p', 'one two'],
  ['<input name=t value="">', 'input', ''],
  ['<input name=t>', 'input', undefined],
  ['<noscript><input name=t value=abc></noscript>', 'input', 'abc'],
  ['<!-- <input value=no> --><input value=yes>', 'input', 'yes'],
  ['<svg><![CDATA[<input value=no>]]></svg><input value=yes>', 'input', 'yes'],
  ['<template><input value=no></template><input value=yes>', 'input', 'yes'],
  ['<script>"<input value=no>"</script><input value=yes>', 'input', 'yes'],
  ['<base href="https://evil.example/"><form><input value=yes', 'input', undefined],
  ['<table><input value=yes><tr><td>', 'input', 'yes'],
  ['<p><b><p>un</b>closed<input value=yes>', 'body input', 'yes'],
  ['<INPUT NAME=T VALUE=yes>', 'input[name=T]', 'yes'],
  ['<input value=first value=second>', 'input', 'first'],
  ['<input value="a&amp;b&#x26;c&notanentity;">', 'input', 'a&b&c&notanentity;'],
  ['not a page at all', 'input', undefined],
  ['', 'input', undefined],
] as const) {
  test(`${selector} finds ${value === undefined ? 'nothing' : JSON.stringify(value)} in ${page.slice(0, 60)}`, () => {
    assert.equal(html(page, selector), value)
  })
}

test('an attribute can be asked for, own ones only', () => {
  assert.equal(html('<form action="/in?x=1&amp;y=2">', 'form', 'action'), '/in?x=1&y=2')
  assert.equal(html('<div data-token=abc>', 'div', 'DATA-TOKEN'), 'abc')
  for (const attribute of ['constructor', '__proto__', 'toString'])
    assert.equal(html('<div>', 'div', attribute), undefined)
})

test('a page in EUC-KR is read by its header or by its own meta element', () => {
  const page = (head: string) =>
    Buffer.concat([Buffer.from(`${head}<input value="`), Buffer.from('b1e8c4a1', 'hex'), Buffer.from('">')])

  assert.equal(html(page(''), 'input', undefined, 'text/html; charset=EUC-KR'), '김치')
  assert.equal(html(page('<html><head><meta charset="euc-kr">'), 'input'), '김치')
  assert.equal(
    html(page('<meta http-equiv=Content-Type content="text/html; charset=ks_c_5601-1987">'), 'input'),
    '김치',
  )
})

test('formatting that was not closed properly leaves no depth behind', () => {
  const page = `${'<b><p></b>x</p><a><i></a></i>'.repeat(2000)}<input value=yes>`

  assert.equal(html(page, 'input'), 'yes')
})

const whole = (text: string) => text.repeat(Math.ceil(READABLE_BYTES / text.length)).slice(0, READABLE_BYTES)
for (const [label, page, fault] of [
  ['elements without end', whole('<p>'), /more than 50000 elements/],
  ['elements in one another', whole('<div>'), /nested more than 512 deep/],
  ['templates in one another', whole('<template>'), /nested more than 512 deep/],
  ['drawings in one another', whole('<svg><g>'), /nested more than 512 deep/],
  [
    'formatting that multiplies',
    Array.from({ length: 400 }, (_, index) => `<p><b a=${index}>`).join('') + whole('<p>').slice(10_000),
    /more than 50000 elements/,
  ],
] as const) {
  test(`${label} are refused by their number`, () => {
    assert.throws(() => parseHtml(page), fault)
    assert.equal(html(`<input value=yes>${page.slice(100)}`, 'input'), undefined)
  })
}

test('a page of 5 MB is not read', () => {
  assert.equal(html(`<input value=yes>${'x'.repeat(5_000_000)}`, 'input'), undefined)
})

for (const [label, page] of [
  ['a comment that never ends', `<input value=yes>${whole('<!--').slice(100)}`],
  ['an attribute that never ends', `<input value=yes><a b="${whole('x').slice(100)}`],
  [
    'a hundred thousand attributes',
    `<input value=yes><a ${Array.from({ length: 100_000 }, (_, index) => `a${index}`).join(' ')}>`,
  ],
  ['a million characters like <', `<input value=yes>${whole('<').slice(100)}`],
  ['entities only', `<input value=yes>${whole('&CounterClockwiseContourIntegra').slice(100)}`],
  ['end tags of nothing', `<input value=yes>${whole('</b>').slice(100)}`],
] as const) {
  test(`${label} does not hide what came before`, () => {
    assert.equal(html(page, 'input'), 'yes')
  })
}

test('a selector that would take too long finds nothing, on whatever page', () => {
  const flat = '<p class="a b">x</p>'.repeat(40_000)
  const deep = '<div>'.repeat(500)

  for (const selector of ['p:nth-last-of-type(40001)', 'p:nth-child(1 of :has(~ b))', ':not(:nth-last-child(n+2)) ~ x'])
    for (const page of [flat, deep]) assert.equal(html(page, selector), undefined, selector)
  assert.throws(() => firstMatch(parseHtml(flat), 'p:nth-last-of-type(40001)', countedTree()), /too many steps/)
  assert.equal(html(`${flat}<input value=yes>`, 'p ~ input:nth-of-type(1)'), 'yes')
})

test('all selectors on one page share what may be spent on it', () => {
  const [page, tree] = [parseHtml('<p class="a b">x</p>'.repeat(40_000)), countedTree()]

  assert.equal(firstMatch(page, 'p', tree)?.name, 'p')
  assert.throws(() => firstMatch(page, 'p:nth-last-of-type(40001)', tree), /too many steps/)
  assert.throws(() => firstMatch(page, 'p', tree), /too many steps/)
})

for (const [selector, message] of [
  ['', /expected/],
  [' ', /expected/],
  ['input[name=', /no CSS selector/],
  ['input::before', /no CSS selector/],
  ['input:nonsense', /no CSS selector/],
  ['> input', /no CSS selector/],
  ['a||b', /no CSS selector/],
  ['svg|a', /no CSS selector/],
  [')', /no CSS selector/],
  ['a,', /no CSS selector/],
  ['a'.repeat(501), /at most 500/],
  [`${':not('.repeat(80)}a${')'.repeat(80)}`, undefined],
  ['form#login input[type="hidden"][name^=csrf]', undefined],
] as const) {
  test(`the selector ${selector.slice(0, 40) || '""'} is ${message ? 'refused' : 'taken'} when it is saved`, () => {
    const fault = selectorFault(selector)

    if (message) assert.match(fault ?? '', message)
    else assert.equal(fault, undefined)
  })
}

test('any text is a selector or is refused, and neither makes a page throw', () => {
  const near = fc.string({
    unit: fc.constantFrom(
      'a',
      'input',
      '*',
      ' ',
      '>',
      '~',
      '+',
      ':has(',
      ':not(',
      ')',
      '[',
      ']',
      '=',
      '"',
      '#',
      '.',
      ',',
      '\\',
      ':nth-child(2n)',
    ),
  })
  fc.assert(
    fc.property(near, (selector) => {
      if (selectorFault(selector) === undefined) html('<p><a><input value=x></a></p>', selector)
    }),
  )
})
