/** A token with these claims that nobody signed. */
export const unsignedToken = (claims: object): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
