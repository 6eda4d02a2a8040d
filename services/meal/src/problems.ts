import { Problem } from '@munjigi/problem'

export const restaurantNotFound = () =>
  new Problem(404, 'restaurant-not-found', 'There is no such restaurant', {
    detail: 'GET /api/meal/v1/restaurants lists them',
  })
const restaurantExists = () =>
  new Problem(409, 'restaurant-exists', 'A restaurant of this name is there already', {
    detail: 'Change the one that is there, or tell the two apart by location',
  })
export const menuNotFound = () =>
  new Problem(404, 'menu-not-found', 'There is no such menu', {
    detail: 'GET /api/meal/v1/menus?date= lists those of a day',
  })
const menuExists = () =>
  new Problem(409, 'menu-exists', 'This restaurant has a menu for that meal of that day', {
    detail: 'Change the one that is there',
  })
export const adminNotFound = () =>
  new Problem(404, 'admin-not-found', 'This person holds no such grant', {
    detail: 'GET /api/meal/v1/admins lists who holds which',
  })
const adminExists = () =>
  new Problem(409, 'admin-exists', 'This person holds that grant already', { detail: 'There is nothing to do' })
export const administrationRequired = () =>
  new Problem(403, 'administration-required', "Only meal's administrators may do this", {
    detail: 'It takes the realm role global_admin, the client role meal_admin of meal-service, or our role ADMIN',
  })
export const menuRightRequired = () =>
  new Problem(403, 'menu-right-required', 'You may not edit menus of this restaurant', {
    detail: "Ask meal's administrators for a grant for this restaurant",
  })

/** What the database refuses, by the name of the constraint that decided it. */
export const refusals: ReadonlyMap<string, () => Problem> = new Map([
  ['restaurants__name_location', restaurantExists],
  ['menus__restaurant_date_meal', menuExists],
  ['menus__restaurant', restaurantNotFound],
  ['meal_service_admins__person_restaurant', adminExists],
  ['meal_service_admins__restaurant', restaurantNotFound],
])
