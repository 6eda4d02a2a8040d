import { Type } from 'typebox'

const TRUE = ['true', 'True', '1']

/** Yes or no in a query; agents in Python write `True`. */
export const Flag = (description: string) =>
  Type.Enum(['true', 'True', '1', 'false', 'False', '0'] as const, { description })

export const isTrue = (flag: string | undefined): boolean => flag !== undefined && TRUE.includes(flag)
