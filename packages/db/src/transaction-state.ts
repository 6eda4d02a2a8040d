/** `committed`: by its last statement, after which none is taken. */
export type TransactionState = 'none' | 'open' | 'committed'

/** @throws Error for a statement after the last one, and for a last one (`commits`) outside a transaction */
export function assertTakesStatement(state: TransactionState, commits: boolean): void {
  if (state === 'committed' || (commits && state === 'none')) throw new Error('there is no transaction')
}
