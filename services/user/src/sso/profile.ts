/** For each fact of a person the claims it may come from, the first one present counts. */
export interface ProfileClaims {
  user_id: string[]
  email: string[]
  username_kr: string[]
  username_en: string[]
  deptname_kr: string[]
  deptname_en: string[]
}

/** What the IdP says of a person; a fact it does not tell is absent, and what is stored of it stays. */
export type Profile = Partial<Record<keyof ProfileClaims, string>>

const MAX_LENGTH: Record<keyof ProfileClaims, number> = {
  user_id: 150,
  email: 254,
  username_kr: 150,
  username_en: 150,
  deptname_kr: 100,
  deptname_en: 100,
}

export function readProfile(claims: Record<string, unknown>, names: ProfileClaims): Profile {
  const profile: Profile = {}
  for (const fact of Object.keys(names) as (keyof ProfileClaims)[]) {
    const value = firstText(claims, names[fact])
    if (value !== undefined) profile[fact] = fact === 'user_id' ? value : value.slice(0, MAX_LENGTH[fact])
  }
  // A login id is an identity: cut short it would be somebody else's.
  if ((profile.user_id?.length ?? 0) > MAX_LENGTH.user_id) delete profile.user_id
  return profile
}

function firstText(claims: Record<string, unknown>, names: string[]): string | undefined {
  for (const name of names) {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    // PostgreSQL takes no NUL, and a control character in a name is no name.
    if (typeof value === 'string' && value.trim() !== '' && !/\p{Cc}/u.test(value)) return value.trim()
  }
  return undefined
}
