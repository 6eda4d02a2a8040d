export type Language = 'ko' | 'en'

const MEALS = {
  ko: { breakfast: '아침', lunch: '점심', dinner: '저녁' },
  en: { breakfast: 'breakfast', lunch: 'lunch', dinner: 'dinner' },
}

const ko = {
  meals: MEALS.ko,
  price: (won: number) => `${won.toLocaleString('ko-KR')}원`,
  loginTitle: '로그인이 필요해요',
  loginDescription:
    '버튼을 눌러 로그인하면 이 채팅방에서 내 이름으로 메뉴를 보고 알림을 받을 수 있어요. 링크는 나만 쓰고 다른 사람에게 보내지 마세요.',
  loginButton: '로그인하기',
  linkedAlready: '이미 로그인되어 있어요. 연결을 끊으려면 ‘로그아웃’이라고 말해 주세요.',
  loggedOut: '로그아웃했어요. 다시 쓰려면 ‘로그인’이라고 말해 주세요.',
  notLinked: '로그인되어 있지 않아요.',
  profile: (name: string, since: string) => `${name}\n연결한 날: ${since}`,
  nameless: '이름이 등록되지 않은 계정',
  menus: (day: string) => `${day} 메뉴`,
  noMenus: '오늘 등록된 메뉴가 없어요.',
  newMenuForm:
    '이렇게 써 주세요.\n메뉴 등록 <식당> <아침|점심|저녁> <요리, 요리…> [가격원]\n\n예) 메뉴 등록 학생식당 점심 김치찌개, 밥, 김 6500원',
  newMenuDone: (restaurant: string, meal: string, dishes: string) =>
    `${restaurant} 오늘 ${meal} 메뉴를 등록했어요.\n${dishes}`,
  restaurantUnknown: (known: string) => `그런 식당이 없어요. 등록된 식당: ${known}`,
  restaurantAmbiguous: (known: string) => `이름이 같은 식당이 여럿이에요. 이렇게 써 주세요: ${known}`,
  noRestaurants: '등록된 식당이 없어요.',
  menuExists: '오늘 그 끼니의 메뉴가 이미 있어요.',
  menuRightRequired: '이 식당의 메뉴를 등록할 권한이 없어요. 식단 관리자에게 요청해 주세요.',
  menuInvalid: '메뉴로 등록할 수 없어요. 요리는 30개, 하나에 100자, 가격은 10,000,000원까지예요.',
  subscribed: (time: string) =>
    `매일 ${time}부터 그날의 메뉴를 보내 드릴게요. 그만 받으려면 ‘메뉴 알림 끄기’라고 말해 주세요.`,
  unsubscribed: '메뉴 알림을 보내지 않을게요.',
  noNotices: '지금은 메뉴 알림을 보내지 않고 있어요.',
  administers: (restaurants: string) => `관리 식당: ${restaurants}`,
  help: '이렇게 말해 보세요.\n로그인 · 로그아웃 · 내 정보\n오늘 메뉴 · 메뉴 등록\n메뉴 알림 켜기 · 메뉴 알림 끄기',
  inGroup: '여럿이 보는 채팅방에서는 답할 수 없어요. 저와의 1:1 채팅방에서 말해 주세요.',
  waiting: '조금만 기다려 주세요. 곧 답을 보내 드릴게요.',
  late: '시간이 더 걸리고 있어요. 잠시 뒤에 다시 말해 주세요.',
  unavailable: '지금은 답할 수 없어요. 잠시 뒤에 다시 말해 주세요.',
  disabled: '사용이 중지된 계정이에요. 관리자에게 문의해 주세요.',
  pending: '아직 사용 승인을 기다리고 있어요. 승인되면 다시 말해 주세요.',
  refused: '이 일을 할 권한이 없어요. 관리자에게 문의해 주세요.',
  buttons: { login: '로그인', menus: '오늘 메뉴', profile: '내 정보', subscribe: '메뉴 알림 켜기' },
}
type Texts = typeof ko

const en: Texts = {
  meals: MEALS.en,
  price: (won) => `${won.toLocaleString('en')} won`,
  loginTitle: 'Please sign in',
  loginDescription:
    'Sign in with this button, and this chat shows menus and sends notices in your name. The link is for you: send it to nobody.',
  loginButton: 'Sign in',
  linkedAlready: 'You are signed in already. To end it say 로그아웃.',
  loggedOut: 'You are signed out. To come back say 로그인.',
  notLinked: 'You are not signed in.',
  profile: (name, since) => `${name}\nLinked since ${since}`,
  nameless: 'An account without a name',
  menus: (day) => `Menus of ${day}`,
  noMenus: 'There is no menu for today.',
  newMenuForm:
    'Write it like this:\n메뉴 등록 <restaurant> <아침|점심|저녁> <dish, dish…> [price원]\n\nFor example: 메뉴 등록 학생식당 점심 김치찌개, 밥, 김 6500원',
  newMenuDone: (restaurant, meal, dishes) => `Added today's ${meal} of ${restaurant}.\n${dishes}`,
  restaurantUnknown: (known) => `There is no such restaurant. Those there are: ${known}`,
  restaurantAmbiguous: (known) => `Several restaurants have this name. Write one of: ${known}`,
  noRestaurants: 'There is no restaurant yet.',
  menuExists: 'There is a menu for that meal today already.',
  menuRightRequired: "You may not add menus of this restaurant. Ask meal's administrators.",
  menuInvalid: 'This is no menu: at most 30 dishes of 100 characters, and 10,000,000 won.',
  subscribed: (time) => `Every day from ${time} (Korea) you are sent the day's menus. To end it say 메뉴 알림 끄기.`,
  unsubscribed: 'You are sent no menus any more.',
  noNotices: 'Notices are not sent at present.',
  administers: (restaurants) => `You look after: ${restaurants}`,
  help: 'Say one of these:\n로그인 (sign in) · 로그아웃 (sign out) · 내 정보 (who am I)\n오늘 메뉴 (menus) · 메뉴 등록 (add a menu)\n메뉴 알림 켜기 / 끄기 (notices on / off)',
  inGroup: 'Others read along here. Please talk to me in a chat of our own.',
  waiting: 'One moment, the answer follows.',
  late: 'This takes longer. Please ask again in a moment.',
  unavailable: 'No answer is possible at present. Please try again in a moment.',
  disabled: 'This account is disabled. Please ask an administrator.',
  pending: 'Your account waits for approval. Please come back then.',
  refused: 'You may not do this. Please ask an administrator.',
  buttons: { login: 'Sign in', menus: "Today's menus", profile: 'Who am I', subscribe: 'Notices on' },
}

/** What the bot says. People speak to it in Korean whatever it answers in. */
export const texts: Record<Language, Texts> = { ko, en }
