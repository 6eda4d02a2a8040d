// Asks a relay for login links over HTTP, each signed with a nonce of its own where there is a secret.
import { randomUUID } from 'node:crypto'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { type Load, run } from '../load.ts'

export interface LinkLoad extends Load {
  clientKey: string
  secret?: string
}

process.on('message', async (load: LinkLoad) => process.send?.(await run(load, () => requestOf(load))))

function requestOf({ clientKey, secret, port }: LinkLoad): Buffer {
  const body = canonicalJson({
    chatbot_user_id: `사용자-${randomUUID()}`,
    callback_url: 'https://chatbot.example/users/callback',
    client_key: clientKey,
    ...(secret !== undefined && { ts: Math.floor(Date.now() / 1000), nonce: randomUUID() }),
  })
  const head = [
    'POST /issue_login_link HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(secret === undefined ? [] : [`${X_RELAY_SIGNATURE}: ${signatureOf(secret, body)}`]),
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
