import { Moment, momentText } from '@munjigi/db/moment'
import { Type } from 'typebox'

/** Where a list by time goes on: the last row's time and id. */
export const TimePlace = Type.Tuple([Moment, Type.String({ format: 'uuid' })])

/** The first half of a TimePlace, as column `place`. */
export const placeOf = (column: string) => momentText(column).as('place')
