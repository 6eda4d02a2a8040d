/** One person's mapping, columns as source 002 names them; the tokens are sealed text, both there or both cleared. */
export interface UserMapRow {
  keycloak_sub: string
  kakao_id: string
  access_token: string | null
  refresh_token: string | null
  access_token_expires_at: Date | null
  /** Null where the offline token has no end, or was cleared. */
  refresh_token_expires_at: Date | null
  /** The IdP's time of the login; an older login never replaces a newer one. */
  login_at: Date
  /** Names the login that the tokens come from, through all their renewals. */
  login_id: string
  /** When the offline token was last used. */
  refreshed_at: Date
  /** When the chat was linked to this person. */
  created_at: Date
}

export interface SealedTokens {
  access_token: string
  refresh_token: string
  access_token_expires_at: Date
  refresh_token_expires_at: Date | null
  refreshed_at: Date
}

export type NewLink = SealedTokens & Pick<UserMapRow, 'keycloak_sub' | 'kakao_id' | 'login_at' | 'login_id'>

/** A place in the list of idle mappings, which is ordered by both. */
export type IdleMapping = Pick<UserMapRow, 'kakao_id' | 'refreshed_at'>

/** Who is who, one row per person; it sees sealed tokens only. The storage decides every race. */
export interface UserMap {
  findByChat(chatbotUser: string): Promise<UserMapRow | undefined>
  findBySub(sub: string): Promise<UserMapRow | undefined>
  /**
   * A new row, or a newer login in the row of the same pair, which ends a claim on it. The login that is there already is `linked`
   * and changes nothing: its tokens may have been renewed or cleared since.
   */
  link(link: NewLink): Promise<'linked' | 'sub-taken' | 'chat-taken' | 'older'>
  /** Binds the chat to another person in the same row, as a link made now, only while it is `formerSub`'s and its tokens are cleared. */
  rebind(link: NewLink, formerSub: string): Promise<'linked' | 'sub-taken' | 'changed'>
  /** The right to renew for `ms`, by the storage's own clock: the row as it is now; undefined while another holds it, or without a row. */
  claim(chatbotUser: string, owner: string, ms: number): Promise<UserMapRow | undefined>
  /** Stores renewed tokens and ends the claim; false where the claim is no longer the owner's. */
  storeTokens(chatbotUser: string, owner: string, tokens: SealedTokens): Promise<boolean>
  /** Clears the tokens and ends the claim; false where the claim is no longer the owner's. */
  clearTokens(chatbotUser: string, owner: string): Promise<boolean>
  release(chatbotUser: string, owner: string): Promise<void>
  /** Clears the tokens of this very login, whoever holds a claim; false where it is another login's by now. */
  endLogin(chatbotUser: string, loginId: string): Promise<boolean>
  remove(chatbotUser: string): Promise<UserMapRow | undefined>
  /** Mappings with tokens last used before then, longest idle first, after a place where one is given. */
  listIdle(before: Date, limit: number, after?: IdleMapping): Promise<IdleMapping[]>
}
