/** What a sign-in, or a link to set a password, brought along in the address. */
export interface Arrival {
  token?: string
  code?: string
  resetToken?: string
}

/** Takes `?token=`, `?code=` and `#token=` out of the address at once, so that neither history nor a copied link holds them. */
export function takeArrival(
  location: Pick<Location, 'href'>,
  history: Pick<History, 'replaceState' | 'state'>,
): Arrival {
  const url = new URL(location.href)
  const token = url.searchParams.get('token')
  const code = url.searchParams.get('code')
  const resetToken = resetTokenIn(url)
  if (token === null && code === null && resetToken === null) return {}
  url.searchParams.delete('token')
  url.searchParams.delete('code')
  if (resetToken !== null) url.hash = ''
  history.replaceState(history.state, '', `${url.pathname}${url.search}${url.hash}`)
  return { ...(token && { token }), ...(code && { code }), ...(resetToken && { resetToken }) }
}

/** A link opened where the page is already shown changes what stands behind # and loads nothing: it begins anew. */
export function watchForLinks(window: Window): void {
  window.addEventListener('hashchange', () => {
    if (resetTokenIn(window.location) !== null) window.location.reload()
  })
}

const resetTokenIn = ({ hash }: Pick<Location, 'hash'>): string | null =>
  new URLSearchParams(hash.slice(1)).get('token')
