const ZONE = 'Asia/Seoul'
const time = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: '2-digit', minute: '2-digit' })
// Sweden writes days as ISO 8601 does.
const day = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE })

/** The day in Korea as YYYY-MM-DD; `now` in milliseconds. */
export const dayOf = (now: number): string => day.format(now)

/** Minutes since midnight in Korea. */
export const minuteOfDay = (now: number): number => minutesOf(time.format(now))

/** Of `HH:MM`. */
export function minutesOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number) as [number, number]
  return hours * 60 + minutes
}
