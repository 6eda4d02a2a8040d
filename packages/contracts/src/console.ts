/** Pages of the console that mails and links of other services lead to; `#token=` stands behind the second. */
export const WAITING_PEOPLE_PATH = '/people/waiting'
export const NEW_PASSWORD_PATH = '/reset-password'
