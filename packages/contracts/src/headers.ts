/** The headers of DESIGN §4.1, lower-case. */
export const X_USER_SUB = 'x-user-sub'
export const X_TENANT_ID = 'x-tenant-id'
export const X_SERVICE_CONTEXT = 'x-service-context'
/** Whom the gateway takes for the caller, behind the proxies it trusts; set by the gateway alone. */
export const X_REAL_IP = 'x-real-ip'
export const X_REQUEST_ID = 'x-request-id'
export const X_INTERNAL_KEY = 'x-internal-key'
export const TRACEPARENT = 'traceparent'
/** HMAC-SHA256 over a canonical JSON body, base64url without padding: relay to chatbot, and chatbot to relay. */
export const X_RELAY_SIGNATURE = 'x-relay-signature'
/** Set in the skill's settings at Kakao, which shows it to the chatbot. */
export const X_KAKAO_SKILL_SECRET = 'x-kakao-skill-secret'
