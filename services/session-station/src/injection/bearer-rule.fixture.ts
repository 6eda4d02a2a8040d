/** `Authorization: Bearer` with that field, required. */
export const bearerRule = (source_field: string) => ({
  source_field,
  target: 'header' as const,
  key: 'Authorization',
  value_template: `Bearer {${source_field}}`,
  required: true,
})
