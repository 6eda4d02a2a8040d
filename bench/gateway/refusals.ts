import type { Contender } from './contenders/contender.ts'
import type { House } from './house.ts'

/** Equal work: whoever let a bad token through would be measured at less than the others do. */
export async function requireRefusals({ name, port, path }: Contender, house: House): Promise<void> {
  const url = `http://127.0.0.1:${port}${path}`
  const ask = async (token: string) => {
    const answer = await fetch(url, { headers: token === '' ? {} : { authorization: `Bearer ${token}` } })
    await answer.arrayBuffer()
    return answer.status
  }
  for (const [wrong, token] of Object.entries(await house.badTokens()))
    if ((await ask(token)) < 400) throw new Error(`${name} lets a request through: ${wrong}`)
  const [good = ''] = house.tokens(1)
  if ((await ask(good)) !== 200) throw new Error(`${name} refuses a good token`)
}
