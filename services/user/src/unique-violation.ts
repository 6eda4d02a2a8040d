/** Whether PostgreSQL refused a row because another one has what must be its own. */
export const isUniqueViolation = (error: unknown): boolean => (error as { code?: unknown }).code === '23505'
