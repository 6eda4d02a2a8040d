export interface Addresses {
  gateway: string
  console: string
  idp: string
  /** A small outside service, to be logged in at. */
  outside: string
  metrics: string
}

/** What is printed once the house stands: where it is, and seven things to try. */
export const guide = (
  { gateway, console: web, idp, outside, metrics }: Addresses,
  password: string,
  movedBy: string,
): string => `
munjigi is up (embedded: for trying and developing, never for production)

  console  ${web}
  gateway  ${gateway}   docs: ${gateway}/docs
  IdP      ${idp}
  metrics  ${metrics}/metrics
  outside  ${outside}   a service outside the house, with eight kinds of login

People, by the IdP: pending.kim, user.lee, admin.park, meal.choi, global.jung; by e-mail and password, in tenant demo:
admin@, manager@, attorney@, analyst@, engineer@, staff@ and viewer@munjigi.test; in tenant other: manager@other.test.
Everybody's password is ${password}.

Seven things to try:

  1. Wait for approval, then be approved: open ${web}, sign in as pending.kim; in a private window as admin.park.

  2. Who am I, as a service sees me:
     curl -sk ${gateway}/api/auth/v1/me -H "Authorization: Bearer $(${movedBy}npx munjigi login user.lee)"

  3. Read today's menus without a token, then change one as somebody who may:
     curl -sk "${gateway}/api/meal/v1/menus?date=$(date +%F)"
     curl -sk -X POST ${gateway}/api/meal/v1/restaurants -H "Authorization: Bearer $(${movedBy}npx munjigi login meal.choi)" \\
       -H "Content-Type: application/json" -d '{"name":"새 식당","location":"별관 1층"}'

  4. Talk to the chatbot as somebody in a messenger, log in by the link it gives, and ask again:
     ${movedBy}npx munjigi chat my-chat "오늘 메뉴"

  5. Read from the outside service as an agent of user.lee, who never sees its token; then by the headers themselves:
     curl -sk ${gateway}/api/session-station/v1/proxy/demo-bearer/bearer/data -H "Authorization: Bearer $(${movedBy}npx munjigi login user.lee)"
     curl -sk ${gateway}/api/session-station/v1/auth-context/demo-form/headers -H "Authorization: Bearer $(${movedBy}npx munjigi login user.lee)"
     A profile of your own: services/session-station/README.md

  6. Sign in by e-mail and password, and see the cases of a tenant; manager@other.test sees others, viewer@munjigi.test one:
     curl -sk ${gateway}/api/auth/v1/login -H "Content-Type: application/json" -d '{"email":"manager@munjigi.test","password":"${password}"}'
     curl -sk ${gateway}/api/case/v1/cases -H "Authorization: Bearer $(${movedBy}npx munjigi login manager@munjigi.test)"

  7. See who may go where:
     npx munjigi-gateway check gateway/services.local.yaml

Ctrl-C stops everything; data stays (npm start -- --fresh begins anew).
`
