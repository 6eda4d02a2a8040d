/** Of rows that were read with `limit + 1`: the first `limit` of them, and the last of those where there is a further page. */
export const pageOf = <Row>(rows: Row[], limit: number): [page: Row[], lastBeforeMore: Row | undefined] => [
  rows.slice(0, limit),
  rows.length > limit ? rows[limit - 1] : undefined,
]
