/** Of rows read with one more than `limit`: the first `limit`, and the last of these where more follow. */
export const pageOf = <Row>(rows: Row[], limit: number): [page: Row[], lastBeforeMore: Row | undefined] => [
  rows.slice(0, limit),
  rows.length > limit ? rows[limit - 1] : undefined,
]
