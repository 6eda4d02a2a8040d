// Everything that a document says is put in as text: a service must not be able to write this page.
const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head']

function element(name, attributes, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  node.append(...children)
  return node
}

const json = (value) => element('pre', {}, element('code', {}, JSON.stringify(value, null, 2)))

function resolve(value, schemas) {
  if (Array.isArray(value)) return value.map((item) => resolve(item, schemas))
  if (typeof value !== 'object' || value === null) return value
  const name = typeof value.$ref === 'string' ? value.$ref.split('/').at(-1) : undefined
  // One level: a schema that holds itself must not be followed for ever.
  if (name !== undefined && schemas[name] !== undefined) return { $ref: name, ...schemas[name] }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, schemas)]))
}

function part(title, value, schemas) {
  return value === undefined ? [] : [element('h4', {}, title), json(resolve(value, schemas))]
}

const SAYING = {
  'x-permission': (permission) => `permission ${permission}`,
  'x-case-role': (roles) => `in the case the role ${roles.join(' or ')}`,
  'x-section': ({ id, level }) => `section ${id} at level ${level}`,
  'x-superuser': () => 'to be a superuser',
  'x-own-login': () => 'a login of one’s own, no API key',
  'x-any-of': (ways) => ways.map((way) => rights(way).join(' and ')).join(', or '),
}

const rights = (says) =>
  Object.entries(says)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => SAYING[name]?.(value) ?? `${name} ${JSON.stringify(value)}`)

function tokenNeed(security) {
  if (security.length === 0) return 'no token'
  return security.some((scheme) => Object.keys(scheme).length === 0)
    ? 'no token, though one that comes counts'
    : 'a token'
}

function operation(path, method, says, { schemas, security }) {
  const { summary, description, parameters, requestBody, responses } = says
  const needs = [tokenNeed(says.security ?? security), ...rights(says)]
  return element(
    'details',
    {},
    element(
      'summary',
      {},
      element('code', { class: 'method' }, method.toUpperCase()),
      element('code', {}, path),
      element('span', { class: 'note' }, summary ?? ''),
    ),
    ...(description === undefined ? [] : [element('p', {}, description)]),
    element('p', { class: 'needs' }, `Needs ${needs.join('; ')}.`),
    ...part('Parameters', parameters, schemas),
    ...part('Body', requestBody?.content, schemas),
    ...part('Answers', responses, schemas),
  )
}

function operations({ paths = {}, components = {}, security = [] }) {
  const schemas = components.schemas ?? {}
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) =>
      operation(path, method, item[method], { schemas, security }),
    ),
  )
}

async function load(module) {
  const address = `/api/${module}/openapi.json`
  const response = await fetch(address)
  if (!response.ok) return undefined
  const document = await response.json()
  const title = document.info?.title ?? module
  return element(
    'section',
    { id: module },
    element('h2', {}, title, ' ', element('a', { class: 'note', href: address }, 'openapi.json')),
    ...operations(document),
  )
}

const modules = await (await fetch('/docs/modules.json')).json()
const sections = await Promise.all(modules.map((module) => load(module).catch(() => undefined)))
for (const section of sections.filter((each) => each !== undefined)) {
  document.getElementById('modules').append(element('a', { href: `#${section.id}` }, section.id))
  document.getElementById('main').append(section)
}
