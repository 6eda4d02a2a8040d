/** Status and the problem's slug, which is what a refusal promises. */
export const refusal = ({ status, body }: { status: number; body: { type?: string } }) =>
  [status, body.type?.replace('/problems/', '')] as const

/** The same of an answer that is not yet read. */
export const refusalOf = async (response: Response) =>
  refusal({ status: response.status, body: (await response.json()) as { type?: string } })
