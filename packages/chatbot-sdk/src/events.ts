export type RefreshOutcome = 'renewed' | 'ended' | 'disabled' | 'misconfigured' | 'unavailable'

/** What happened, for metrics and logs; never holds a token. */
export type ChatbotEvent =
  | { kind: 'refresh'; outcome: RefreshOutcome; reason?: string }
  | { kind: 'exchange'; outcome: 'exchanged' | 'refused' | 'unavailable'; reason?: string }
  | { kind: 'unauthorized_after_expiry' }
  | { kind: 'login_link_issued' }
  | { kind: 'linked' }
  | { kind: 'unlinked' }
  | { kind: 'logged_out' }
  | { kind: 'callback_refused'; reason: string }
