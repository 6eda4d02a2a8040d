import { createHash } from 'node:crypto'

export interface Script {
  text: string
  /** By this name Redis knows a script that it has run before. */
  sha: string
}

const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

export const RENEW = script(
  "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('pexpire', KEYS[1], ARGV[2]) or 0",
)
export const REPLACE = script(
  "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3]) and 1 or 0",
)
export const RELEASE = script("return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0")

/** KEYS: for each limit its key and the key of its wait. ARGV: for each its max, window, first and longest wait, both 0 without `beyond`. */
export const ADMIT = script(`
  local function count(i)
    return tonumber(redis.call('get', KEYS[i]) or 0)
  end
  for i = 1, #KEYS, 2 do
    if count(i) >= tonumber(ARGV[2 * i - 1]) then
      local left = redis.call('pttl', ARGV[2 * i + 1] == '0' and KEYS[i] or KEYS[i + 1])
      if left ~= -2 then return math.max(1, left) end
    end
  end
  for i = 1, #KEYS, 2 do
    local over = count(i) - ARGV[2 * i - 1]
    redis.call('set', KEYS[i], 0, 'PX', ARGV[2 * i], 'NX')
    redis.call('incr', KEYS[i])
    if over >= 0 and ARGV[2 * i + 1] ~= '0' then
      redis.call('set', KEYS[i + 1], 1, 'PX', math.min(ARGV[2 * i + 1] * 2 ^ over, ARGV[2 * i + 2]))
    end
  end
  return 0`)

/** Counts the first ARGV[1] keys down by one and deletes the others. */
export const GIVE_BACK = script(`
  for i = 1, #KEYS do
    if i > tonumber(ARGV[1]) then
      redis.call('del', KEYS[i])
    elseif tonumber(redis.call('get', KEYS[i]) or 0) > 0 then
      redis.call('decr', KEYS[i])
    end
  end
  return 0`)
