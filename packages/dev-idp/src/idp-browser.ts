const MAX_STEPS = 12

/** Where a sign-in ended, and what it brought: a form's fields, or the parameters of a redirect. */
export interface SignInResult {
  target: string
  fields: Record<string, string>
  way: 'form_post' | 'redirect'
}

/** A browser as far as signing in goes; it keeps cookies marked `Secure` on loopback too, as browsers do. */
export interface IdpBrowser {
  /** Walks from an authorisation URL to the answer for the client, filling in the login form where one is shown. */
  signIn(username: string, password: string, authorizationUrl: string): Promise<SignInResult>
  /** One request with the browser's cookies, a POST if there is a form; redirects are not followed. */
  open(url: string, form?: Record<string, string>): Promise<Response>
}

export function idpBrowser(): IdpBrowser {
  const cookies = new Map<string, { value: string; path: string }>()

  const request = async (url: URL, form?: URLSearchParams) => {
    const sent = [...cookies].filter(([, cookie]) => url.pathname.startsWith(cookie.path))
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; '), accept: 'text/html' },
      ...(form && { method: 'POST', body: form }),
    })
    for (const line of response.headers.getSetCookie()) store(cookies, line)
    return response
  }

  return {
    open: (url, form) => request(new URL(url), form && new URLSearchParams(form)),
    async signIn(username, password, authorizationUrl) {
      const idp = new URL(authorizationUrl).origin
      const attempts = [{ username, password, credentialId: '' }]
      const attempt = () => {
        const fields = attempts.pop()
        if (fields === undefined)
          throw new Error(`${username} was not signed in: the form came again, for an unknown name or another password`)
        return fields
      }
      let response = await request(new URL(authorizationUrl))
      for (let step = 0; step < MAX_STEPS; step++) {
        const next = await nextStep(response)
        if (next.url.origin !== idp) return resultOf(next)
        const fields = next.isLogin ? attempt() : next.fields
        response = await request(next.url, fields && new URLSearchParams(fields))
      }
      throw new Error('the sign-in did not come to an end')
    },
  }
}

interface Step {
  url: URL
  /** Of a form; a redirect has none. */
  fields?: Record<string, string>
  isLogin: boolean
}

async function nextStep(response: Response): Promise<Step> {
  const page = await response.text()
  const location = response.headers.get('location')
  if (location !== null) return { url: new URL(location, response.url), isLogin: false }
  const form = readForm(page)
  if (form === undefined) throw new Error(`the sign-in ended on a page without a form, status ${response.status}`)
  return { ...form, url: new URL(form.action, response.url) }
}

function resultOf({ url, fields }: Step): SignInResult {
  if (fields !== undefined) return { target: url.href, fields, way: 'form_post' }
  const parameters = new URLSearchParams(url.hash === '' ? url.search : url.hash.slice(1))
  return { target: url.origin + url.pathname, fields: Object.fromEntries(parameters), way: 'redirect' }
}

function store(cookies: Map<string, { value: string; path: string }>, line: string): void {
  const [pair = '', ...attributes] = line.split(/;\s*/)
  const [name = '', ...value] = pair.split('=')
  const named = Object.fromEntries(attributes.map((text) => text.toLowerCase().split('=')))
  const isOver = named['max-age'] === '0' || (named.expires !== undefined && Date.parse(named.expires) < Date.now())
  const path = attributes.find((text) => /^path=/i.test(text))?.slice('path='.length) ?? '/'
  if (isOver) cookies.delete(name)
  else cookies.set(name, { value: value.join('='), path })
}

function readForm(page: string): { action: string; fields: Record<string, string>; isLogin: boolean } | undefined {
  const tag = /<form\b[^>]*>/i.exec(page)?.[0]
  const action = tag && attribute(tag, 'action')
  if (tag === undefined || action === undefined) return undefined
  const inputs = (page.match(/<input\b[^>]*>/gi) ?? []).flatMap((input): [string, string][] => {
    const name = attribute(input, 'name')
    return name === undefined ? [] : [[name, attribute(input, 'value') ?? '']]
  })
  return { action, fields: Object.fromEntries(inputs), isLogin: attribute(tag, 'id') === 'kc-form-login' }
}

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1]
  return value?.replace(/&(?:#(\d+)|#x([\da-f]+)|(amp|lt|gt|quot));/gi, (_, decimal, hex, word) => {
    if (word) return { amp: '&', lt: '<', gt: '>', quot: '"' }[word as string] ?? ''
    return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16))
  })
}
