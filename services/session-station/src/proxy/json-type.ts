const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** Of a content type, its parameters included. */
export const isJsonType = (contentType = ''): boolean => JSON_TYPE.test(contentType)
