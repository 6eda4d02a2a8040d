/** Whether PostgreSQL refused a row by a unique constraint. */
export const isUniqueViolation = (error: unknown): boolean => (error as { code?: unknown }).code === '23505'
