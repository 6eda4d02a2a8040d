/** What a sign-in brought along in the address. */
export interface Arrival {
  token?: string
  code?: string
}

/** Takes `?token=` and `?code=` out of the address at once, so that neither history nor a copied link holds them. */
export function takeArrival(
  location: Pick<Location, 'href'>,
  history: Pick<History, 'replaceState' | 'state'>,
): Arrival {
  const url = new URL(location.href)
  const token = url.searchParams.get('token')
  const code = url.searchParams.get('code')
  if (token === null && code === null) return {}
  url.searchParams.delete('token')
  url.searchParams.delete('code')
  history.replaceState(history.state, '', `${url.pathname}${url.search}${url.hash}`)
  return { ...(token && { token }), ...(code && { code }) }
}
