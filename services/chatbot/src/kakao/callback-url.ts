/**
 * A skill request's callback URL, if answers may go there: https, to one of `hosts` (`name` or `name:port`), with nothing in it
 * that could be read as another host.
 */
export function allowedCallback(text: string | null | undefined, hosts: ReadonlySet<string>): string | undefined {
  const url = URL.parse(text ?? '')
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined
  return hosts.has(url.host) ? url.href : undefined
}
